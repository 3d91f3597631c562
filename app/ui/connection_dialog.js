// Streamlit lays a dialog over the page when its server does not answer, and takes the focus from
// what is being typed. Where the page says so itself, and goes on, the dialog is closed.
const TITLE = "Connection error";

export class ConnectionDialog {
  #observer = null;
  #focused = null; // last, outside of dialogs

  start() {
    document.addEventListener("focusin", this.#keepFocus, true);
    this.#observer = new MutationObserver(() => this.#close());
    this.#observer.observe(document.body, { childList: true, subtree: true });
  }

  stop() {
    document.removeEventListener("focusin", this.#keepFocus, true);
    this.#observer?.disconnect();
  }

  #keepFocus = (event) => {
    const [target] = event.composedPath();
    if (!target.closest?.("[role='dialog']")) this.#focused = target;
  };

  #close() {
    const dialog = [...document.querySelectorAll("[role='dialog']")].find(({ textContent }) => textContent.startsWith(TITLE));
    if (!dialog || dialog.dataset.closed) return;
    dialog.dataset.closed = "yes"; // it takes a moment to go
    const before = this.#focused;
    dialog.querySelector("button")?.click();
    setTimeout(() => before?.isConnected && before.focus(), 300);
  }
}
