// The list on its page: headings, keys, words about what is shown, and its place on the screen.
import { keepOpened, keptOpened } from "../reading_order.js";
import { columnsFor } from "./columns.js";
import { FilmCache } from "./film_cache.js";
import { FilmOrder } from "./film_order.js";
import { made } from "./film_row.js";
import { FilmRows } from "./film_rows.js";
import { FilterMenus } from "./filter_menus.js";

const LEAST_HEIGHT = 420; // pixels
const MARGIN = 20; // below the list
const TYPING = 150; // milliseconds after the last letter, until names are searched
const viewKeyOf = (worklist) => `overread.view.${worklist}`;

export class FilmList {
  #typing = 0;
  #size;
  #isNew = true;
  #fitted = null; // the room that rows and columns were last fitted to

  constructor(root, client, settings) {
    Object.assign(this, { root, client, settings });
    this.port = root.querySelector(".port");
    this.search = root.querySelector(".search");
    this.order = new FilmOrder(client);
    this.cache = new FilmCache(client, () => this.order.filter.finding);
    this.rows = new FilmRows(root, this.order, this.cache);
    this.menus = new FilterMenus(root, this.order, settings);
    this.rows.view = sessionStorage.getItem(viewKeyOf(client.worklist)) ?? "rows";
    this.rows.opened = keptOpened(client.worklist);
    this.search.value = this.order.filter.text;
    this.#listen();
    this.#size = new ResizeObserver(() => this.#fitAnew());
    this.#size.observe(root);
    this.#size.observe(document.body);
    client.start();
    this.order.load();
  }

  stop() {
    document.removeEventListener("keydown", this.#findKey, true);
    window.removeEventListener("resize", this.#fitAnew);
    this.#size.disconnect();
    this.client.stop();
    this.rows.stop();
    this.cache.stop();
    clearTimeout(this.#typing);
  }

  #listen() {
    const { root, port, order, client } = this;
    document.addEventListener("keydown", this.#findKey, true);
    window.addEventListener("resize", this.#fitAnew);
    order.addEventListener("loading", () => port.setAttribute("aria-busy", "true"));
    order.addEventListener("order", () => this.#ordered());
    order.addEventListener("news", () => {
      this.menus.draw();
      this.#tell();
      this.cache.outdate();
      this.rows.draw();
    });
    client.addEventListener("connection", () => this.#tellProblem());
    for (const sign of ["pointermove", "wheel", "keydown", "focusin", "touchstart"])
      port.addEventListener(sign, () => (order.isTouched = true), { passive: true });
    port.addEventListener("click", (event) => this.#click(event));
    // No key that is pressed here may be one of Streamlit's own.
    root.addEventListener("keydown", (event) => {
      if (event.target === port) this.#key(event);
      event.stopPropagation();
    });
    this.search.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => order.choose({ text: this.search.value }), TYPING);
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        port.focus();
      }
    });
    for (const button of root.querySelectorAll("[data-view]"))
      button.onclick = () => this.#show(button.dataset.view);
  }

  #show(view) {
    const index = this.#firstOnScreen();
    this.rows.view = view;
    this.rows.expanded = -1;
    sessionStorage.setItem(viewKeyOf(this.client.worklist), view);
    this.#fit();
    this.rows.reveal(this.rows.active >= 0 ? this.rows.active : index, true);
  }

  #firstOnScreen() {
    return Math.floor(this.port.scrollTop / this.rows.lineHeight) * this.rows.perLine;
  }

  #ordered() {
    const { order, rows } = this;
    rows.expanded = -1;
    if (this.cache.listedBy !== order.filter.finding) this.cache.forget();
    this.cache.listedBy = order.filter.finding;
    this.cache.outdate();
    if (!this.search.matches(":focus")) this.search.value = order.filter.text;
    const before = order.items.indexOf(rows.opened);
    rows.active = this.#isNew ? before : -1;
    this.#fit();
    if (this.#isNew && before >= 0) rows.reveal(before, true);
    else if (!this.#isNew && order.isTouched) this.port.scrollTop = 0;
    this.#isNew = false;
    this.menus.draw();
    this.#tell();
    this.port.dataset.waiting = order.shown.total - order.shown.judged;
    this.port.setAttribute("aria-busy", "false");
  }

  // As high as the rest of the window.
  #room() {
    const top = this.port.getBoundingClientRect().top + scrolledBy(this.root);
    const height = Math.max(LEAST_HEIGHT, Math.floor(window.innerHeight - top - MARGIN));
    return { height, width: this.port.clientWidth };
  }

  #fitAnew = () => {
    const { height, width } = this.#room();
    if (height !== this.#fitted?.height || width !== this.#fitted.width) this.#fit();
  };

  // With those columns that there is room for.
  #fit() {
    const { root, port, rows, order } = this;
    port.style.height = `${this.#room().height}px`;
    this.#fitted = this.#room();
    rows.columns = columnsFor(port.clientWidth, order.now?.counts, this.settings);
    rows.template = rows.columns.map(({ width }) => width).join(" ");
    this.#drawHead();
    for (const button of root.querySelectorAll("[data-view]"))
      button.setAttribute("aria-pressed", String(button.dataset.view === rows.view));
    rows.reset();
  }

  #drawHead() {
    const { rows, order, port } = this;
    const head = port.querySelector(".head");
    const columns = rows.view === "rows" ? rows.columns : [];
    head.hidden = !columns.length;
    head.style.gridTemplateColumns = rows.template;
    port.setAttribute("aria-rowcount", Math.ceil(order.items.length / rows.perLine) + 1);
    port.setAttribute("aria-colcount", columns.length || rows.perLine);
    head.replaceChildren(...columns.map((column, index) => this.#heading(column, index)));
  }

  #heading({ name, heading, note, sorts }, index) {
    const cell = made("div", `cell ${name}`);
    cell.setAttribute("role", "columnheader");
    cell.setAttribute("aria-colindex", index + 1);
    if (!sorts) {
      cell.append(made("span", "spoken", heading || "Details"));
      return cell;
    }
    const { column, descending } = this.order.sort;
    const isSorted = column === name;
    cell.setAttribute("aria-sort", isSorted ? (descending ? "descending" : "ascending") : "none");
    const button = made("button", "", heading);
    button.type = "button";
    button.title = note ?? heading;
    button.dataset.sorted = isSorted ? (descending ? "▼" : "▲") : "";
    button.onclick = async () => {
      await this.order.sortBy(name);
      this.port.querySelector(`.head .${name} button`)?.focus();
    };
    cell.append(button);
    return cell;
  }

  #tell() {
    const { order } = this;
    const { shown, sort, news } = order;
    const films = `${number(shown.total)} film${shown.total === 1 ? "" : "s"}`;
    const counted = shown.matched === shown.total ? films : `${number(shown.matched)} of ${films}`;
    this.root.querySelector(".summary").textContent = `${counted}, ${inWords(sort, this.settings)}`;
    const none = this.port.querySelector(".none");
    none.hidden = shown.matched > 0;
    none.textContent = shown.total ? "No film matches the filters." : "No films yet.";
    this.#tellNews(news);
  }

  // A list that grows is not sorted anew below the reader's hand, and no filter hides in silence.
  #tellNews({ added, judged, matching }) {
    const place = this.root.querySelector(".news");
    const count = added || judged;
    const what = `${number(count)} new film${count === 1 ? "" : "s"}`;
    const hides = this.order.isFiltered && count > Math.max(0, matching);
    const parts = [];
    if (count && hides) {
      const most = count - Math.max(0, matching);
      const verb = most === 1 ? "does" : "do";
      const some = matching > 0 ? `${number(most)} of ${what}` : what;
      parts.push(`${some} ${verb} not match the filters`, ["Clear all", () => this.order.clear()]);
    } else if (count) parts.push(what);
    if (count && (!hides || matching > 0)) parts.push(["Show", () => this.order.load()]);
    const drawn = parts.map((part) => {
      if (typeof part === "string") return made("span", "", part);
      const button = made("button", "chip", part[0]);
      button.type = "button";
      button.onclick = part[1];
      return button;
    });
    place.replaceChildren(...drawn);
  }

  #tellProblem() {
    const { problem } = this.client;
    const place = this.root.querySelector(".problem");
    const isShutOut = Boolean(problem?.isShutOut);
    const wasShutOut = this.port.hidden;
    place.hidden = !problem;
    place.textContent = problem?.message ?? "";
    if (problem && !isShutOut)
      place.textContent += " What you see is from before; the list goes on by itself.";
    this.port.hidden = isShutOut;
    if (!problem && (!this.order.shown || wasShutOut)) this.order.load();
    if (problem?.status === 401) this.asks(); // for another session
  }

  #click(event) {
    const place = event.target.closest("[data-index]");
    if (!place) return;
    const index = Number(place.dataset.index);
    if (event.target.closest(".expand")) this.#expand(index);
    else this.#open(index);
  }

  #expand(index) {
    this.rows.active = index;
    this.rows.expand(index);
  }

  #open(index) {
    const item = this.order.items[index];
    // A server that is gone cannot show the film; the banner says so.
    if (item === undefined || this.client.problem?.status === 0) return;
    keepOpened(this.client.worklist, item);
    this.rows.opened = item;
    this.rows.active = index;
    this.rows.draw();
    this.opens(item);
  }

  #key(event) {
    const { rows, order } = this;
    const { active, perLine } = rows;
    const page = rows.linesOnScreen * perLine;
    const across = rows.view === "grid";
    const current = active >= 0 ? active : this.#firstOnScreen() - perLine;
    const to = {
      ArrowDown: current + perLine,
      ArrowUp: current - perLine,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: order.items.length - 1,
      ...(across && { ArrowRight: current + 1, ArrowLeft: current - 1 }),
    }[event.key];
    if (event.altKey || event.metaKey || !order.items.length) return;
    if (to !== undefined) rows.activate(to);
    else if (event.key === "Enter" && active >= 0) this.#open(active);
    else if (event.key === " " && active >= 0 && !across) rows.expand(active);
    else if (event.key === "ArrowRight" && active >= 0 && rows.expanded !== active) rows.expand(active);
    else if (event.key === "ArrowLeft" && rows.expanded >= 0) rows.expand(rows.expanded);
    else return;
    event.preventDefault();
  }

  // Reaches the search from anywhere on the page, except from where something is typed.
  #findKey = (event) => {
    const [target] = event.composedPath();
    const isFind = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "f";
    const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !isTyping(target);
    if (!isFind && !isSlash) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.search.focus();
    this.search.select();
  };
}

function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

function inWords({ column, descending }, settings) {
  if (column === "urgency") return settings.usual;
  return `by ${column}, ${descending ? "descending" : "ascending"}`;
}

// How far the page is scrolled, so that the list keeps its height while it is.
function scrolledBy(element) {
  for (let one = element; one; one = one.parentNode ?? one.host) if (one.scrollTop) return one.scrollTop;
  return 0;
}

function number(count) {
  return count.toLocaleString("en");
}
