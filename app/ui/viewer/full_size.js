// All pixels of a film that was made smaller for the screen: fetched once it is enlarged so far that
// they can be seen, and let go of with the film, as they are many.
export class FullSize {
  #entry = null;
  #reduced = null; // its pixels as they came

  constructor(store) {
    this.store = store;
  }

  // Another film, or none.
  open(entry) {
    if (entry === this.#entry) return;
    if (this.#entry && this.#reduced) this.#entry.pixels = this.#reduced;
    this.#entry = entry;
    this.#reduced = null;
  }

  // `whenThere` is called once there are more pixels to be drawn.
  lookAt(pixelsOnScreen, whenThere) {
    const entry = this.#entry;
    const full = entry?.pixels?.film.full;
    if (!full || this.#reduced || pixelsOnScreen <= 1) return;
    this.#reduced = entry.pixels;
    const { film } = entry.pixels;
    this.store.decode({ ...film, url: full }, entry.stop.signal).then(
      ({ bitmap, deep }) => {
        if (entry !== this.#entry) return bitmap.close();
        entry.pixels = { film, bitmap, deep, bytes: null };
        whenThere();
      },
      () => {}, // the film can be seen all the same
    );
  }
}
