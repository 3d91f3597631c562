// Tools, chips and figures at the film, and the fields below "Display".
import { element, press } from "./dom.js";
import { SHAPES } from "./marks.js";
import { usualWindow } from "./view.js";

export class Controls {
  tool = ""; // "", "window", "distance" or one of SHAPES
  #magnifies = false;
  #lens = null;

  constructor(desk) {
    this.desk = desk;
    const { root, at, view } = desk;
    for (const button of root.querySelectorAll("[data-action]"))
      button.onclick = () => desk.actions[button.dataset.action]();
    const field = (name) => at(`.display [name=${name}]`);
    this.low = field("low");
    this.high = field("high");
    this.low.onchange = this.high.onchange = () =>
      view.setWindow(Number(this.low.value), Number(this.high.value));
    this.shape = field("shape");
    this.shape.replaceChildren(
      ...Object.entries(SHAPES).map(([value, textContent]) => element("option", { value, textContent })),
    );
    this.shape.onchange = () => this.useTool(this.shape.value);
    field("keep").onchange = ({ target }) => (view.carries = target.checked);
    this.advance = at("[name=advance]");
    this.advance.checked = sessionStorage.getItem("overread.advance") === "true";
    this.advance.onchange = () => sessionStorage.setItem("overread.advance", this.advance.checked);
    this.resize();
    window.addEventListener("resize", this.resize);
    document.addEventListener("fullscreenchange", this.resize);
  }

  stop() {
    window.removeEventListener("resize", this.resize);
    document.removeEventListener("fullscreenchange", this.resize);
  }

  // From where the page begins to the end of the window.
  resize = () => {
    const { root } = this.desk;
    const scrolled = root.closest("section")?.scrollTop ?? 0;
    const host = root.getRootNode().host ?? root;
    const page = host.closest?.('[data-testid="stMain"]');
    const above = host.getBoundingClientRect().top + (page?.scrollTop ?? scrolled) - (page?.getBoundingClientRect().top ?? 0);
    root.style.setProperty("--above", `${Math.max(0, Math.round(above))}px`);
  };

  open(film) {
    const presets = film.film?.presets ?? [];
    this.desk.at(".presets").replaceChildren(
      ...presets.map(({ name, low, high }) =>
        element("button", { type: "button", textContent: name, onclick: () => this.desk.view.setWindow(low, high) })),
    );
    this.resize();
  }

  useTool(tool) {
    this.tool = tool;
    this.desk.cursor.leave();
    // So that arrows draw, and Enter is not another press of the button.
    if (tool && tool !== "window") this.desk.at(".film").focus();
    const buttons = this.desk.root.querySelectorAll("button[data-tool]");
    const kind = tool in SHAPES ? "region" : tool;
    press(buttons, (button) => button.dataset.tool === kind);
    this.desk.at(".panes").dataset.tool = kind;
    if (tool in SHAPES) this.shape.value = tool;
  }

  // Rectangle, then each other shape, then none.
  nextShape() {
    const order = ["", ...Object.keys(SHAPES)];
    this.useTool(order[(order.indexOf(this.tool) + 1) % order.length]);
    this.desk.say(this.tool ? `Draw: ${SHAPES[this.tool].toLowerCase()}` : "No tool");
  }

  magnify() {
    this.#magnifies = !this.#magnifies;
    const { main } = this.desk.stage;
    this.#lens ??= { pane: main, x: main.canvas.clientWidth / 2, y: main.canvas.clientHeight / 2 };
    press([this.desk.at("[data-action=magnifier]")], () => this.#magnifies);
    this.#showLens();
  }

  moveLens(pane, { x, y }) {
    this.#lens = { pane, x, y };
    if (this.#magnifies) this.#showLens();
  }

  #showLens() {
    this.desk.stage.lens = this.#magnifies ? this.#lens : null;
    this.desk.stage.draw();
  }

  // Zoom and window as figures, and a chip for all that is not as the film comes.
  showFigures() {
    const { at, film, stage, view } = this.desk;
    const shown = stage.main.pixels;
    at(".figures").textContent = shown ? `${stage.zoomText()} · ${view.windowText()}` : "";
    at(".scale").dataset.beside = String(!stage.panes[1].box.hidden);
    const differences = shown ? view.differences() : [];
    if (view.carries && differences.length)
      differences.push({ text: "Kept for the next films", back: () => this.#keepNoMore() });
    const content = differences.map(({ text }) => text).join("|");
    const chips = at(".chips");
    if (chips.dataset.content !== content) {
      chips.dataset.content = content;
      chips.replaceChildren(
        ...differences.map(({ text }, index) =>
          element("button", {
            type: "button", title: "Take it back", textContent: `${text} ✕`,
            onclick: () => this.differences[index].back(),
          })),
      );
    }
    this.differences = differences;
    if (!film?.film) return;
    const usual = usualWindow(film.film);
    const active = this.desk.root.getRootNode().activeElement;
    for (const [input, value] of [[this.low, view.window.low], [this.high, view.window.high]]) {
      if (input !== active) input.value = Math.round(value * 10) / 10;
      input.placeholder = `${Math.round(usual.low)} to ${Math.round(usual.high)}`;
    }
  }

  #keepNoMore() {
    this.desk.at(".display [name=keep]").checked = false;
    this.desk.view.carries = false;
  }
}
