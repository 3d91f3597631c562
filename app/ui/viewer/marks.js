// What is drawn on a film: a distance, which is not kept, and regions, which are saved with a verdict.
const SVG = "http://www.w3.org/2000/svg";
const SMALLEST = 3; // CSS pixels: less was a click
const CROSS = 14; // CSS pixels from its middle

export const SHAPES = {
  rectangle: "Rectangle",
  ellipse: "Ellipse",
  arrow: "Arrow",
  freehand: "Freehand",
};

export class Marks {
  distance = null; // two points
  regions = [];
  cross = null; // where the keys draw
  #drawing = null;

  constructor(pane, overlay, whenDrawn) {
    this.pane = pane;
    this.overlay = overlay;
    this.whenDrawn = whenDrawn; // called with a region that was finished
  }

  open(regions) {
    this.regions = regions;
    this.distance = this.cross = this.#drawing = null;
  }

  begin(tool, point) {
    this.#drawing = { kind: tool, points: [[point.x, point.y]] };
    if (tool === "distance") this.distance = null;
  }

  cancel() {
    this.#drawing = null;
  }

  extend(point) {
    if (!this.#drawing) return;
    const { kind, points } = this.#drawing;
    if (kind === "freehand") points.push([point.x, point.y]);
    else points[1] = [point.x, point.y];
  }

  end(view) {
    const drawn = this.#drawing;
    this.#drawing = null;
    if (!drawn || drawn.points.length < 2) return;
    const matrix = this.pane.matrix(view);
    const [first, ...others] = drawn.points.map((point) => onScreen(matrix, point));
    if (!others.some((at) => Math.hypot(at.x - first.x, at.y - first.y) > SMALLEST)) return;
    if (drawn.kind === "distance") this.distance = drawn.points;
    else this.whenDrawn({ kind: drawn.kind, points: drawn.points.map(rounded), label: "" });
  }

  draw(view) {
    const { pane, overlay } = this;
    if (!pane.pixels) return overlay.replaceChildren();
    const matrix = pane.matrix(view);
    const all = [...this.regions];
    if (this.distance) all.push({ kind: "distance", points: this.distance });
    if (this.#drawing) all.push(this.#drawing);
    overlay.replaceChildren(
      ...all.flatMap((mark, index) => this.#shapes(mark, matrix, index < this.regions.length ? index + 1 : 0)),
      ...(this.cross ? crossAt(onScreen(matrix, this.cross)) : []),
    );
  }

  #shapes({ kind, points }, matrix, number) {
    if (points.length < 2) return [];
    const at = points.map((point) => onScreen(matrix, point));
    const [a, b] = at;
    const label = kind === "distance" ? distanceText(points, this.pane.pixels.film) : number || "";
    const shape =
      kind === "rectangle" || kind === "ellipse"
        ? closed(outline(kind, points).map((point) => onScreen(matrix, point)))
        : make("polyline", { points: at.map(({ x, y }) => `${x},${y}`).join(" ") });
    if (kind === "arrow") shape.setAttribute("marker-end", "url(#arrow)");
    const text = make("text", { x: Math.max(a.x, b.x) + 6, y: Math.min(a.y, b.y) - 6 });
    text.textContent = label;
    const shadow = shape.cloneNode();
    shadow.setAttribute("class", "shadow");
    return [...(kind === "arrow" ? [arrowHead()] : []), shadow, shape, text];
  }
}

// In millimetres where the file says how large a pixel is.
export function distanceText([[x1, y1], [x2, y2]], film) {
  if (!film.spacing) return `${Math.round(Math.hypot(x2 - x1, y2 - y1) * (film.scale ?? 1))} px`;
  const [down, across] = film.spacing;
  const length = Math.hypot((x2 - x1) * across, (y2 - y1) * down);
  const note = film.spacing_note ? ` ${film.spacing_note}` : "";
  return `${length.toFixed(1)} mm${note}`;
}

function outline(kind, [[x1, y1], [x2, y2]]) {
  if (kind === "rectangle") return [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
  return Array.from({ length: 48 }, (_, step) => {
    const angle = (step / 48) * 2 * Math.PI;
    return [
      (x1 + x2) / 2 + ((x2 - x1) / 2) * Math.cos(angle),
      (y1 + y2) / 2 + ((y2 - y1) / 2) * Math.sin(angle),
    ];
  });
}

function closed(at) {
  return make("polygon", { points: at.map(({ x, y }) => `${x},${y}`).join(" ") });
}

function crossAt({ x, y }) {
  const points = `${x - CROSS},${y} ${x + CROSS},${y} ${x},${y} ${x},${y - CROSS} ${x},${y + CROSS}`;
  return [make("polyline", { points, class: "shadow" }), make("polyline", { points, class: "cross" })];
}

function arrowHead() {
  const marker = make("marker", {
    id: "arrow", markerWidth: 8, markerHeight: 8, refX: 6, refY: 4, orient: "auto",
  });
  marker.append(make("path", { d: "M0,0 L8,4 L0,8 z" }));
  return marker;
}

function make(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function onScreen(matrix, [x, y]) {
  return matrix.transformPoint(new DOMPoint(x, y));
}

function rounded(point) {
  return point.map((value) => Math.round(value * 10) / 10);
}
