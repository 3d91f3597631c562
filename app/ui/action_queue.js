// What a reader did and the server has not confirmed yet. It is kept in the browser's session with an
// identifier of its own, and sent again until it is answered: the server stores it once.
const FIRST_PAUSE = 500; // milliseconds
const LONGEST_PAUSE = 5000;

export class ActionQueue extends EventTarget {
  #sending = false;
  #timer = 0;
  #pause = FIRST_PAUSE;

  constructor(client) {
    super();
    this.client = client;
    this.key = `overread.actions.${client.worklist}`;
    this.waiting = read(this.key);
  }

  // Adds an action about a film. `detail` says for the reader which film it is, and stays here.
  add(item, name, body, detail) {
    const action = uuid();
    this.waiting.push({ item, name, body: { ...body, action }, detail });
    this.#keep();
    this.send();
    return action;
  }

  isWaitingFor(item) {
    return this.waiting.some((one) => one.item === item);
  }

  // One at a time, in order: a later verdict on a film must not be overtaken.
  async send() {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    while (this.waiting.length) {
      const [first] = this.waiting;
      let answer, error;
      try {
        // oxlint-disable-next-line no-await-in-loop -- in order
        answer = await this.client.post(`/films/${first.item}/${first.name}`, first.body);
      } catch (thrown) {
        error = thrown;
      }
      if (error?.isPassing) {
        this.#timer = setTimeout(() => this.send(), this.#pause);
        this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
        this.#tell("waiting", first, error);
        break;
      }
      this.#pause = FIRST_PAUSE;
      this.waiting.shift();
      this.#keep();
      this.#tell(error ? "refused" : "saved", first, error ?? answer);
    }
    this.#sending = false;
  }

  #keep() {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.waiting));
    } catch {
      // A full or forbidden store: they are still sent from memory.
    }
  }

  #tell(type, action, answer) {
    this.dispatchEvent(new CustomEvent(type, { detail: { action, answer } }));
  }
}

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? [];
  } catch {
    return [];
  }
}

// `crypto.randomUUID` is missing where the page comes by plain HTTP from another machine.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
