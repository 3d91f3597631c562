// The films of a worklist: a list that scrolls through any number of them, opened by one click.
// Streamlit gives it a session and hears which film is opened; all else goes through the routes.
import { ReadingClient } from "../reading_client.js";
import { FilmList } from "./list_view.js";

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".list");
  if (root.list?.client.worklist !== data.worklist) {
    root.list?.stop();
    root.list = new FilmList(root, new ReadingClient(data.worklist, data.token), data.settings);
  }
  root.list.asks = () => setStateValue("asked", Date.now());
  root.list.client.take(data.token);
  root.list.opens = (item) => setTriggerValue("opened", item);
  return () => {
    root.list?.stop();
    root.list = null;
  };
}
