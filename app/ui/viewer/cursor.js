// Drawing without a mouse: arrows move a cross over the film, Enter sets the points of a tool.
const NEAR = 8, FAR = 40; // CSS pixels that the cross moves

export class Cursor {
  #at = null; // in pixels of the film
  #first = null; // point that was set last, while something is drawn

  constructor({ stage, view, marks, tool, say }) {
    Object.assign(this, { stage, view, marks, tool, say });
  }

  get isWanted() {
    return !["", "window"].includes(this.tool()) && Boolean(this.stage.main.pixels);
  }

  // Another tool, or none.
  leave() {
    if (this.#first) this.marks.cancel();
    this.#at = this.#first = null;
    this.#draw();
  }

  // Whether there was anything to be drawn with.
  move(across, down, isFar) {
    if (!this.isWanted) return false;
    const { pixels } = this.stage.main;
    const matrix = this.stage.main.matrix(this.view);
    const { x, y } = matrix.transformPoint(new DOMPoint(...(this.#at ?? this.#middle(matrix))));
    const step = isFar ? FAR : NEAR;
    const moved = matrix.inverse().transformPoint(new DOMPoint(x + across * step, y + down * step));
    const { rows, columns } = pixels.film;
    this.#at = [inFilm(moved.x, columns), inFilm(moved.y, rows)];
    if (this.#first && this.tool() !== "freehand") this.marks.extend(this.#point);
    this.#draw();
    this.say(`${share(this.#at[0], columns)} from the left, ${share(this.#at[1], rows)} from the top of the film`);
    return true;
  }

  // Begins at the cross, or ends there; a freehand line goes on until a point is set twice.
  set() {
    if (!this.isWanted) return false;
    if (!this.#at) return this.move(0, 0, false);
    const isSame = this.#first?.every((value, index) => value === this.#at[index]);
    if (!this.#first) {
      this.marks.begin(this.tool(), this.#point);
      this.say("First point set.");
    } else if (this.tool() === "freehand" && !isSame) {
      this.marks.extend(this.#point);
      this.say("Point set. Enter again ends the line.");
    } else {
      this.marks.end(this.view);
      this.#first = null;
      this.#draw();
      this.say(isSame && this.tool() !== "freehand" ? "Too small; nothing was drawn." : "Drawn.");
      return true;
    }
    this.#first = this.#at;
    this.#draw();
    return true;
  }

  get #point() {
    return { x: this.#at[0], y: this.#at[1] };
  }

  #middle(matrix) {
    const { clientWidth, clientHeight } = this.stage.main.canvas;
    const { x, y } = matrix.inverse().transformPoint(new DOMPoint(clientWidth / 2, clientHeight / 2));
    return [x, y];
  }

  #draw() {
    this.marks.cross = this.#at;
    this.stage.draw();
  }
}

function inFilm(value, most) {
  return Math.min(most, Math.max(0, value));
}

function share(value, of) {
  return `${Math.round((100 * value) / of)} %`;
}
