// Another film large beside the open one, in the second pane: such as one whose truth is known.
export class Beside extends EventTarget {
  shown = null; // as given to `show`, else null
  pixels = null; // of it, once they are there

  constructor(client) {
    super();
    this.client = client;
  }

  // `one` has a `label`, and as `film` what the routes tell of a picture; null for none.
  async show(one) {
    if (this.shown === one) return;
    this.shown = one;
    this.pixels = null;
    this.#tell();
    if (!one) return;
    const { film } = one;
    const blob = await this.client.blob(film.url).catch(() => null);
    const bitmap = blob && (await createImageBitmap(blob).catch(() => null));
    if (this.shown !== one) return;
    if (!bitmap) return this.show(null);
    this.pixels = { film, bitmap, deep: film.bits > 8, bytes: null };
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
