// What the model said, what the reader is asked, and what the reader answered so far.
import { element, press, remember, remembered, setText } from "./dom.js";

const QUESTIONS = {
  agreement: "Do you agree?",
  call: "Your own call",
  confirm: "Having seen the model",
  adjudication: "Your decision",
  mark: "This film has no prediction",
  nothing: "",
};
const TAG_KEYS = "123456789abcdefghijklmnopqrstuvwxyz";
const CONFIDENCES = { 0.5: "possible", 0.75: "probable", 1: "sure" };

export class VerdictPanel extends EventTarget {
  film = null;
  draft = null;
  #sent = ""; // comment that the server was given last

  constructor(root, worklist) {
    super();
    this.root = root;
    this.key = `overread.drafts.${worklist}`;
    this.at = (selector) => root.querySelector(selector);
    this.comment = this.at(".comment");
    this.comment.oninput = () => this.#keepDraft({ comment: this.comment.value });
    this.comment.onchange = () => this.leave();
    for (const button of root.querySelectorAll("[data-agreement]"))
      button.onclick = () => this.agree(button.dataset.agreement);
    for (const button of root.querySelectorAll("[data-confidence]"))
      button.onclick = () => this.setConfidence(Number(button.dataset.confidence));
    for (const button of root.querySelectorAll("[data-mark]"))
      button.onclick = () => this.mark(button.dataset.mark);
    this.at(".confirm").onclick = () => this.confirm();
  }

  // Which classes and tags there are, the same for all films of a worklist.
  offer(classes, tags) {
    const content = JSON.stringify([classes, tags]);
    if (this.offered === content) return;
    this.offered = content;
    this.classes = classes;
    this.at(".classes").replaceChildren(
      ...classes.map(({ text }, index) =>
        element("button", { type: "button", onclick: () => this.pick(index) },
          `${text} `, ...(index < 9 ? [element("kbd", { textContent: index + 1 })] : []))),
    );
    this.at(".tags").replaceChildren(
      ...tags.map((tag, index) =>
        element("button", { type: "button", "data-tag": tag, onclick: () => this.toggleTag(tag) },
          `${tag} `, element("kbd", { textContent: TAG_KEYS[index] ?? "" }))),
    );
    this.tags = tags;
  }

  open(film) {
    this.film = film;
    const answered = film.verdict ?? film.call ?? {};
    this.draft = {
      label: answered.label ?? null,
      agreement: film.verdict?.agreement ?? null,
      confidence: answered.confidence ?? null,
      comment: answered.comment ?? "",
      tags: answered.tags ?? [],
      regions: answered.regions ?? [],
      ...remembered(this.key, {})[film.item],
    };
    this.comment.value = this.draft.comment;
    this.#sent = answered.comment ?? "";
    this.show();
  }

  // The server has what was answered; a comment that was typed since stays, and is still to be sent.
  settle() {
    const { comment } = this.draft;
    const isTyped = comment !== this.#sent;
    this.open(this.film);
    if (isTyped) {
      this.comment.value = comment;
      this.#keepDraft({ comment });
    }
  }

  // Nothing is answered about a film that is not there yet.
  close() {
    this.film = this.draft = null;
    this.root.dataset.waits = "yes";
    this.at(".saved").textContent = "";
  }

  // What was typed and not sent, because the field was not left.
  leave() {
    if (this.film && this.comment.value !== (this.#sent ?? "")) this.changed();
  }

  show() {
    const { film } = this;
    this.root.dataset.waits = "no";
    this.#showResult(film);
    const asks = film.asks ?? "nothing";
    this.at(".ask").dataset.asks = asks;
    setText(this.at(".question"), QUESTIONS[asks]);
    setText(this.at(".own-call"), asks === "confirm" && film.call ? `You called ${this.#callText(film.call)}.` : "");
    setText(this.at(".truth"), film.truth ? `Truth: ${film.truth}` : "");
    const others = this.at(".others");
    others.hidden = !film.others?.length;
    others.replaceChildren(
      ...(film.others ?? []).map((one) => element("li", { textContent: `${one.reader}: ${this.#textOf(one.label) || one.agreement || ""}` })),
    );
    this.#showDraft();
  }

  agree(agreement) {
    if (this.film?.asks !== "agreement") return;
    this.#keepDraft({ agreement });
    this.changed({ isDecision: true });
  }

  pick(index) {
    const one = this.classes?.[index];
    if (!one || !["agreement", "call", "confirm", "adjudication"].includes(this.film?.asks)) return;
    this.#keepDraft({ label: one.label });
    if (this.film.asks === "agreement") this.changed({ isDecision: true });
  }

  setConfidence(confidence) {
    if (["mark", "nothing", undefined].includes(this.film?.asks)) return;
    this.#keepDraft({ confidence });
    if (this.film.asks === "agreement") this.changed();
  }

  toggleTag(tag) {
    const has = this.draft.tags.includes(tag);
    const tags = has ? this.draft.tags.filter((one) => one !== tag) : [...this.draft.tags, tag];
    this.#keepDraft({ tags });
    this.changed();
  }

  // Whether a tag has this key.
  toggleTagOf(key) {
    const found = this.film && key.length === 1 ? this.tags[TAG_KEYS.indexOf(key)] : undefined;
    if (found) this.toggleTag(found);
    return Boolean(found);
  }

  setRegions(regions) {
    this.#keepDraft({ regions });
    this.changed();
  }

  // Locks a call, confirms it, or decides.
  confirm() {
    const asks = this.film?.asks;
    if (!["call", "confirm", "adjudication"].includes(asks) || this.at(".confirm").disabled) return;
    this.#send(asks === "call" ? "call" : "verdict", this.draft, true);
  }

  mark(event) {
    if (this.film?.asks !== "mark") return;
    this.#send("mark", { event, comment: this.draft.comment }, true);
  }

  // Saves what is answered by one key at once; before a call, it is sent with the call, and
  // confidence that comes before an answer with the answer.
  changed({ isDecision = false } = {}) {
    const { asks, verdict } = this.film;
    if ((asks === "agreement" && saysSomething(this.draft)) || (verdict && asks !== "mark" && asks !== "call"))
      this.#send("verdict", this.draft, isDecision);
  }

  // The server has it: what was kept in case it would not is not needed any more.
  forgetDraft(item) {
    const { [item]: _, ...others } = remembered(this.key, {});
    remember(this.key, others);
  }

  #send(name, body, isDecision) {
    this.#sent = this.draft.comment;
    this.#showDraft();
    this.dispatchEvent(new CustomEvent("answered", { detail: { name, body: { ...body }, isDecision } }));
  }

  #keepDraft(changes) {
    if (!this.film) return;
    Object.assign(this.draft, changes);
    remember(this.key, { ...remembered(this.key, {}), [this.film.item]: this.draft });
    this.#showDraft();
  }

  #showDraft() {
    const { draft, film } = this;
    const { asks } = film;
    press(this.root.querySelectorAll("[data-agreement]"), (one) => one.dataset.agreement === draft.agreement);
    press(this.at(".classes").children, (one) => this.classes[[...one.parentNode.children].indexOf(one)].label === draft.label);
    press(this.root.querySelectorAll("[data-confidence]"), (one) => Number(one.dataset.confidence) === draft.confidence);
    press(this.root.querySelectorAll("[data-mark]"), (one) => one.dataset.mark === film.verdict?.event);
    press(this.at(".tags").children, (one) => draft.tags.includes(one.dataset.tag));
    const confirm = this.at(".confirm");
    confirm.hidden = !["call", "confirm", "adjudication"].includes(asks);
    const { verdict } = film;
    const isDone = verdict?.label === draft.label && verdict?.confidence === draft.confidence;
    confirm.disabled = !draft.label || isDone;
    confirm.replaceChildren(
      isDone ? `Decided: ${this.#textOf(draft.label)}` : `${this.#confirmText(asks)} `,
      ...(isDone ? [] : [element("kbd", { textContent: "Enter" })]),
    );
    const regions = this.at(".regions");
    regions.hidden = !draft.regions.length;
    regions.replaceChildren(
      ...draft.regions.map((region, index) =>
        element("li", {}, `Region ${index + 1}: ${region.kind} `,
          element("button", {
            type: "button", textContent: "Remove", "aria-label": `Remove region ${index + 1}`,
            onclick: () => this.setRegions(draft.regions.filter((one) => one !== region)),
          }))),
    );
    this.dispatchEvent(new Event("draft"));
  }

  #confirmText(asks) {
    const chosen = this.#textOf(this.draft.label);
    if (asks === "call") return chosen ? `Lock my call: ${chosen}` : "Choose a class first";
    if (asks === "confirm" && this.draft.label === this.film.call?.label) return `Keep my call: ${chosen}`;
    if (asks === "confirm") return `Change my call to ${chosen}`;
    return chosen ? `Decide: ${chosen}` : "Choose a class first";
  }

  #showResult(film) {
    const { prediction } = film;
    setText(this.at(".zone"), prediction?.zone_word ?? film.status_word ?? "");
    this.at(".zone").dataset.zone = prediction?.zone ?? film.status;
    setText(this.at(".reason"), film.reason ?? "");
    setText(this.at(".sentence"), (prediction?.sentence ?? "").replaceAll(" %", "\u00a0%"));
    this.at(".meter").hidden = !prediction;
    const findings = this.at(".findings");
    const listed = (prediction?.classes ?? []).length > 2 ? prediction.classes : [];
    findings.hidden = !listed.length;
    findings.replaceChildren(
      ...listed.map((one) =>
        element("li", {}, element("span", { textContent: one.text }), element("b", { textContent: one.probability_text }))),
    );
    if (!prediction) return;
    this.at(".meter .filled").style.width = `${prediction.probability * 100}%`;
    this.at(".meter .limit").style.left = `${prediction.threshold * 100}%`;
  }

  #textOf(label) {
    return this.classes?.find((one) => one.label === label)?.text ?? label ?? "";
  }

  #callText({ label, confidence }) {
    const sure = CONFIDENCES[confidence];
    return this.#textOf(label) + (sure ? `, ${sure}` : "");
  }
}

function saysSomething({ agreement, label, comment, tags, regions }) {
  return Boolean(agreement ?? label ?? (comment || tags.length || regions.length));
}
