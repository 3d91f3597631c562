// The films on the screen: only their rows exist, whatever the length of the list.
import { details, fillCells, fillPicture, fillTile, made } from "./film_row.js";

const ROW_HEIGHT = 44;
const TILE_WIDTH = 200; // at least
const TILE_EXTRA = 84; // below its square picture
const BEYOND = { rows: 5, grid: 1 }; // lines drawn above and below the screen
const AHEAD = 40; // films whose rows are fetched in either direction
const PAUSE = 80; // milliseconds between two requests for rows
const REST = 120; // milliseconds after scrolling, until pictures are fetched again

export class FilmRows {
  #lines = new Map(); // elements by number of the line
  #spare = [];
  #frame = 0;
  #pausing = 0; // until rows are fetched again, and pictures
  #isDue = false; // whether others are on the screen since they were
  #scrolling = 0;
  #range = [0, 0]; // places in the order that are drawn
  #panel = made("div", "panel");

  constructor(root, order, cache) {
    this.root = root;
    this.order = order;
    this.cache = cache;
    this.port = root.querySelector(".port");
    this.body = root.querySelector(".body");
    this.view = "rows";
    this.columns = [];
    this.active = -1; // place in the order
    this.expanded = -1;
    this.opened = null; // film that was read last
    this.#panel.setAttribute("role", "row");
    this.port.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    cache.addEventListener("rows", () => this.draw());
    cache.addEventListener("picture", ({ detail }) => this.#showPicture(detail));
  }

  get perLine() {
    return this.view === "rows" ? 1 : Math.max(1, Math.floor(this.port.clientWidth / TILE_WIDTH));
  }

  get lineHeight() {
    if (this.view === "rows") return ROW_HEIGHT;
    return Math.floor(this.port.clientWidth / this.perLine) + TILE_EXTRA;
  }

  get linesOnScreen() {
    return Math.max(1, Math.floor(this.port.clientHeight / this.lineHeight));
  }

  // Other films, columns or sizes: all is drawn anew, and at once, so that there is where to scroll.
  reset() {
    for (const element of this.#lines.values()) element.remove();
    this.#lines.clear();
    this.#spare = [];
    this.#draw();
  }

  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #topOf(line) {
    return line * this.lineHeight + (line > this.expanded && this.expanded >= 0 ? this.#panelHeight() : 0);
  }

  #panelHeight() {
    return this.#panel.isConnected ? this.#panel.offsetHeight : 0;
  }

  #draw() {
    const { items } = this.order;
    const { perLine, lineHeight } = this;
    const lines = Math.ceil(items.length / perLine);
    this.#placePanel();
    this.body.style.height = `${lines * lineHeight + this.#panelHeight()}px`;
    const { scrollTop, clientHeight } = this.port;
    const beyond = BEYOND[this.view];
    const above = Math.floor((scrollTop - this.#panelHeight()) / lineHeight);
    const first = Math.max(0, above - beyond);
    const last = Math.min(lines, Math.ceil((scrollTop + clientHeight) / lineHeight) + beyond);
    for (const [line, element] of this.#lines) {
      if (line >= first && line < last) continue;
      this.#lines.delete(line);
      this.#spare.push(element);
    }
    for (let line = first; line < last; line++) this.#drawLine(line, items);
    for (const element of this.#spare) element.remove();
    this.#range = [first * perLine, Math.min(last * perLine, items.length)];
    this.#fetch();
    const isDrawn = this.active >= first * perLine && this.active < last * perLine;
    if (isDrawn) this.port.setAttribute("aria-activedescendant", `film-${this.active}`);
    else this.port.removeAttribute("aria-activedescendant");
  }

  #drawLine(line, items) {
    let element = this.#lines.get(line);
    if (!element) {
      element = this.#spare.pop() ?? made("div");
      if (!element.isConnected) this.body.append(element);
      this.#lines.set(line, element);
    }
    element.style.transform = `translateY(${this.#topOf(line)}px)`;
    element.setAttribute("role", "row");
    element.setAttribute("aria-rowindex", line + 2); // the headings are the first
    if (this.view === "rows") this.#drawRow(element, line, items[line]);
    else this.#drawTiles(element, line, items);
  }

  #drawRow(element, index, item) {
    const row = this.cache.row(item);
    element.className = "row";
    element.style.gridTemplateColumns = this.template;
    element.style.height = `${ROW_HEIGHT}px`;
    fillCells(element, this.columns, row, row && this.cache.picture(row.thumbnail));
    this.#mark(element, index, item);
    const button = element.querySelector(".expand");
    button?.setAttribute("aria-expanded", index === this.expanded);
  }

  #drawTiles(element, line, items) {
    const { perLine } = this;
    element.className = "line";
    element.style.gridTemplateColumns = `repeat(${perLine}, 1fr)`;
    element.style.height = `${this.lineHeight}px`;
    const start = line * perLine;
    const count = Math.min(perLine, items.length - start);
    while (element.children.length > count) element.lastChild.remove();
    for (let at = 0; at < count; at++) {
      const tile = element.children[at] ?? element.appendChild(made("div", "tile"));
      const row = this.cache.row(items[start + at]);
      tile.className = "tile";
      tile.setAttribute("role", "gridcell");
      fillTile(tile, row, row && this.cache.picture(row.thumbnail));
      this.#mark(tile, start + at, items[start + at]);
    }
  }

  #mark(element, index, item) {
    element.id = `film-${index}`;
    element.dataset.index = index;
    element.classList.toggle("active", index === this.active);
    element.classList.toggle("opened", item === this.opened);
    element.setAttribute("aria-selected", item === this.opened);
  }

  #scrolled() {
    clearTimeout(this.#scrolling);
    this.#scrolling = setTimeout(() => {
      this.#scrolling = 0;
      this.#fetchPictures();
    }, REST);
    this.draw();
  }

  // What is missing on the screen: at once, but not at every step of a list that is scrolled.
  #fetch() {
    if (!this.#scrolling) this.#fetchPictures();
    this.#isDue = true;
    if (!this.#pausing) this.#fetchRows();
  }

  #fetchRows() {
    this.#pausing = 0;
    if (!this.#isDue) return;
    this.#isDue = false;
    this.#pausing = setTimeout(() => this.#fetchRows(), PAUSE);
    const [first, last] = this.#range;
    const { items } = this.order;
    this.cache.want([
      ...items.slice(first, last),
      ...items.slice(last, last + AHEAD),
      ...items.slice(Math.max(0, first - AHEAD), first),
    ]);
  }

  #fetchPictures() {
    const rows = this.order.items.slice(...this.#range).map((item) => this.cache.row(item));
    this.cache.wantPictures(rows.map((row) => row?.thumbnail).filter(Boolean));
  }

  #showPicture(path) {
    for (const cell of this.body.querySelectorAll(".picture"))
      if (cell.dataset.of === path) fillPicture(cell, { thumbnail: path }, this.cache.picture(path));
  }

  // Unfolds what is known of a film below its row, or folds it again.
  expand(index) {
    this.expanded = this.expanded === index ? -1 : index;
    this.draw();
  }

  #placePanel() {
    const row = this.cache.row(this.order.items[this.expanded]);
    if (this.view !== "rows" || !row) {
      this.#panel.remove();
      return;
    }
    if (this.#panel.row !== row) {
      this.#panel.row = row;
      const cell = made("div", "cell whole");
      cell.setAttribute("role", "gridcell");
      cell.append(details(row));
      this.#panel.replaceChildren(cell);
    }
    if (!this.#panel.isConnected) this.body.append(this.#panel);
    this.#panel.style.transform = `translateY(${(this.expanded + 1) * ROW_HEIGHT}px)`;
  }

  // Makes a film the one that the keys act on.
  activate(index) {
    const last = this.order.items.length - 1;
    this.active = Math.min(last, Math.max(0, index));
    this.reveal(this.active);
    this.draw();
  }

  reveal(index, atTop = false) {
    const line = Math.floor(index / this.perLine);
    const top = this.#topOf(line);
    const { scrollTop, clientHeight } = this.port;
    if (atTop) this.port.scrollTop = top - clientHeight / 3;
    else if (top < scrollTop) this.port.scrollTop = top;
    else if (top + this.lineHeight > scrollTop + clientHeight)
      this.port.scrollTop = top + this.lineHeight - clientHeight;
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#pausing);
    clearTimeout(this.#scrolling);
  }
}
