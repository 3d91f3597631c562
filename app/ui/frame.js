import { ConnectionDialog } from "./connection_dialog.js";

// Streamlit sends what was typed into a field a moment after the field is left, but a change of page
// at once. The text then arrives last, from the page that was left, and takes the reader back to it.
// So a link that is clicked within that moment is followed after it, and once more if a slow machine
// took the reader back all the same.
const MOMENT = 200; // milliseconds
const SETTLED = 2000;
const AWAY = "No connection to the server. The page goes on by itself when it is back.";
const TABLET = 900; // pixels; also where the viewer puts its panel below the film

let runAgain = () => {}; // has Streamlit draw the whole page anew

export default function ({ setStateValue }) {
  runAgain = () => setStateValue("asked", Date.now());
  if (document.body.dataset.framed) return;
  document.body.dataset.framed = "yes";
  followLinksAfterFields();
  closeSidebarOnTablets();
  tellOfConnection();
}

// Says at once that the server is gone, and until when. Streamlit says so after some seconds, in a
// dialog over the film that takes the keys and asks whether there is an internet.
function tellOfConnection() {
  const app = document.querySelector('[data-testid="stApp"]');
  const line = document.createElement("p");
  line.className = "connection";
  line.role = "status";
  app.append(line); // which has the colours of the theme
  new ConnectionDialog().start();
  const tell = () => {
    const isThere = app.dataset.testConnectionState === "CONNECTED";
    line.textContent = isThere ? "" : AWAY;
    // A server that was started again has drawn nothing yet, nor given the page a session.
    if (isThere) runAgain();
    window.dispatchEvent(new Event("overread-connection"));
  };
  window.addEventListener("overread-session-ended", () => runAgain());
  new MutationObserver(tell).observe(app, { attributeFilter: ["data-test-connection-state"] });
}

// Streamlit opens it on all that is wider than a telephone; on a tablet the page needs the place.
function closeSidebarOnTablets() {
  if (window.innerWidth > TABLET || closeSidebar()) return;
  const drawn = new MutationObserver(() => closeSidebar() && drawn.disconnect());
  drawn.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => drawn.disconnect(), SETTLED);
}

// Whether there was one.
function closeSidebar() {
  const button = document.querySelector('[data-testid="stSidebarCollapseButton"] button');
  button?.click();
  return button !== null;
}

function followLinksAfterFields() {
  let left = -Infinity;
  let wanted = null; // address that the reader last asked for
  document.addEventListener(
    "focusout",
    (event) => {
      if (event.target.matches("input, textarea")) left = performance.now();
    },
    true,
  );
  document.addEventListener("keydown", () => (wanted = null), true);
  document.addEventListener(
    "click",
    (event) => {
      if (!event.isTrusted) return;
      wanted = null;
      const link = event.target.closest("a[href]");
      if (!link || performance.now() - left > MOMENT) return;
      left = -Infinity;
      event.preventDefault();
      event.stopImmediatePropagation();
      const address = (wanted = link.href);
      const follow = () => {
        if (wanted === address) linkTo(address)?.click();
      };
      setTimeout(follow, MOMENT);
      setTimeout(() => {
        if (new URL(address).pathname !== location.pathname) follow();
      }, SETTLED);
    },
    true,
  );
}

// Looked up when it is followed: a rerun in between may have replaced the links.
function linkTo(address) {
  return [...document.links].find((link) => link.href === address);
}
