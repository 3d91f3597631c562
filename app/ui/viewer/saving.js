// Tells the reader what is saved and what is not, for the open film and for the page.

export class Saving {
  #saved = new Map(); // item to the answer of the server
  #refused = []; // actions that the server will not take, with its reasons
  #problems = [];

  constructor(client, { line, banner, place }) {
    this.client = client;
    this.line = line;
    this.banner = banner;
    this.place = place; // a film's position in words
    client.addEventListener("connection", this.show);
    for (const type of ["saved", "waiting", "refused"])
      client.actions.addEventListener(type, this.#told);
  }

  stop() {
    this.client.removeEventListener("connection", this.show);
    for (const type of ["saved", "waiting", "refused"])
      this.client.actions.removeEventListener(type, this.#told);
  }

  open(film) {
    this.film = film;
    this.show();
  }

  #told = ({ type, detail: { action, answer } }) => {
    if (type === "saved") this.#saved.set(action.item, answer);
    if (type === "refused") this.#refused.push({ action, sentence: answer.message });
    this.show();
  };

  show = () => {
    const { problem, actions } = this.client;
    const { item, verdict, call } = this.film ?? {};
    const answer = verdict ?? call;
    let text = "Not decided yet.";
    if (actions.isWaitingFor(item)) text = problem ? `Not saved yet. ${problem.message}` : "Saving …";
    else if (answer) text = savedText(answer, verdict ? "Saved" : "Locked");
    if (this.line.textContent !== text) this.line.textContent = text;
    this.line.dataset.state = actions.isWaitingFor(item) ? (problem ? "away" : "saving") : answer ? "saved" : "";
    this.#showBanner(problem, actions.waiting.length);
  };

  #showBanner(problem, waiting) {
    const words = this.#refused.map(
      ({ action, sentence }) => `${this.place(action.item)}: not saved. ${sentence}`,
    );
    words.push(...this.#problems);
    if (problem) {
      const kept = waiting
        ? `${waiting === 1 ? "1 answer is" : `${waiting} answers are`} not saved yet and will be sent as soon as it does.`
        : "What you answer is kept in this browser and sent as soon as it does.";
      words.push(problem.status === 0 ? `${problem.message} ${kept}` : `${problem.message} ${waiting ? `${waiting} not saved yet.` : ""}`);
    }
    const text = words.join(" ");
    if (this.banner.textContent !== text) this.banner.textContent = text;
    this.banner.hidden = !text;
  }

  // Something else that went wrong, until the next film.
  tell(sentence) {
    this.#problems.push(sentence);
    this.show();
  }

  // Seen by the reader, who went on.
  dismiss() {
    this.#refused = [];
    this.#problems = [];
    this.show();
  }
}

function savedText({ saved_at: at, number }, word) {
  if (!at) return `${word}.`;
  const time = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  return `${word} ${time}${number ? `, entry ${number}` : ""}.`;
}
