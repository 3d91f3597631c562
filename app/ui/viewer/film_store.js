// Films as the server describes them, with their pixels and heatmaps decoded: the open one, the next
// three and the one before it.
const AHEAD = [0, 1, 2, 3, -1];
const TOLD = 4; // films after one that the server hears of
export const AGAIN = 700; // milliseconds until what is being computed is asked for again
const MOST_PIXELS = 60e6; // decoded, four bytes each; one film may be more

export class FilmStore {
  #entries = new Map();

  constructor(client) {
    this.client = client;
    this.wanted = null; // heatmap that the reader chose: method and class, or null for the usual one
  }

  // The film as far as it is there already, else null.
  ready(item) {
    const entry = this.#entries.get(item);
    return entry?.loaded ? entry : null;
  }

  // Resolves when the description is there; `entry.pictures` when pixels and heatmap are decoded. The
  // server is told which films come `next`, so that it makes them ready.
  load(item, next = []) {
    let entry = this.#entries.get(item);
    if (!entry) {
      entry = { item, stop: new AbortController(), loaded: false, pixels: null, map: null, problem: null };
      this.#entries.set(item, entry);
      entry.described = this.#describe(entry, next);
      entry.described.catch(() => this.#drop(entry));
    }
    return entry.described;
  }

  // Loads around a place in the order and lets go of what lies farther away.
  loadAround(items, index) {
    const near = AHEAD.map((step) => items[index + step]).filter((item) => item !== undefined);
    for (const entry of this.#entries.values()) if (!near.includes(entry.item)) this.#drop(entry);
    this.#loadInTurn(near, items);
  }

  // The film anew, as a call or a second look changed it.
  replace(item, film) {
    const entry = this.#entries.get(item);
    if (!entry) return;
    if (entry.film.film?.url !== film.film?.url) entry.pixels = null;
    entry.film = film;
    entry.pictures = this.#picture(entry);
  }

  forget(item) {
    const entry = this.#entries.get(item);
    if (entry) this.#drop(entry);
  }

  // Another method or class, for the open film and those that are loaded ahead.
  choose(wanted) {
    this.wanted = wanted;
    for (const entry of this.#entries.values())
      if (entry.film) entry.pictures = this.#picture(entry);
  }

  clear() {
    for (const entry of this.#entries.values()) this.#drop(entry);
  }

  async #loadInTurn(near, items) {
    let pixels = 0;
    for (const item of near) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- the nearest first
        const { film } = await this.load(item, after(items, item));
        pixels += film.film ? film.film.rows * film.film.columns : 0;
      } catch {
        return; // told by the client; loaded again when it is asked for
      }
      if (pixels > MOST_PIXELS) return;
    }
  }

  async #describe(entry, next) {
    const path = `/films/${entry.item}?next=${next.join(",")}`;
    entry.film = await this.client.get(path, entry.stop.signal);
    entry.pictures = this.#picture(entry);
    return entry;
  }

  async #picture(entry) {
    const { film, stop } = entry;
    entry.problem = null;
    const [pixels, map] = await Promise.all([
      film.film && (entry.pixels ?? this.decode(film.film, stop.signal)),
      this.heatmap(entry).catch((error) => ({ problem: error.message })),
    ]).catch((error) => {
      if (error.name !== "AbortError") entry.problem = error.message;
      return [null, null];
    });
    if (film !== entry.film || stop.signal.aborted) return entry;
    entry.pixels = pixels || null;
    entry.map = map;
    entry.loaded = !entry.problem;
    return entry;
  }

  // The pixels of a film that is described as in an entry.
  async decode(film, signal) {
    const bitmap = await this.#bitmap(film.url, signal);
    return { film, bitmap, deep: film.bits > 8, bytes: null };
  }

  // Bytes as they are: no colour management, no alpha.
  async #bitmap(url, signal) {
    const blob = await this.client.blob(url, signal);
    return createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  }

  // By the method and for the class that is `chosen`; the usual one without a choice.
  async heatmap(entry, chosen = this.wanted) {
    const { film, stop } = entry;
    if (!film.heatmaps) return null;
    let { shown } = film.heatmaps;
    const usual = { method: film.heatmaps.method, class: film.heatmaps.class };
    const wanted = { ...usual, ...chosen };
    if (wanted.method !== usual.method || wanted.class !== usual.class) {
      const query = new URLSearchParams(wanted);
      const path = `/films/${entry.item}/heatmap?${query}`;
      const answer = await this.client.ask(path, stop.signal);
      if (answer.waits) return { wait: answer.body.wait, wanted };
      shown = answer.body;
    }
    if (!shown) return film.heatmaps.note ? { problem: film.heatmaps.note, wanted } : null;
    if (shown.empty) return { shown, wanted, bitmap: null };
    const blob = await this.client.blob(shown.url, stop.signal);
    return { shown, wanted, bitmap: await createImageBitmap(blob), grid: null };
  }

  // Asks again for a heatmap that is being computed.
  async again(entry) {
    const map = await this.heatmap(entry).catch((error) => ({ problem: error.message }));
    if (!entry.stop.signal.aborted) entry.map = map;
  }

  // The evidence itself, for contour lines.
  async grid(map) {
    map.grid ??= (await this.client.get(`${map.shown.url}?grid=1`)).evidence;
    return map.grid;
  }

  #drop(entry) {
    entry.stop.abort();
    if (this.#entries.get(entry.item) === entry) this.#entries.delete(entry.item);
  }
}

function after(items, item) {
  const index = items.indexOf(item);
  return items.slice(index + 1, index + 1 + TOLD);
}
