// The heatmap over the film: whether, how strong, in colours or lines, by which method and for what.
import { contour } from "./contours.js";
import { element, remember, remembered, setText } from "./dom.js";

const KEY = "overread.heatmap";
const USUAL = { on: true, opacity: 0.6, lines: false, beside: "", besideMethod: "" };
const LEVELS = [0.25, 0.5, 0.75]; // of the scale
const NO_LINE = "All evidence lies below the lowest contour line, a quarter of the scale.";

export class HeatmapPanel extends EventTarget {
  #peeking = false;
  #paths = new WeakMap();

  constructor(root) {
    super();
    this.root = root;
    this.settings = { ...USUAL, ...remembered(KEY, {}) };
    this.map = null;
    const at = (name) => root.querySelector(`.display [name=${name}]`);
    this.fields = { on: at("heatmap"), opacity: at("opacity"), lines: at("lines"), beside: at("beside"), method: at("method"), class: at("class") };
    this.fields.on.onchange = () => this.set({ on: this.fields.on.checked });
    this.fields.opacity.oninput = () => this.set({ opacity: Number(this.fields.opacity.value) });
    this.fields.lines.onchange = () => this.set({ lines: this.fields.lines.checked });
    this.fields.beside.onchange = () => {
      this.dispatchEvent(new Event("beside"));
      this.set({ beside: this.fields.beside.value });
    };
    for (const name of ["method", "class"])
      this.fields[name].onchange = () => this.dispatchEvent(new Event("chosen"));
  }

  get isShown() {
    return this.settings.on !== this.#peeking;
  }

  // Method and class that are chosen; numbers stay numbers.
  get chosen() {
    return { method: this.fields.method.value, class: Number(this.fields.class.value) };
  }

  set(changes) {
    Object.assign(this.settings, changes);
    remember(KEY, this.settings);
    this.dispatchEvent(new Event("change"));
  }

  peek(isHeld) {
    if (this.#peeking === isHeld) return;
    this.#peeking = isHeld;
    this.dispatchEvent(new Event("change"));
  }

  // `heatmaps` is what the film offers, `map` what is shown of it.
  show(heatmaps, map) {
    this.map = map;
    const { on, opacity, lines, beside, method, class: explained } = this.fields;
    on.checked = this.settings.on;
    opacity.value = this.settings.opacity;
    lines.checked = this.settings.lines;
    beside.value = this.settings.beside;
    this.root.querySelector(".heatmap-fields").hidden = !heatmaps;
    if (heatmaps) {
      const wanted = map?.wanted ?? heatmaps;
      const { methods, classes } = heatmaps.choices;
      offer(method, methods.map(({ key, name }) => [key, name]), wanted.method);
      offer(explained, classes.map(({ index, name }) => [String(index), name]), String(wanted.class));
    }
    this.#showScale();
  }

  #showScale() {
    const { map } = this;
    const scale = this.root.querySelector(".scale");
    const shown = map?.shown;
    const hasNoLine = this.settings.lines && map?.bitmap && shown.highest <= LEVELS[0] * shown.top;
    const note = hasNoLine && this.isShown ? NO_LINE : noteOf(map, this.isShown);
    setText(this.root.querySelector(".map-note"), note);
    // On the film too, where a reader would otherwise wait for colours.
    const isTold = this.isShown && map && (hasNoLine || !map.bitmap);
    setText(this.root.querySelector(".pane-label"), isTold ? note : "");
    setText(this.root.querySelector(".map-caption"), shown?.caption ?? "");
    scale.hidden = !shown || shown.empty || !this.isShown;
    if (scale.hidden) return;
    scale.querySelector(".title").textContent = shown.unit;
    scale.setAttribute("aria-label", `${shown.title}, scale in ${shown.unit}`);
    scale.querySelector(".ticks").replaceChildren(
      ...shown.ticks.map((tick) => element("span", { textContent: tick })),
    );
  }

  // Paints a map into a context whose coordinates are those of the film; null for nothing.
  layer(map) {
    if (!map?.bitmap || !this.isShown) return null;
    const { opacity, lines } = this.settings;
    if (lines && !map.grid) return null; // on its way
    return (context, { rows, columns, scale }) => {
      context.save();
      if (lines) this.#paintLines(context, map, { rows, columns, scale });
      else {
        context.globalAlpha = opacity;
        context.drawImage(map.bitmap, 0, 0, columns, rows);
      }
      context.restore();
    };
  }

  #paintLines(context, map, { rows, columns, scale }) {
    if (!this.#paths.has(map)) {
      const levels = LEVELS.map((part) => contour(map.grid, part * map.shown.top));
      this.#paths.set(map, levels);
    }
    this.#paths.get(map).forEach((path, index) => {
      const inFilm = new Path2D();
      inFilm.addPath(path, new DOMMatrix().scaleSelf(columns, rows));
      for (const [colour, width] of [["#000", 3.5], [["#f98e09", "#fbc04d", "#fcffa4"][index], 1.5]]) {
        context.strokeStyle = colour;
        context.lineWidth = width / scale;
        context.stroke(inFilm);
      }
    });
  }
}

function noteOf(map, isShown) {
  if (!map) return "";
  if (map.problem) return map.problem;
  if (map.wait) return map.wait;
  if (map.shown?.empty) return map.shown.caption || "No positive evidence; no heatmap is drawn.";
  return isShown ? map.shown.title : "Heatmap off";
}

function offer(picker, choices, chosen) {
  const content = JSON.stringify(choices);
  if (picker.dataset.content !== content) {
    picker.dataset.content = content;
    picker.replaceChildren(
      ...choices.map(([value, text]) => element("option", { value, textContent: text })),
    );
  }
  picker.value = chosen;
}
