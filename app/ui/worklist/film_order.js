// Which films the list shows and in what order: as the reader asked, and only then anew.
import { keepOrder, keptOrder } from "../reading_order.js";

export const BY_URGENCY = { column: "urgency", descending: false };
export const NO_FILTER = {
  statuses: [],
  predictions: [],
  verdicts: [],
  readers: [],
  tags: [],
  lowest: 0,
  highest: 1,
  text: "",
  finding: null,
};
export const CHOICES = ["statuses", "predictions", "verdicts", "readers", "tags"];

export class FilmOrder extends EventTarget {
  #asked = 0; // number of the last request: an answer to an earlier one is of no use
  #looking = null;

  constructor(client) {
    super();
    this.client = client;
    const kept = keptOrder(client.worklist) ?? {};
    this.sort = kept.sort ?? BY_URGENCY;
    this.filter = { ...NO_FILTER, ...kept.filter };
    this.shown = null; // the answer that the list shows
    this.now = null; // counts of this moment, as a list that grows is not sorted anew by itself
    this.isTouched = false; // whether a reader is at work in it, who must not lose the place
    client.addEventListener("state", () => this.#follow());
  }

  get items() {
    return this.shown?.items ?? [];
  }

  get isFiltered() {
    return JSON.stringify({ ...this.filter, finding: null }) !== JSON.stringify(NO_FILTER);
  }

  // Films that came or were judged since the order on the screen.
  get news() {
    const { shown, now } = this;
    if (!shown || !now) return { added: 0, judged: 0, matching: 0 };
    return {
      added: Math.max(0, now.total - shown.total),
      judged: Math.max(0, now.judged - shown.judged),
      matching: now.matched - shown.matched,
    };
  }

  sortBy(column) {
    const steps = [
      { column, descending: false },
      { column, descending: true },
      BY_URGENCY,
    ];
    const at = steps.findIndex(
      (one) => one.column === this.sort.column && one.descending === this.sort.descending,
    );
    this.sort = steps[at < 0 ? 0 : (at + 1) % steps.length];
    return this.load();
  }

  choose(filter) {
    this.filter = { ...this.filter, ...filter };
    return this.load();
  }

  clear() {
    return this.choose({ ...NO_FILTER, finding: this.filter.finding });
  }

  // Asks for the order of now and shows it.
  async load() {
    const asked = ++this.#asked;
    this.dispatchEvent(new Event("loading"));
    let answer;
    try {
      answer = await this.client.post("/order", { sort: this.sort, filter: this.filter });
    } catch (error) {
      if (asked === this.#asked && error.isPassing) setTimeout(() => this.#retry(asked), 1000);
      return;
    }
    if (asked !== this.#asked) return;
    this.shown = this.now = answer;
    keepOrder(this.client.worklist, {
      version: answer.version,
      sort: this.sort,
      filter: this.filter,
      items: answer.items,
      total: answer.total,
    });
    this.dispatchEvent(new Event("order"));
  }

  #retry(asked) {
    if (asked === this.#asked) this.load();
  }

  // What has changed on the server is counted; the order on the screen stays a reader's own.
  async #follow() {
    const { version } = this.client.state;
    if (!this.now || version === this.now.version || version === this.#looking) return;
    this.#looking = version;
    try {
      if (!this.isTouched) {
        await this.load();
        return;
      }
      const body = { sort: this.sort, filter: this.filter, counts_only: true };
      const answer = await this.client.post("/order", body);
      this.now = { ...answer, items: null };
      this.dispatchEvent(new Event("news"));
    } catch {
      // The client tells of it, and the next poll tries again.
    } finally {
      this.#looking = null;
    }
  }
}
