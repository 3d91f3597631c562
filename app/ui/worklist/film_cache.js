// Rows and thumbnails of the films near those on the screen, fetched when they are needed.
import { letGoOf } from "../blob_address.js";

const MOST_ROWS = 4000;
const MOST_AT_ONCE = 200; // rows in a request
const MOST_PICTURES = 400;
const PICTURES_AT_ONCE = 4;

export class FilmCache extends EventTarget {
  #rows = new Map(); // by film, those used last at the end
  #old = new Set(); // shown until they are fetched anew
  #pictures = new Map(); // addresses of pictures in memory
  #wanted = [];
  #loading = new Set();
  #request = null;
  #asked = new Set(); // of that request
  #again = 0;

  constructor(client, finding) {
    super();
    this.client = client;
    this.finding = finding; // a function: the finding by which films are listed
  }

  row(item) {
    return this.#rows.get(item);
  }

  // All rows may be others by now; they stay on the screen until then.
  outdate() {
    this.#old = new Set(this.#rows.keys());
    this.#asked.clear();
  }

  forget() {
    this.#asked.clear();
    this.#rows.clear();
    this.#old.clear();
  }

  // The rows of these films, the nearest to the eye first; what was asked for before is given up.
  async want(items) {
    clearTimeout(this.#again);
    const missing = items.filter((item) => !this.#rows.has(item) || this.#old.has(item));
    if (missing.length && missing.every((item) => this.#asked.has(item))) return; // on their way
    this.#request?.abort();
    const asked = missing.slice(0, MOST_AT_ONCE);
    this.#asked = new Set(asked);
    if (!asked.length) return;
    const request = (this.#request = new AbortController());
    try {
      const body = { items: asked, finding: this.finding() };
      const { rows } = await this.client.post("/rows", body, request.signal);
      if (request.signal.aborted) return;
      this.#asked.clear();
      this.#keep(rows);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#asked.clear();
      this.#again = setTimeout(() => this.want(items), 1000);
    }
  }

  #keep(rows) {
    for (const row of rows) {
      this.#rows.delete(row.item);
      this.#rows.set(row.item, row);
      this.#old.delete(row.item);
    }
    for (const item of this.#rows.keys()) {
      if (this.#rows.size <= MOST_ROWS) break;
      this.#rows.delete(item);
    }
    this.dispatchEvent(new CustomEvent("rows", { detail: new Set(rows.map((row) => row.item)) }));
  }

  picture(path) {
    const found = this.#pictures.get(path);
    if (found === undefined) return undefined;
    this.#pictures.delete(path);
    this.#pictures.set(path, found);
    return found;
  }

  // The pictures on the screen and no others.
  wantPictures(paths) {
    this.#wanted = paths.filter((path) => !this.#pictures.has(path) && !this.#loading.has(path));
    while (this.#wanted.length && this.#loading.size < PICTURES_AT_ONCE) this.#fetchNext();
  }

  async #fetchNext() {
    const path = this.#wanted.shift();
    if (!path) return;
    this.#loading.add(path);
    try {
      const picture = await this.client.blob(path); // empty of a film that has none
      this.#keepPicture(path, picture.size ? URL.createObjectURL(picture) : "");
    } catch (error) {
      if (!error.isPassing) this.#keepPicture(path, "");
    } finally {
      this.#loading.delete(path);
      this.#fetchNext();
    }
  }

  #keepPicture(path, address) {
    this.#pictures.set(path, address);
    for (const [one, old] of this.#pictures) {
      if (this.#pictures.size <= MOST_PICTURES) break;
      this.#pictures.delete(one);
      letGoOf(old);
    }
    this.dispatchEvent(new CustomEvent("picture", { detail: path }));
  }

  stop() {
    clearTimeout(this.#again);
    this.#request?.abort();
    this.#wanted = [];
    for (const address of this.#pictures.values()) letGoOf(address);
    this.#pictures.clear();
  }
}
