// Sends what a reader answers, and takes over what the server made of it.
import { remembered } from "./dom.js";

export function listenToAnswers(desk) {
  desk.panel.addEventListener("answered", ({ detail }) => send(desk, detail));
  desk.secondLook.addEventListener("decided", ({ detail: { name, body } }) => {
    desk.client.actions.add(desk.item, name, body);
    desk.saving.show();
  });
  desk.client.actions.addEventListener("saved", ({ detail }) => saved(desk, detail));
  desk.client.actions.addEventListener("refused", ({ detail }) => refused(desk, detail));
}

function send(desk, { name, body, isDecision }) {
  const { item } = desk;
  desk.client.actions.add(item, name, { ...body, ...(name === "mark" ? {} : desk.clock.seconds()) });
  desk.saving.show();
  const hasAnswer = name === "mark" || (name === "verdict" && isDecision);
  if (isDecision && hasAnswer && remembered("overread.advance", false)) desk.step(1);
}

async function saved(desk, { action: { item, name }, answer }) {
  const { client, panel, saving, store } = desk;
  if (!client.actions.isWaitingFor(item)) panel.forgetDraft(item);
  const entry = name === "undo" ? null : await store.load(item).catch(() => null);
  // What may be seen of the film is another now: after a decision between readers, the model too.
  if (name === "undo" || entry?.film.asks === "adjudication") {
    store.forget(item);
    if (item === desk.item) desk.show();
    return;
  }
  if (!entry) return;
  const describesFilm = ["call", "judge", "leave"].includes(name); // anew, as it is told of now
  if (describesFilm) store.replace(item, answer);
  else entry.film.verdict = answer;
  if (item !== desk.item) return;
  if (name === "judge" || name === "leave") desk.setStateValue("judged", Date.now()); // for what is below
  if (describesFilm) await desk.describe(entry);
  else if (!client.actions.isWaitingFor(item)) panel.settle();
  saving.open(entry.film);
  desk.say(saving.line.textContent);
}

// As the server has it, not as it was asked for.
function refused(desk, { action: { item } }) {
  desk.panel.forgetDraft(item);
  desk.store.forget(item);
  if (item === desk.item) desk.wait(item);
}
