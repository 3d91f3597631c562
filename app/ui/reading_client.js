// The reading routes as a page sees them: one client for a worklist, shared by all that shows it.
import { ActionQueue } from "./action_queue.js";

export const PREFIX = "/reading";
const BUSY_POLL = 2000; // milliseconds, while films are being scored
const CALM_POLL = 3000; // also tells that the server is gone
const AWAY_POLL = 1000;
// By which a page hears that it may have lost its server, or has it again; see `frame.js`.
const CONNECTION = ["online", "offline", "overread-connection"];

// An answer other than the one that was asked for. Worth another try: the server or the record is
// away, this session is no longer known and Streamlit is about to give another, or the reader was
// shut out, which an administrator may take back.
export class ReadingError extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
    this.isPassing = [0, 401, 403, 502, 503, 504].includes(status);
    this.isShutOut = status === 403;
  }
}

export class ReadingClient extends EventTarget {
  #token;
  #timer = 0;

  constructor(worklist, token) {
    super();
    this.worklist = worklist;
    this.#token = token;
    this.state = null; // as last polled
    this.problem = null; // why nothing can be saved just now, else null
    this.actions = new ActionQueue(this);
  }

  // Another token is another session, as after a restart of the server.
  take(token) {
    if (token === this.#token) return;
    this.#token = token;
    this.poll();
  }

  start() {
    document.addEventListener("visibilitychange", this.poll);
    for (const type of CONNECTION) window.addEventListener(type, this.poll);
    this.poll();
    this.actions.send();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.poll);
    for (const type of CONNECTION) window.removeEventListener(type, this.poll);
    clearTimeout(this.#timer);
  }

  poll = async () => {
    clearTimeout(this.#timer);
    try {
      this.state = await this.get("/state");
      this.dispatchEvent(new Event("state"));
    } catch {
      // `#answer` has told of it.
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.poll, this.#wait());
  };

  #wait() {
    if (this.problem) return this.problem.isShutOut ? CALM_POLL : AWAY_POLL;
    return this.state?.running ? BUSY_POLL : CALM_POLL;
  }

  async get(path, signal) {
    return (await this.#answer(path, { signal })).json();
  }

  // Like `get`, with the status: 202 says that it is not there yet.
  async ask(path, signal) {
    const answer = await this.#answer(path, { signal });
    return { waits: answer.status === 202, body: await answer.json() };
  }

  async blob(url, signal) {
    return (await this.#answer(url, { signal })).blob();
  }

  async post(path, body, signal) {
    const answer = await this.#answer(path, {
      method: "POST",
      signal,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return answer.json();
  }

  async #answer(path, { headers, ...request }) {
    const method = request.method ?? "GET";
    const url = path.startsWith(PREFIX) ? path : PREFIX + path;
    let answer;
    try {
      answer = await fetch(url, {
        ...request,
        headers: { ...headers, Authorization: `Bearer ${this.#token}` },
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw this.#tell(new ReadingError("The server does not answer.", 0), method);
    }
    if (!answer.ok) {
      const { error } = await answer.json().catch(() => ({}));
      const sentence = error ?? sentenceFor(answer.status);
      throw this.#tell(new ReadingError(sentence, answer.status), method);
    }
    this.#tell(null, method);
    return answer;
  }

  // Only what keeps everything from being saved is a problem of the page. A record that is away may
  // still be readable: it is back when something could be saved.
  #tell(error, method) {
    const before = this.problem?.message;
    if (error?.isPassing) this.problem = Object.assign(error, { method });
    else if (this.problem?.status !== 503 || this.problem.method === method) this.problem = null;
    if (this.problem?.message === before) return error;
    this.dispatchEvent(new Event("connection"));
    if (this.problem) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(this.poll, this.#wait());
    } else {
      this.actions.send();
    }
    return error;
  }
}

function sentenceFor(status) {
  return status === 401
    ? "The server was started again; the page is being connected to it."
    : `The server answered with an error (${status}).`;
}
