// Lets go of the address of a picture in this browser. Not at once: an image that was given it and is
// still loading, as when a page is left, would fail.
const LOADED = 60_000; // milliseconds after which no image does

export function letGoOf(address) {
  setTimeout(() => URL.revokeObjectURL(address), LOADED);
}
