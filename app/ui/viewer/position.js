// Which film is open, and which come before and after it.
import { keepOrder, keptOrder } from "../reading_order.js";

const ROWS = 200; // that the server describes at once

export class Position {
  items = [];
  index = -1;

  constructor(client) {
    this.client = client;
  }

  get item() {
    return this.items[this.index];
  }

  get before() {
    return this.items[this.index - 1];
  }

  get after() {
    return this.items[this.index + 1];
  }

  get text() {
    return `Film ${(this.index + 1).toLocaleString("en")} of ${this.items.length.toLocaleString("en")}`;
  }

  // The order on the screen of the worklist; its usual one where no worklist was seen, or where the
  // film is not among those that were listed. It stays as it is while films are answered.
  async open(item) {
    const kept = keptOrder(this.client.worklist)?.items;
    const isListed = kept && (item === undefined || kept.includes(item));
    this.items = isListed ? kept : (await this.client.post("/order", {})).items;
    if (!kept) keepOrder(this.client.worklist, { items: this.items });
    this.index = item === undefined ? 0 : this.items.indexOf(item);
  }

  textOf(item) {
    const index = this.items.indexOf(item);
    return index < 0 ? "A film" : `Film ${(index + 1).toLocaleString("en")}`;
  }

  // Whether there is a film in that direction.
  step(by) {
    const next = this.index + by;
    if (next < 0 || next >= this.items.length) return false;
    this.index = next;
    return true;
  }

  // Goes to the next film without a decision, after the last one from the start again.
  async toUnread(isAnswered) {
    const { items, index } = this;
    const after = [...items.slice(index + 1), ...items.slice(0, index)];
    for (let start = 0; start < after.length; start += ROWS) {
      const asked = after.slice(start, start + ROWS);
      // oxlint-disable-next-line no-await-in-loop -- the first is enough
      const { rows } = await this.client.post("/rows", { items: asked });
      const found = rows.find((row) => !row.verdict && !isAnswered(row.item));
      if (found) {
        this.index = items.indexOf(found.item);
        return true;
      }
    }
    return false;
  }
}
