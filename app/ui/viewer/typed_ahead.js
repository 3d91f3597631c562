// Keys that were pressed before the film which they are about is there. They are done in their order
// once it is, so that none is lost and none reaches another film.
const MOST = 100;
const MOVES = new Set(["next", "previous", "unread"]); // which need to know the order alone
const AT_ONCE = new Set(["peek", "endPeek", "draw", "pan", "tag", "full", "panel", "help", "escape"]);

export class TypedAhead {
  #waiting = [];

  // `actions` with those put off that are called too early: before `isOrdered()` or `isThere()`.
  constructor(actions, { isOrdered, isThere }) {
    this.actions = Object.fromEntries(
      Object.entries(actions).map(([name, action]) => {
        if (AT_ONCE.has(name)) return [name, action];
        const isReady = MOVES.has(name) ? isOrdered : isThere;
        return [name, (...details) => this.#take({ isReady, act: () => action(...details) })];
      }),
    );
  }

  // Does what waits, up to the next that is still too early.
  go() {
    while (this.#waiting[0]?.isReady()) this.#waiting.shift().act();
  }

  #take(one) {
    if (this.#waiting.length < MOST) this.#waiting.push(one);
    this.go();
  }
}
