// A film that the model refused: how it should be, beside it, and how it is judged after all.
import { press, setText } from "./dom.js";

const CORRECTED = "corrected";

export class SecondLook extends EventTarget {
  #film = null;
  #reasons = new Map(); // by film, of what was typed and not sent

  // `beside` shows a film beside the open one.
  constructor(root, beside) {
    super();
    this.beside = beside;
    this.at = (selector) => root.querySelector(`.second-look ${selector}`);
    this.section = root.querySelector(".second-look");
    this.reason = this.at("[name=reason]");
    this.at(".judge").onclick = () => this.#decide("judge", { corrected: true });
    this.at(".leave").onclick = () => this.#decide("leave", {});
    this.at(".compare").onclick = () => (this.#isBeside ? beside.end() : this.#showBeside());
    this.at("form").onsubmit = (event) => {
      event.preventDefault();
      this.#judgeForReason();
    };
    this.reason.oninput = () => this.#reasons.set(this.#film.item, this.reason.value);
    beside.addEventListener("change", () => this.#pressed());
  }

  open(film) {
    const look = film.second_look;
    this.#film = film;
    this.section.hidden = !look;
    if (look?.corrected) this.#showBeside();
    else if (this.#isBeside) this.beside.end();
    if (!look) return;
    setText(this.at(".distance"), look.distance);
    setText(this.at(".decided"), look.decided ? decidedText(look.decided) : "");
    this.at(".offered").hidden = !look.corrected;
    this.at(".judge").hidden = !look.may_judge;
    this.at("form").hidden = !look.may_judge;
    this.at(".leave").hidden = !look.may_leave;
    this.reason.value = this.#reasons.get(film.item) ?? "";
    this.#say("");
  }

  get #isBeside() {
    return this.beside.shown?.key === CORRECTED;
  }

  #showBeside() {
    const { film, text: label } = this.#film.second_look.corrected;
    this.beside.show({ key: CORRECTED, film, label });
  }

  #pressed() {
    press([this.at(".compare")], () => this.#isBeside);
  }

  #judgeForReason() {
    const reason = this.reason.value.trim();
    if (reason) return this.#decide("judge", { reason });
    this.#say("Write a reason first: it stays with the result of this film.");
    this.reason.focus();
  }

  #decide(name, body) {
    this.#say(name === "judge" ? "The film is being judged …" : "");
    if (body.reason) this.#reasons.delete(this.#film.item);
    this.dispatchEvent(new CustomEvent("decided", { detail: { name, body } }));
  }

  #say(text) {
    setText(this.at(".told"), text);
  }
}

function decidedText({ reader, at }) {
  const when = new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  return `Asked for${reader ? ` by ${reader},` : ""} ${when}.`;
}
