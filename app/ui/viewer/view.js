// How a film is looked at: place, turn, and window of grey levels. What is not the default is told.
const LARGEST_ZOOM = 32;
const SMALLEST_ZOOM = 0.5;

// `zoom` is relative to the whole film in sight; `u` and `v` are what lies in the middle, as
// fractions of the film: so films of different sizes can be looked at side by side.
export class View extends EventTarget {
  place = { zoom: 1, u: 0.5, v: 0.5 };
  turn = { quarters: 0, flipped: false };
  window = { low: 0, high: 255, inverted: false };
  #film = null;
  #carries = false;

  get carries() {
    return this.#carries;
  }

  set carries(value) {
    this.#carries = value;
    this.#changed();
  }

  // Another film: as it comes, or as the one before it was looked at.
  open(film) {
    const before = this.#film;
    this.#film = film;
    const usual = usualWindow(film);
    if (!this.#carries || !before) {
      this.place = { zoom: 1, u: 0.5, v: 0.5 };
      this.turn = { quarters: 0, flipped: false };
      this.window = { ...usual, inverted: false };
    } else {
      this.window = sameWindow(this.window, before, film);
    }
    this.#changed();
  }

  // Another film beside it: at the same place, not turned, in the same part of its own window. One
  // without a window of its own is drawn as it comes.
  on(film) {
    const window = film.window
      ? sameWindow(this.window, this.#film, film)
      : { ...usualWindow(film), inverted: false };
    return { place: this.place, turn: { quarters: 0, flipped: false }, window };
  }

  reset() {
    const carries = this.#carries;
    this.#carries = false;
    this.open(this.#film);
    this.#carries = carries;
  }

  fit() {
    this.place = { zoom: 1, u: 0.5, v: 0.5 };
    this.#changed();
  }

  // `at` stays where it is: a point as fractions of the film.
  zoomBy(factor, at = this.place) {
    const { zoom, u, v } = this.place;
    const next = Math.min(LARGEST_ZOOM, Math.max(SMALLEST_ZOOM, zoom * factor));
    const keep = zoom / next;
    this.moveTo(next, at.u + (u - at.u) * keep, at.v + (v - at.v) * keep);
  }

  moveTo(zoom, u, v) {
    this.place = { zoom, u: inside(u), v: inside(v) };
    this.#changed();
  }

  // Clockwise as seen, also on a flipped film.
  rotate(quarters) {
    const step = this.turn.flipped ? -quarters : quarters;
    this.turn.quarters = (this.turn.quarters + step + 4) % 4;
    this.#changed();
  }

  flip() {
    this.turn.flipped = !this.turn.flipped;
    this.#changed();
  }

  invert() {
    this.window.inverted = !this.window.inverted;
    this.#changed();
  }

  setWindow(low, high) {
    const least = this.#film.bits > 8 ? 1 : 0.5;
    this.window = { ...this.window, low, high: Math.max(low + least, high) };
    this.#changed();
  }

  // Across: contrast. Down: brightness, as on a console. In fractions of the usual window.
  dragWindow(from, across, down) {
    const usual = usualWindow(this.#film);
    const step = usual.high - usual.low;
    const middle = (from.low + from.high) / 2 + down * step;
    const width = Math.max(step / 256, from.high - from.low + across * step);
    this.setWindow(middle - width / 2, middle + width / 2);
  }

  // What differs from a film as it comes, each with how to take it back.
  differences() {
    const { quarters, flipped } = this.turn;
    const usual = usualWindow(this.#film);
    const { low, high, inverted } = this.window;
    const found = [];
    if (quarters) found.push([`Turned ${quarters * 90}°`, () => (this.turn.quarters = 0)]);
    if (flipped) found.push(["Flipped left to right", () => (this.turn.flipped = false)]);
    if (inverted) found.push(["Inverted", () => (this.window.inverted = false)]);
    if (Math.abs(low - usual.low) > 0.5 || Math.abs(high - usual.high) > 0.5)
      found.push([`Window ${this.windowText()}`, () => Object.assign(this.window, usual)]);
    if (this.place.zoom !== 1) found.push(["Zoomed", () => this.fit()]);
    return found.map(([text, back]) => ({ text, back: () => (back(), this.#changed()) }));
  }

  windowText() {
    return `${Math.round(this.window.low)} to ${Math.round(this.window.high)}`;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function inside(fraction) {
  return Math.min(1, Math.max(0, fraction));
}

export function usualWindow(film) {
  return film.window ?? { low: 0, high: 2 ** film.bits - 1 };
}

// The same part of each film's own window, as films differ in their grey levels.
function sameWindow({ low, high, inverted }, from, to) {
  const old = usualWindow(from), usual = usualWindow(to);
  const scale = (usual.high - usual.low) / Math.max(1e-6, old.high - old.low);
  const moved = (level) => usual.low + (level - old.low) * scale;
  return { low: moved(low), high: moved(high), inverted };
}
