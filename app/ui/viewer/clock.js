// How long a film was looked at, apart from the time in which nobody did anything or saw the page.
const IDLE_AFTER = 30_000; // milliseconds
const SIGNS = ["pointerdown", "pointermove", "wheel", "keydown", "touchstart"];

export class ReadingClock {
  #started = 0;
  #idle = 0;
  #last = 0; // sign of a reader
  #hidden = 0; // since when the page is hidden, else 0

  constructor() {
    for (const sign of SIGNS)
      window.addEventListener(sign, this.#sign, { capture: true, passive: true });
    document.addEventListener("visibilitychange", this.#visibility);
    this.restart();
  }

  restart() {
    this.#started = this.#last = performance.now();
    this.#idle = 0;
    this.#hidden = document.hidden ? this.#started : 0;
  }

  seconds() {
    const now = performance.now();
    const idle = this.#idle + (this.#hidden ? now - this.#hidden : beyond(now - this.#last));
    return {
      reading_seconds: round((now - this.#started - idle) / 1000),
      idle_seconds: round(idle / 1000),
    };
  }

  stop() {
    for (const sign of SIGNS) window.removeEventListener(sign, this.#sign, { capture: true });
    document.removeEventListener("visibilitychange", this.#visibility);
  }

  #sign = () => {
    const now = performance.now();
    if (!this.#hidden) this.#idle += beyond(now - this.#last);
    this.#last = now;
  };

  #visibility = () => {
    const now = performance.now();
    if (document.hidden && !this.#hidden) {
      this.#idle += beyond(now - this.#last);
      this.#hidden = now;
    } else if (!document.hidden && this.#hidden) {
      this.#idle += now - this.#hidden;
      this.#hidden = 0;
    }
    this.#last = now;
  };
}

function beyond(pause) {
  return Math.max(0, pause - IDLE_AFTER);
}

function round(seconds) {
  return Math.round(seconds * 10) / 10;
}
