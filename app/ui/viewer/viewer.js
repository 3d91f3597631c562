// The viewer: one film of a worklist after another, with what the model said and what the reader
// answers. Streamlit gives it a session and hears which film is open; all else goes through the routes.
import { ReadingClient } from "../reading_client.js";
import { Desk } from "./desk.js";

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".desk");
  if (root.desk?.client.worklist !== data.worklist) {
    root.desk?.stop();
    root.desk = new Desk(root, new ReadingClient(data.worklist, data.token), data);
  }
  root.desk.take(data, setStateValue);
  const run = (root.run = (root.run ?? 0) + 1);
  return () => {
    if (run !== root.run) return; // also called for a run that was overtaken
    root.desk?.stop();
    root.desk = null;
  };
}
