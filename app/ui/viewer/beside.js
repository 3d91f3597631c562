// The second pane: the open film in another way, or another film, linked in zoom and place.
import { element } from "./dom.js";
import { AGAIN } from "./film_store.js";

const CHOICES = ["", "plain", "method", "previous", "prior"]; // in the order of their key
const NO_PRIOR = "No other film of this patient is known in this worklist.";

// Fires "change" when what `show` was given is there, or is there no more.
export class Beside extends EventTarget {
  shown = null;
  #entry = null; // the open film
  #run = 0; // counts what is looked for, as it may come late
  #priors = new Map();

  constructor({ root, stage, store, maps, before }) {
    super();
    Object.assign(this, { stage, store, maps, before }); // `before` tells the film before the open one
    [, this.pane] = stage.panes;
    const field = (name) => root.querySelector(`.display [name=${name}]`);
    this.method = field("beside-method");
    this.prior = field("prior");
    this.method.onchange = () => maps.set({ besideMethod: this.method.value });
    this.prior.onchange = () => this.draw(this.#entry);
    maps.addEventListener("beside", () => this.end());
  }

  // `film` as a film's description has it, from wherever it comes: without a window of its own it is
  // drawn as it comes. Null ends it, as do the next film and Escape.
  show(other) {
    this.shown = other;
    this.dispatchEvent(new Event("change"));
    this.draw(this.#entry);
  }

  // Another film of this worklist.
  showItem(item, label) {
    this.show({ item, label });
  }

  // Whether there was something to be ended.
  end() {
    if (!this.shown) return false;
    this.show(null);
    return true;
  }

  // The next choice of what is shown.
  next() {
    const { beside } = this.maps.settings;
    if (!this.end()) this.maps.set({ beside: CHOICES[(CHOICES.indexOf(beside) + 1) % CHOICES.length] });
  }

  // For the open film, as far as it is there; called whenever it or its heatmap changes.
  draw(entry) {
    if (entry !== this.#entry) this.prior.replaceChildren();
    this.#entry = entry;
    const run = (this.#run += 1);
    this.#offer(entry);
    const found = entry?.pixels ? this.#find(entry) : null;
    if (!(found instanceof Promise)) return this.#put(found);
    if (this.pane.box.hidden) this.#put({ label: "Loading …" });
    found.then(
      (one) => run === this.#run && this.#put(one),
      (error) => run === this.#run && error.name !== "AbortError" && this.#put({ label: error.message }),
    );
  }

  #find(entry) {
    if (this.shown) return this.#another(this.shown);
    const { beside } = this.maps.settings;
    if (beside === "plain") return { label: "Without heatmap", pixels: entry.pixels };
    if (beside === "method") return this.#method(entry);
    if (beside === "previous") return this.#previous();
    if (beside === "prior") return this.#prior(entry);
    return null;
  }

  async #method(entry) {
    if (!entry.film.heatmaps) return { label: "This film has no heatmap.", pixels: entry.pixels };
    const wanted = { class: Number(this.maps.fields.class.value), method: this.method.value };
    const map = await this.store.heatmap(entry, wanted);
    if (map?.wait) setTimeout(() => entry === this.#entry && this.draw(entry), AGAIN);
    return { label: map?.wait ?? map?.shown?.caption ?? "", pixels: entry.pixels, map };
  }

  #previous() {
    const item = this.before();
    if (item === undefined) return { label: "This is the first film." };
    const ready = this.store.ready(item);
    if (!ready) return this.#another({ item, label: "Previous film" });
    return { label: `Previous film: ${ready.film.name}`, pixels: ready.pixels, map: ready.map, isOther: true };
  }

  async #prior(entry) {
    const { wait, priors } = await this.#priorsOf(entry.item);
    if (wait) {
      setTimeout(() => entry === this.#entry && this.draw(entry), AGAIN);
      return { label: wait };
    }
    if (this.prior.childElementCount !== priors.length)
      this.prior.replaceChildren(
        ...priors.map((one) => element("option", { value: one.item, textContent: one.label })),
      );
    this.prior.parentElement.hidden = priors.length < 2;
    if (!priors.length) return { label: NO_PRIOR };
    return this.#another(priors[Math.max(0, this.prior.selectedIndex)]);
  }

  #priorsOf(item) {
    if (!this.#priors.has(item)) {
      const asked = this.store.client.get(`/films/${item}/priors`);
      this.#priors.set(item, asked);
      const askAgain = () => this.#priors.delete(item);
      asked.then(({ wait }) => wait && askAgain(), askAgain);
    }
    return this.#priors.get(item);
  }

  async #another({ item, film, label }) {
    if (item === undefined) return { label, pixels: await this.store.decode(film), isOther: true };
    const entry = await this.store.load(item);
    await entry.pictures;
    if (!entry.pixels) return { label: entry.problem ?? (entry.film.reason || "There is no picture.") };
    return { label: `${label}: ${entry.film.name}`, pixels: entry.pixels, map: entry.map, isOther: true };
  }

  #put(found) {
    const { pane } = this;
    pane.box.hidden = !found;
    pane.pixels = found?.pixels ?? null;
    pane.isOther = found?.isOther ?? false;
    pane.layer = this.maps.layer(found?.map);
    pane.box.querySelector(".pane-label").textContent = found?.label ?? "";
    this.stage.draw();
    const { map } = found ?? {};
    if (map?.bitmap && this.maps.settings.lines && !map.grid)
      this.store.grid(map).then(() => {
        pane.layer = this.maps.layer(map);
        this.stage.draw();
      }, () => {});
  }

  // Which methods there are, where one of them is chosen.
  #offer(entry) {
    const { beside, besideMethod } = this.maps.settings;
    const heatmaps = entry?.film.heatmaps;
    this.method.parentElement.hidden = beside !== "method" || !heatmaps;
    if (beside !== "prior") this.prior.parentElement.hidden = true;
    if (!heatmaps) return;
    const { methods } = heatmaps.choices;
    if (this.method.childElementCount !== methods.length)
      this.method.replaceChildren(
        ...methods.map(({ key, name }) => element("option", { value: key, textContent: name })),
      );
    const shown = entry.map?.wanted?.method ?? heatmaps.method;
    this.method.value = besideMethod || methods.find(({ key }) => key !== shown).key;
  }
}
