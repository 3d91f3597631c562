// Puts the parts of the viewer together: which film is open, what is drawn of it, what is saved.
import { keepOpened } from "../reading_order.js";
import { actionsOf } from "./actions.js";
import { Beside } from "./beside.js";
import { ReadingClock } from "./clock.js";
import { Controls } from "./controls.js";
import { element, remembered, setText } from "./dom.js";
import { FilmStore } from "./film_store.js";
import { listenTo } from "./gestures.js";
import { HeatmapPanel } from "./heatmap_panel.js";
import { fillHelp } from "./help.js";
import { Keys } from "./keys.js";
import { Marks } from "./marks.js";
import { Position } from "./position.js";
import { Saving } from "./saving.js";
import { SimilarFilms } from "./similar_films.js";
import { Stage } from "./stage.js";
import { TypedAhead } from "./typed_ahead.js";
import { VerdictPanel } from "./verdict_panel.js";
import { View } from "./view.js";

const REST = 400; // milliseconds until Streamlit hears of another film
const CONNECTED = 2000; // until Streamlit has connected again
const AGAIN = 700; // until a heatmap that is being computed is asked for again

export class Desk {
  #resting = 0;
  #asking = 0;
  #version = null; // of the worklist
  #told = null; // film that Streamlit has heard of
  #entry = null;
  #failed = false; // whether the open film cannot be had

  constructor(root, client, data) {
    this.root = root;
    this.client = client;
    this.at = (selector) => root.querySelector(selector);
    this.store = new FilmStore(client);
    this.position = new Position(client);
    this.clock = new ReadingClock();
    this.view = new View();
    this.stage = new Stage([...root.querySelectorAll(".pane")], this.view);
    this.marks = new Marks(this.stage.main, this.at(".pane .marks"), (region) =>
      this.panel.setRegions([...this.panel.draft.regions, region]));
    this.beside = new Beside(client);
    this.maps = new HeatmapPanel(root);
    this.panel = new VerdictPanel(root, data.worklist);
    this.similar = new SimilarFilms(root, client, {
      beside: this.beside, open: (item) => this.open(item),
    });
    this.saving = new Saving(client, {
      line: this.at(".saved"), banner: this.at(".banner"),
      place: (item) => this.position.textOf(item),
    });
    this.typed = new TypedAhead(actionsOf(this), {
      isOrdered: () => this.position.items.length > 0,
      isThere: () => this.film !== null || this.#failed,
    });
    this.actions = this.typed.actions;
    this.controls = new Controls(this);
    this.keys = new Keys(root, this.actions, () => this.at(".help").open);
    fillHelp(this.at(".help"));
    this.#listen();
    this.#told = data.addressed;
    client.start();
    this.#start();
  }

  // What Streamlit gives at each of its runs: a session, and which version of the worklist it knows.
  take(data, setStateValue) {
    this.setStateValue = setStateValue;
    this.panel.offer(data.classes, data.tags);
    this.client.take(data.token);
    if (this.#version !== null && this.#version !== data.version) this.#describeAnew();
    this.#version = data.version;
  }

  stop() {
    for (const part of [this.client, this.clock, this.stage, this.keys, this.saving, this.similar, this.controls])
      part.stop();
    this.store.clear();
    clearTimeout(this.#resting);
    clearTimeout(this.#asking);
  }

  // The description of the open film, once it is there.
  get film() {
    return this.#entry?.film ?? null;
  }

  get item() {
    return this.position.item;
  }

  async open(item) {
    await this.position.open(item);
    this.show();
  }

  step(by) {
    if (this.position.step(by)) this.show();
    else this.say(by > 0 ? "This is the last film." : "This is the first film.");
  }

  say(text) {
    this.at(".live").textContent = text;
  }

  // Shows the film at the present position: at once if it was loaded ahead.
  show() {
    const { item } = this;
    this.#failed = false;
    this.panel.leave();
    clearTimeout(this.#asking);
    this.clock.restart();
    this.saving.dismiss();
    this.beside.show(null);
    this.at(".position").textContent = this.position.text;
    this.controls.useTool("");
    const ready = this.store.ready(item);
    if (ready) this.#describe(ready);
    else this.#wait(item);
    this.store.loadAround(this.position.items, this.position.index);
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#rest(item), REST);
  }

  async #start() {
    const asked = new URLSearchParams(location.search).get("film");
    try {
      await this.position.open(asked === null ? undefined : Number(asked));
    } catch (error) {
      this.#blank(error.message);
      this.client.addEventListener("state", () => this.#start(), { once: true });
      return;
    }
    if (this.position.items.length) this.show();
    else this.#blank("This worklist has no films.");
    this.typed.go();
  }

  // Nothing of the film before is left on the screen while this one is on its way.
  async #wait(item) {
    this.#entry = null;
    this.#blank("Loading …");
    this.panel.close();
    try {
      const entry = await this.store.load(item);
      if (item !== this.item) return;
      this.#describe(entry);
      this.typed.go();
      await entry.pictures;
      if (item === this.item && this.#entry === entry) this.drawFilm();
    } catch (error) {
      if (error.name === "AbortError" || item !== this.item) return;
      this.#blank(error.message);
      this.#failed = true;
      this.typed.go();
      if (error.isPassing) this.client.addEventListener("state", () => item === this.item && this.show(), { once: true });
    }
  }

  #blank(text) {
    for (const pane of this.stage.panes) pane.pixels = null;
    setText(this.at(".blank"), text);
    this.stage.drawNow();
    this.#tellDrawn(this.item, null, null);
  }

  #describe(entry) {
    this.#entry = entry;
    const { film } = entry;
    setText(this.at(".name"), film.name);
    setText(this.at(".note"), film.film?.note ?? "");
    this.at(".file dl").replaceChildren(
      ...(film.details ?? []).flatMap(([name, value]) => [
        element("dt", { textContent: name }), element("dd", { textContent: value }),
      ]),
    );
    this.at(".file").hidden = !film.details?.length;
    this.panel.open(film);
    this.marks.open(this.panel.draft.regions);
    this.similar.open(film, () => this.store.ready(this.position.items[this.position.index + 1])?.film);
    this.saving.open(film);
    this.view.open(film.film ?? { bits: 8 });
    this.controls.open(film);
    this.say(`${this.position.text}. ${film.prediction?.sentence ?? film.status_word ?? ""}`);
    this.drawFilm();
  }

  // Film and heatmap as far as they are decoded.
  drawFilm() {
    const entry = this.#entry;
    if (!entry) return;
    const { film, pixels, map } = entry;
    this.stage.main.pixels = pixels;
    this.maps.show(film.heatmaps, map);
    setText(this.at(".blank"), pixels ? "" : entry.problem ?? (film.film ? "Loading …" : film.reason || "There is no picture."));
    this.#drawLayers();
    this.#drawBeside();
    this.stage.drawNow();
    this.#tellDrawn(film.item, pixels, map);
    if (map?.wait) this.#asking = setTimeout(() => this.#askAgain(entry), AGAIN);
  }

  // What is on the screen, for whoever waits for it.
  #tellDrawn(item, pixels, map) {
    const { dataset } = this.at(".film");
    dataset.item = item;
    dataset.drawn = [pixels && "film", map?.bitmap && "heatmap"].filter(Boolean).join(" ");
  }

  #drawLayers() {
    const map = this.#entry?.map;
    this.stage.main.layer = this.maps.layer(map);
    if (map?.bitmap && this.maps.settings.lines && !map.grid)
      this.store.grid(map).then(() => this.refreshMap(), () => {});
  }

  refreshMap() {
    if (!this.#entry) return;
    this.maps.show(this.film.heatmaps, this.#entry.map);
    this.#drawLayers();
    this.#drawBeside();
    this.stage.drawNow();
  }

  async #askAgain(entry) {
    await this.store.again(entry);
    if (entry === this.#entry) this.drawFilm();
  }

  // The second pane, linked with the first.
  #drawBeside() {
    const other = this.stage.panes[1];
    const entry = this.#entry;
    if (this.#drawOther(other)) return true;
    const { beside } = this.maps.settings;
    const before = this.position.items[this.position.index - 1];
    const shown = beside === "previous" ? this.store.ready(before) : entry;
    const pixels = beside ? shown?.pixels : null;
    const label = { plain: "Without heatmap", usual: "Usual heatmap", previous: `Previous film: ${shown?.film.name ?? ""}` }[beside];
    const changed = other.box.hidden === Boolean(pixels);
    other.box.hidden = !pixels;
    other.pixels = pixels ?? null;
    other.layer = null;
    if (!pixels) return changed;
    other.box.querySelector(".pane-label").textContent = label;
    if (beside === "previous") other.layer = this.maps.layer(shown.map);
    if (beside === "usual")
      this.store.usual(entry).then((map) => {
        if (entry !== this.#entry) return;
        other.layer = this.maps.layer(map);
        this.stage.draw();
      }, () => {});
    return changed;
  }

  // A film that is none of the worklist; whether there is one.
  #drawOther(pane) {
    const { shown, pixels } = this.beside;
    pane.isPlain = Boolean(shown);
    if (!shown) return false;
    pane.box.hidden = false;
    pane.pixels = pixels;
    pane.layer = null;
    pane.box.querySelector(".pane-label").textContent = shown.label;
    return true;
  }

  // Streamlit draws what lies below for the film on which the reader came to rest, and the list marks it.
  #rest(item) {
    keepOpened(this.client.worklist, item);
    const address = new URL(location.href);
    address.searchParams.set("film", item);
    history.replaceState(history.state, "", address);
    if (item === this.#told) return;
    this.#told = item;
    this.setStateValue("item", item);
  }

  // Streamlit connects again after the routes do, and puts back the address that it knew.
  #restAgain() {
    clearTimeout(this.#resting);
    this.#told = null;
    this.#resting = setTimeout(() => this.item !== undefined && this.#rest(this.item), CONNECTED);
  }

  #listen() {
    for (const pane of this.stage.panes)
      listenTo(pane, {
        stage: this.stage, view: this.view, marks: this.marks,
        tool: () => this.controls.tool,
        onSwipe: (by) => this.step(by),
        onLens: (where, at) => this.controls.moveLens(where, at),
      });
    this.stage.addEventListener("drawn", () => {
      this.marks.draw(this.view);
      this.controls.showFigures();
    });
    this.maps.addEventListener("change", () => this.refreshMap());
    this.beside.addEventListener("change", () => this.refreshMap());
    this.at(".display [name=beside]").addEventListener("change", () => this.beside.show(null));
    this.maps.addEventListener("chosen", () => this.#choose());
    this.panel.addEventListener("draft", () => {
      this.marks.regions = this.panel.draft.regions;
      this.stage.draw();
    });
    this.panel.addEventListener("answered", ({ detail }) => this.#send(detail));
    this.client.actions.addEventListener("saved", ({ detail }) => this.#saved(detail));
    this.client.actions.addEventListener("refused", ({ detail }) => this.#refused(detail));
    this.client.addEventListener("state", () => this.#stateCame());
    this.client.addEventListener("connection", () => {
      // A session that has ended: Streamlit gives another when it runs.
      if (this.client.problem?.status === 401) this.setStateValue("asked", Date.now());
      if (!this.client.problem) this.#restAgain();
    });
  }

  async #choose() {
    this.store.choose(this.maps.chosen);
    await this.#entry?.pictures;
    this.drawFilm();
  }

  #send({ name, body, isDecision }) {
    const { item } = this;
    this.client.actions.add(item, name, { ...body, ...(name === "mark" ? {} : this.clock.seconds()) });
    this.saving.show();
    const hasAnswer = name === "mark" || (name === "verdict" && isDecision);
    if (isDecision && hasAnswer && remembered("overread.advance", false)) this.step(1);
  }

  async #saved({ action, answer }) {
    const { item, name } = action;
    if (!this.client.actions.isWaitingFor(item)) this.panel.forgetDraft(item);
    if (name === "undo") {
      this.store.forget(item);
      if (item === this.item) this.show();
      return;
    }
    const entry = await this.store.load(item).catch(() => null);
    if (!entry) return;
    if (name === "call") this.store.replace(item, answer);
    else entry.film.verdict = answer;
    if (item !== this.item) return;
    if (name === "call") {
      this.#describe(entry);
      await entry.pictures;
      if (item === this.item) this.drawFilm();
    } else if (!this.client.actions.isWaitingFor(item)) {
      this.panel.settle();
    }
    this.saving.open(entry.film);
    this.say(this.at(".saved").textContent);
  }

  // As the server has it, not as it was asked for.
  #refused({ action: { item } }) {
    this.panel.forgetDraft(item);
    this.store.forget(item);
    if (item === this.item) this.#wait(item);
  }

  // A film that was not scored yet may be by now.
  #stateCame() {
    if (this.film?.status === "pending") this.#describeAnew();
  }

  // As when it was scored, or a reader decided below that a refused film is judged after all.
  async #describeAnew() {
    const { item } = this;
    const film = await this.client.get(`/films/${item}`).catch(() => null);
    if (!film || item !== this.item || JSON.stringify(film) === JSON.stringify(this.film)) return;
    this.store.forget(item);
    this.#wait(item);
  }
}
