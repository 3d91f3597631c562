// Every key of the viewer, in the order in which the help lists them.
export const KEYS = [
  ["Films", [
    ["next", "N", "Next film"],
    ["previous", "P", "Previous film"],
    ["unread", "X", "Next film without a decision"],
  ]],
  ["Decision", [
    ["agree", "A", "Agree"],
    ["disagree", "D", "Disagree"],
    ["unsure", "U", "Unsure"],
    ["class", "1 – 9", "Class of your own"],
    ["0.5", "Q", "Confidence: possible"],
    ["0.75", "W", "Confidence: probable"],
    ["1", "E", "Confidence: sure"],
    ["confirm", "Enter", "Lock your own call, or confirm"],
    ["tags", "T", "To the tags, each of which then has a key; Esc leaves them"],
    ["comment", "C", "To the comment; Esc leaves it"],
    ["undo", "Z", "Take the last decision on this film back"],
    ["seen", "S", "Refused or unreadable film: seen"],
    ["reported", "R", "Refused or unreadable film: reported"],
  ]],
  ["Heatmap", [
    ["peek", "H", "Show or hide the heatmap while held"],
    ["heatmap", "Shift+H", "Switch the heatmap on or off"],
    ["contours", "O", "Contour lines or colours"],
    ["beside", "/", "Beside it: without heatmap, another method, the film before, another of this patient"],
  ]],
  ["Similar films", [
    ["similar", "J", "One after another beside the film, then none"],
  ]],
  ["Film", [
    ["full", "F", "Full screen"],
    ["fit", "0", "Whole film"],
    ["original", ".", "One to one"],
    ["larger", "+", "Larger; mouse wheel or pinch too"],
    ["smaller", "-", "Smaller"],
    ["pan", "Arrows", "Move a film that is larger than its place"],
    ["invert", "I", "Invert"],
    ["left", "[", "Turn left"],
    ["right", "]", "Turn right"],
    ["flip", "L", "Flip left to right"],
    ["magnifier", "M", "Magnifier"],
    ["distance", "K", "Measure a distance"],
    ["region", "G", "Draw a region: rectangle, ellipse, arrow, freehand; with arrows (Shift: farther) and Enter too"],
    ["windowing", "B", "Brightness and contrast by dragging; right button or two fingers too"],
    ["reset", "V", "Film as it comes"],
    ["panel", "Y", "Fold the panel"],
  ]],
  ["Page", [
    ["help", "?", "This list"],
    ["escape", "Esc", "Leave a field, a tool, full screen or this list"],
  ]],
];

// Streamlit's own: rerun and clear the cache.
const STREAMLITS = new Set(["r", "c", "Escape"]);
const MOVING = new Set(["next", "previous", "larger", "smaller"]); // that may be held
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FIELDS = "input, textarea, select, [contenteditable='true']";
// Widgets that use keys themselves once they are focused.
const PICKERS =
  "[role='combobox'], [role='listbox'], [role='option'], [role='menu'], [role='menuitem'], [role='slider'], [role='grid']";

const ACTIONS = new Map(
  KEYS.flatMap(([, keys]) => keys.map(([action, key]) => [key.toLowerCase(), action])),
);
ACTIONS.set("=", "larger");

// Listens before Streamlit does. `actions` is called by name, `root` is the viewer.
export class Keys {
  constructor(root, actions, isHelpOpen) {
    Object.assign(this, { root, actions, isHelpOpen });
    window.addEventListener("keydown", this.#down, true);
    window.addEventListener("keyup", this.#up, true);
    window.addEventListener("blur", this.#letGo);
  }

  stop() {
    window.removeEventListener("keydown", this.#down, true);
    window.removeEventListener("keyup", this.#up, true);
    window.removeEventListener("blur", this.#letGo);
  }

  #down = (event) => {
    const path = event.composedPath();
    const [target] = path;
    const isOurs = path.includes(this.root);
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (isOurs && event.key === "Enter") this.#take(event, "confirm");
      return;
    }
    if (this.isHelpOpen()) {
      event.stopImmediatePropagation();
      if (event.key === "?" || event.key === "Escape") this.#take(event, "help");
      return;
    }
    if (isTyping(target)) {
      if (!isOurs) return;
      event.stopImmediatePropagation(); // or Streamlit would take letters of a comment for its own
      if (event.key === "Escape") this.#take(event, "escape");
      return;
    }
    if (!isOurs && path.some((one) => one.matches?.(`${PICKERS}, dialog, [role='dialog']`))) return;
    if (["Enter", " "].includes(event.key) && target.matches?.("button, summary, a, label")) return;
    if (STREAMLITS.has(event.key)) event.stopImmediatePropagation();
    if (target.closest?.(".tags") && this.actions.tag(event.key)) return this.#swallow(event);
    if (ARROWS[event.key]) {
      const moved = this.actions.draw(...ARROWS[event.key], event.shiftKey);
      if (moved || (isOurs && this.actions.pan(...ARROWS[event.key]))) this.#swallow(event);
      return;
    }
    if (/^[1-9]$/.test(event.key)) return this.#take(event, "class", Number(event.key) - 1);
    const name = event.key === "H" ? "shift+h" : event.key.toLowerCase();
    const action = name === "escape" || name === "esc" ? "escape" : ACTIONS.get(name);
    if (!action) return;
    if (event.repeat && !MOVING.has(action)) return this.#swallow(event);
    this.#take(event, action);
  };

  #up = (event) => {
    if (event.key.toLowerCase() === "h") this.actions.endPeek();
  };

  #letGo = () => this.actions.endPeek();

  #take(event, action, ...details) {
    this.#swallow(event);
    this.actions[action](...details);
  }

  #swallow(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}

function isTyping(target) {
  if (!target.matches?.(FIELDS)) return false;
  return !["checkbox", "radio", "button", "range"].includes(target.type);
}
