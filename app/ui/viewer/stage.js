// Draws films with their heatmaps into panes, linked by one view.
import { Windowing } from "./windowing.js";

const LENS = 110; // radius in CSS pixels
const LENS_FACTOR = 2.5;

export class Pane {
  #windowing = new Windowing();

  constructor(box) {
    this.box = box;
    this.canvas = box.querySelector("canvas");
    this.pixels = null;
    this.isOther = false; // another film than the one that the view is of
    this.layer = null; // draws the heatmap into a context that is in the film's coordinates
  }

  // From the film's pixels to CSS pixels of the pane.
  matrix(view) {
    const { place, turn } = this.#own(view);
    const { rows, columns } = this.pixels.film;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    return new DOMMatrix()
      .translateSelf(width / 2, height / 2)
      .scaleSelf(this.fitScale(turn) * place.zoom)
      .scaleSelf(turn.flipped ? -1 : 1, 1)
      .rotateSelf(90 * turn.quarters)
      .translateSelf(-place.u * columns, -place.v * rows);
  }

  // CSS pixels for a pixel of the film when the whole of it is in sight.
  fitScale(turn) {
    const { rows, columns } = this.pixels.film;
    const [across, down] = turn.quarters % 2 ? [rows, columns] : [columns, rows];
    return Math.min(this.canvas.clientWidth / across, this.canvas.clientHeight / down) || 1;
  }

  // Where on the film an event is, in its pixels and as fractions.
  pointAt(event, view) {
    const box = this.canvas.getBoundingClientRect();
    const at = new DOMPoint(event.clientX - box.left, event.clientY - box.top);
    const { x, y } = this.matrix(view).inverse().transformPoint(at);
    return { x, y, u: x / this.pixels.film.columns, v: y / this.pixels.film.rows };
  }

  draw(view, lens) {
    const { canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d", { alpha: false });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillRect(0, 0, width, height);
    if (!this.pixels) return;
    const picture = this.#windowing.picture(this.pixels, this.#own(view).window);
    const matrix = this.matrix(view);
    this.#paint(context, picture, matrix, ratio);
    if (!lens) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.save();
    context.beginPath();
    context.arc(lens.x, lens.y, LENS, 0, 2 * Math.PI);
    context.clip();
    context.fillRect(lens.x - LENS, lens.y - LENS, 2 * LENS, 2 * LENS);
    const larger = new DOMMatrix()
      .translateSelf(lens.x, lens.y)
      .scaleSelf(LENS_FACTOR)
      .translateSelf(-lens.x, -lens.y)
      .multiplySelf(matrix);
    this.#paint(context, picture, larger, ratio);
    context.restore();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.strokeStyle = "#e4e6e8";
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(lens.x, lens.y, LENS, 0, 2 * Math.PI);
    context.stroke();
  }

  #own(view) {
    return this.isOther ? view.on(this.pixels.film) : view;
  }

  #paint(context, picture, matrix, ratio) {
    const { rows, columns } = this.pixels.film;
    context.setTransform(new DOMMatrix().scaleSelf(ratio).multiplySelf(matrix));
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "medium";
    context.drawImage(picture, 0, 0, columns, rows);
    this.layer?.(context, { rows, columns, scale: Math.abs(matrix.a) + Math.abs(matrix.b) });
  }
}

export class Stage extends EventTarget {
  lens = null; // where the magnifier is: a pane and a point
  #requested = 0;

  constructor(boxes, view) {
    super();
    this.view = view;
    this.panes = boxes.map((box) => new Pane(box));
    this.resizing = new ResizeObserver(() => this.drawNow());
    for (const pane of this.panes) this.resizing.observe(pane.canvas);
    view.addEventListener("change", () => this.draw());
  }

  get visible() {
    return this.panes.filter((pane) => !pane.box.hidden);
  }

  // The film that is read; beside it another one may be shown.
  get main() {
    return this.panes[0];
  }

  draw() {
    this.#requested ||= requestAnimationFrame(() => this.drawNow());
  }

  drawNow() {
    cancelAnimationFrame(this.#requested);
    this.#requested = 0;
    for (const pane of this.visible)
      pane.draw(this.view, this.lens?.pane === pane ? this.lens : null);
    this.dispatchEvent(new Event("drawn"));
  }

  // One pixel of the film on one of the screen.
  oneToOne() {
    if (!this.main.pixels) return;
    const ratio = window.devicePixelRatio || 1;
    const { u, v } = this.view.place;
    const { scale = 1 } = this.main.pixels.film;
    this.view.moveTo(scale / ratio / this.main.fitScale(this.view.turn), u, v);
  }

  // Screen pixels for a pixel of the file, in per cent.
  zoomText() {
    if (!this.main.pixels) return "";
    return `${Math.round((this.pixelsOnScreen() / (this.main.pixels.film.scale ?? 1)) * 100)} %`;
  }

  // Screen pixels for a pixel of the picture as it came, also below the magnifier.
  pixelsOnScreen({ withLens = false } = {}) {
    if (!this.main.pixels) return 0;
    const ratio = window.devicePixelRatio || 1;
    const lens = withLens && this.lens?.pane === this.main ? LENS_FACTOR : 1;
    return this.main.fitScale(this.view.turn) * this.view.place.zoom * ratio * lens;
  }

  stop() {
    this.resizing.disconnect();
    cancelAnimationFrame(this.#requested);
  }
}
