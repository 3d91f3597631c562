// Tells Streamlit and the list on which film the reader came to rest.
import { keepOpened } from "../reading_order.js";

const REST = 400; // milliseconds until they hear of another film
const CONNECTED = 2000; // until Streamlit has connected again

export class Whereabouts {
  #timer = 0;

  // `told` is the film that Streamlit knows of already.
  constructor(worklist, told, tell) {
    Object.assign(this, { worklist, told, tell });
  }

  stop() {
    clearTimeout(this.#timer);
  }

  rest(item) {
    this.#later(item, REST);
  }

  // Streamlit connects again after the routes do, and puts back the address that it knew.
  restAgain(item) {
    this.told = null;
    if (item !== undefined) this.#later(item, CONNECTED);
  }

  #later(item, pause) {
    this.stop();
    this.#timer = setTimeout(() => this.#rest(item), pause);
  }

  #rest(item) {
    keepOpened(this.worklist, item);
    const address = new URL(location.href);
    address.searchParams.set("film", item);
    history.replaceState(history.state, "", address);
    if (item === this.told) return;
    this.told = item;
    this.tell(item);
  }
}
