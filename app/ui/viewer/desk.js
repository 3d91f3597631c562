// Puts the parts of the viewer together, and goes from film to film.
import { actionsOf } from "./actions.js";
import { listenToAnswers } from "./answering.js";
import { Beside } from "./beside.js";
import { ReadingClock } from "./clock.js";
import { Controls } from "./controls.js";
import { element, setText } from "./dom.js";
import { Cursor } from "./cursor.js";
import { Drawing } from "./drawing.js";
import { FilmStore } from "./film_store.js";
import { offerFiles } from "./files.js";
import { listenTo } from "./gestures.js";
import { HeatmapPanel } from "./heatmap_panel.js";
import { fillHelp } from "./help.js";
import { Keys } from "./keys.js";
import { Marks } from "./marks.js";
import { Position } from "./position.js";
import { Saving } from "./saving.js";
import { SecondLook } from "./second_look.js";
import { SimilarFilms } from "./similar_films.js";
import { Stage } from "./stage.js";
import { TypedAhead } from "./typed_ahead.js";
import { VerdictPanel } from "./verdict_panel.js";
import { View } from "./view.js";
import { Whereabouts } from "./whereabouts.js";

const ENDED = 10_000; // milliseconds until another session is asked for; one may be on its way

export class Desk {
  #reopening = 0;
  #version = null; // of the worklist
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
    this.maps = new HeatmapPanel(root);
    this.beside = new Beside({ ...this.#parts(), before: () => this.position.before });
    this.drawing = new Drawing({ ...this.#parts(), beside: this.beside });
    this.panel = new VerdictPanel(root, data.worklist);
    this.similar = new SimilarFilms(root, client, {
      beside: this.beside, open: (item) => this.open(item),
    });
    this.secondLook = new SecondLook(root, this.beside);
    this.saving = new Saving(client, {
      line: this.at(".saved"), banner: this.at(".banner"),
      place: (item) => this.position.textOf(item),
    });
    this.whereabouts = new Whereabouts(data.worklist, data.addressed, (item) => {
      // A server that is gone would hear of it before it has drawn the page anew.
      if (![0, 401].includes(this.client.problem?.status)) this.setStateValue("item", item);
    });
    this.typed = new TypedAhead(actionsOf(this), {
      isOrdered: () => this.position.items.length > 0,
      isThere: () => this.film !== null || this.#failed,
    });
    this.actions = this.typed.actions;
    this.controls = new Controls(this);
    this.cursor = new Cursor({
      stage: this.stage, view: this.view, marks: this.marks,
      tool: () => this.controls.tool, say: (text) => this.say(text),
    });
    this.keys = new Keys(root, this.actions, () => this.at(".help").open);
    fillHelp(this.at(".help"));
    listenToAnswers(this);
    offerFiles(this);
    this.#listen();
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
    for (const part of [this.client, this.clock, this.stage, this.keys, this.saving, this.controls,
      this.drawing, this.whereabouts, this.similar])
      part.stop();
    this.store.clear();
    clearTimeout(this.#reopening);
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
    this.clock.restart();
    this.saving.dismiss();
    this.at(".position").textContent = this.position.text;
    this.controls.useTool("");
    this.beside.end();
    const ready = this.store.ready(item);
    if (ready) this.describe(ready);
    else this.wait(item);
    this.store.loadAround(this.position.items, this.position.index);
    this.whereabouts.rest(item);
  }

  // Nothing of the film before is left on the screen while this one is on its way.
  async wait(item) {
    this.#blank("Loading …");
    this.panel.close();
    try {
      const entry = await this.store.load(item);
      if (item !== this.item) return;
      const described = this.describe(entry);
      this.typed.go();
      await described;
    } catch (error) {
      if (error.name === "AbortError" || item !== this.item) return;
      this.#blank(error.message);
      this.#failed = true;
      this.typed.go();
      if (error.isPassing) this.client.addEventListener("state", () => item === this.item && this.show(), { once: true });
    }
  }

  // Tells what is known of a film, and draws it, again once its pictures are decoded.
  async describe(entry) {
    this.#entry = entry;
    const { film } = entry;
    setText(this.at(".name"), film.name);
    setText(this.at(".note"), film.film?.note ?? "");
    this.at(".file dl").replaceChildren(
      ...(film.details ?? []).flatMap(([name, value]) => [
        element("dt", { textContent: name }), element("dd", { textContent: value }),
      ]),
    );
    this.at(".file").hidden = !film.details?.length && !film.has_files;
    this.at(".files").hidden = !film.has_files;
    this.panel.open(film);
    this.marks.open(this.panel.draft.regions);
    this.similar.open(film, () => this.store.ready(this.position.after)?.film);
    this.saving.open(film);
    this.view.open(film.film ?? { bits: 8 });
    this.controls.open(film);
    this.say(`${this.position.text}. ${film.prediction?.sentence ?? film.status_word ?? ""}`);
    const { pixels, map, problem } = entry;
    this.drawing.show(entry);
    this.secondLook.open(film);
    await entry.pictures;
    const isSame = entry.pixels === pixels && entry.map === map && entry.problem === problem;
    if (entry === this.#entry && !isSame) this.drawing.show(entry);
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

  #parts() {
    const { root, stage, store, maps } = this;
    return { root, stage, store, maps };
  }

  #blank(text) {
    this.#entry = null;
    this.drawing.blank(this.item, text);
  }

  // Films are no longer this reader's to see; what was typed stays where it is.
  #shutOut() {
    this.store.clear();
    this.#blank(this.client.problem.message);
    this.client.addEventListener("state", () => this.show(), { once: true });
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
    this.panel.addEventListener("draft", () => {
      this.marks.regions = this.panel.draft.regions;
      this.stage.draw();
    });
    this.client.addEventListener("state", () => {
      // May be scored by now, or wait for a decision between readers.
      if (this.film?.status === "pending" || this.film?.asks === "nothing") this.#describeAnew();
    });
    this.client.addEventListener("connection", () => {
      clearTimeout(this.#reopening);
      if (this.client.problem?.status === 401) this.#reopen();
      if (this.client.problem?.isShutOut) this.#shutOut();
      if (!this.client.problem) this.whereabouts.restAgain(this.item);
    });
  }

  // A session that has ended, as after half a day: Streamlit gives another when it draws the page.
  #reopen() {
    this.#reopening = setTimeout(() => {
      window.dispatchEvent(new Event("overread-session-ended"));
      this.#reopen();
    }, ENDED);
  }

  // As when it was scored, or somebody decided that a refused film is judged after all.
  async #describeAnew() {
    const { item } = this;
    const film = await this.client.get(`/films/${item}`).catch(() => null);
    if (!film || item !== this.item || JSON.stringify(film) === JSON.stringify(this.film)) return;
    this.store.forget(item);
    this.wait(item);
  }
}
