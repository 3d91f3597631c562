// The list of all keys, in a dialog that keeps the focus.
import { element } from "./dom.js";
import { KEYS } from "./keys.js";

export function fillHelp(dialog) {
  const groups = KEYS.map(([title, keys]) =>
    element("section", {},
      element("h3", { textContent: title }),
      element("dl", {},
        ...keys.flatMap(([, key, text]) => [
          element("dt", {}, element("kbd", { textContent: key })),
          element("dd", { textContent: text }),
        ])),
    ),
  );
  dialog.querySelector(".groups").replaceChildren(...groups);
  dialog.querySelector(".close").onclick = () => dialog.close();
  dialog.onclick = (event) => {
    if (event.target === dialog) dialog.close(); // beside it
  };
}

export function toggleHelp(dialog) {
  if (dialog.open) dialog.close();
  else dialog.showModal();
}
