// The order of the films on the screen of the worklist, which Next and Previous follow.

const keyOf = (worklist) => `overread.order.${worklist}`;

// `order` is what the worklist was sorted and filtered by, with the `items` that came of it.
export function keepOrder(worklist, order) {
  try {
    sessionStorage.setItem(keyOf(worklist), JSON.stringify(order));
  } catch {
    // A full or forbidden store: the viewer then asks for the order anew.
  }
}

export function keptOrder(worklist) {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(worklist)));
  } catch {
    return null;
  }
}

const openedKeyOf = (worklist) => `overread.opened.${worklist}`;

// The film that was read last, which the list marks. Kept apart, as it changes at every step.
export function keepOpened(worklist, item) {
  try {
    sessionStorage.setItem(openedKeyOf(worklist), String(item));
  } catch {
    // A full or forbidden store: the list then starts at its top.
  }
}

export function keptOpened(worklist) {
  const kept = sessionStorage.getItem(openedKeyOf(worklist));
  return kept === null ? null : Number(kept);
}
