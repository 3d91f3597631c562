// Films like the open one: small pictures with their truth; one of them large beside the film.
import { letGoOf } from "../blob_address.js";
import { element, press, setText } from "./dom.js";

const PICTURES_AFTER = 150; // milliseconds at a film until its pictures are fetched
const MOST_PICTURES = 300; // of a few kilobytes each
const ABOUT_SIMILAR =
  "The nearest held-out films of each class where the network sees them, never of the same patient. " +
  "At a distance of 1, a film is farther from its nearest one than almost all held-out films are. " +
  "A film may be near for another reason than its finding.";

export class SimilarFilms {
  #films = []; // in the order on the screen
  #images = new Map(); // digest of a film -> where its picture is drawn
  #pictures = new Map(); // digest of a film -> address of its picture in the browser, in time
  #resting = 0;

  // `beside` shows a film beside the open one, `open` opens one of the worklist.
  constructor(root, client, { beside, open }) {
    this.client = client;
    this.beside = beside;
    this.openFilm = open;
    this.root = root;
    this.at = (selector) => root.querySelector(selector);
    this.at(".similar h3").title = ABOUT_SIMILAR;
    beside.addEventListener("change", () => this.#showChosen());
  }

  stop() {
    clearTimeout(this.#resting);
    for (const picture of this.#pictures.values()) picture.then(letGoOf, () => {});
    this.#pictures.clear();
  }

  // Draws what is said at once; pictures when the reader rests, then those of the film that is `next`.
  open({ similar }, next) {
    clearTimeout(this.#resting);
    this.#films = filmsOf({ similar });
    this.#images.clear();
    this.at(".similar").hidden = !similar;
    setText(this.at(".contradiction"), similar?.contradiction ?? "");
    setText(this.at(".votes"), similar?.notes.join(" ") ?? "");
    this.at(".alike").replaceChildren(...(similar?.rows ?? []).map((row) => this.#row(row)));
    this.at(".similar h3 kbd").hidden = !this.#withPictures.length; // there is none to look at
    this.#showChosen();
    this.#resting = setTimeout(async () => {
      await Promise.all(this.#withPictures.map((one) => this.#paint(one)));
      for (const one of filmsOf(next()).filter(({ film }) => film)) this.#picture(one).catch(() => {});
    }, PICTURES_AFTER);
  }

  // The next of them beside the film, after the last one none. Whether there is any.
  step() {
    const shown = this.#withPictures;
    this.#choose(shown[shown.indexOf(this.#chosen) + 1] ?? null);
    return shown.length > 0;
  }

  get #withPictures() {
    return this.#films.filter(({ film }) => film);
  }

  get #chosen() {
    return this.#films.find(({ key }) => key === this.beside.shown?.key) ?? null;
  }

  #choose(one) {
    this.beside.show(one && { key: one.key, label: one.caption, film: one.film });
  }

  #showChosen() {
    const chosen = this.#chosen;
    press(this.root.querySelectorAll(".alike button"), (button) => button.dataset.key === chosen?.key);
    const line = this.at(".similar .chosen");
    line.hidden = !chosen;
    this.at(".votes").hidden = Boolean(chosen);
    line.querySelector("span").textContent = chosen?.caption ?? "";
    const go = line.querySelector(".go");
    go.hidden = typeof chosen?.item !== "number";
    go.onclick = () => this.openFilm(chosen.item);
  }

  #row({ truth, films }) {
    return element("ul", { "aria-label": truth },
      ...films.map((one) => element("li", {}, one.film ? this.#button(one) : element("div", {}, ...words(one)))));
  }

  #button(one) {
    const image = element("img", { alt: "" });
    this.#images.set(one.key, image);
    if (this.#pictures.has(one.key)) this.#paint(one);
    return element("button", {
      type: "button", title: one.caption, "data-key": one.key, "aria-pressed": "false",
      onclick: () => this.#choose(one === this.#chosen ? null : one),
    }, image, ...words(one));
  }

  #paint(one) {
    const image = this.#images.get(one.key);
    return this.#picture(one).then((url) => (image.src = url), () => {});
  }

  // Its address in this browser; those fetched first are let go of.
  #picture({ key, film }) {
    let found = this.#pictures.get(key);
    if (!found) {
      found = this.client.blob(film.url).then((blob) => URL.createObjectURL(blob));
      this.#pictures.set(key, found);
      found.catch(() => this.#pictures.delete(key));
    }
    if (this.#pictures.size > MOST_PICTURES) {
      const [[oldest, picture]] = this.#pictures;
      this.#pictures.delete(oldest);
      picture.then(letGoOf, () => {});
    }
    return found;
  }
}

function filmsOf(film) {
  return film?.similar?.rows.flatMap((row) => row.films) ?? [];
}

function words({ truth, distance }) {
  return [
    element("span", { className: "alike-truth", textContent: truth }),
    element("span", { className: "alike-distance", textContent: distance }),
  ];
}
