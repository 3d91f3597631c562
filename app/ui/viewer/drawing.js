// The open film on the screen: its pixels, its heatmap, or a sentence where there is neither.
import { setText } from "./dom.js";
import { AGAIN } from "./film_store.js";
import { FullSize } from "./full_size.js";


export class Drawing {
  entry = null; // what is shown
  #asking = 0;

  constructor({ root, stage, maps, store, beside }) {
    Object.assign(this, { stage, maps, store, beside });
    this.sentence = root.querySelector(".blank");
    this.film = root.querySelector(".film");
    this.full = new FullSize(store);
    stage.addEventListener("drawn", () =>
      this.full.lookAt(stage.pixelsOnScreen({ withLens: true }), () => this.show(this.entry)));
    maps.addEventListener("change", () => this.refresh());
    maps.addEventListener("chosen", () => this.#choose());
  }

  stop() {
    clearTimeout(this.#asking);
  }

  // Nothing of a film before is left.
  blank(item, text) {
    this.stop();
    this.entry = null;
    this.full.open(null);
    this.stage.main.pixels = null;
    this.beside.draw(null);
    setText(this.sentence, text);
    this.stage.drawNow();
    this.#tell(item, null, null);
  }

  // Film and heatmap as far as they are decoded.
  show(entry) {
    this.stop();
    this.entry = entry;
    this.full.open(entry);
    const { film, pixels, map, problem } = entry;
    this.stage.main.pixels = pixels;
    const instead = problem ?? (film.film ? "Loading …" : film.reason || "There is no picture.");
    setText(this.sentence, pixels ? "" : instead);
    this.refresh();
    this.stage.drawNow();
    this.#tell(film.item, pixels, map);
    if (map?.wait) this.#asking = setTimeout(() => this.#askAgain(entry), AGAIN);
  }

  refresh() {
    const entry = this.entry;
    if (!entry) return;
    const { film, map } = entry;
    this.maps.show(film.heatmaps, map);
    this.stage.main.layer = this.maps.layer(map);
    if (map?.bitmap && this.maps.settings.lines && !map.grid)
      this.store.grid(map).then(() => this.refresh(), () => {});
    this.beside.draw(entry);
    this.stage.draw();
  }

  // What is on the screen, for whoever waits for it.
  #tell(item, pixels, map) {
    const { dataset } = this.film;
    dataset.item = item;
    const isReduced = pixels?.film.full && pixels.bitmap.width <= pixels.film.columns;
    dataset.pixels = isReduced ? "fewer" : "all";
    dataset.drawn = [pixels && "film", map?.bitmap && "heatmap"].filter(Boolean).join(" ");
  }

  async #askAgain(entry) {
    await this.store.again(entry);
    if (entry === this.entry) this.show(entry);
  }

  async #choose() {
    const entry = this.entry;
    this.store.choose(this.maps.chosen);
    await entry?.pictures;
    if (entry && entry === this.entry) this.show(entry);
  }
}
