// Streamlit sends what was typed into a field a moment after the field is left, but a change of page
// at once. The text then arrives last, from the page that was left, and takes the reader back to it.
// So a link that is clicked within that moment is followed after it, and once more if a slow machine
// took the reader back all the same.
const MOMENT = 200; // milliseconds
const SETTLED = 2000;

export default function () {
  if (document.body.dataset.framed) return;
  document.body.dataset.framed = "yes";
  followLinksAfterFields();
}

function followLinksAfterFields() {
  let left = -Infinity;
  let wanted = null; // address that the reader last asked for
  document.addEventListener(
    "focusout",
    (event) => {
      if (event.target.matches("input, textarea")) left = performance.now();
    },
    true,
  );
  document.addEventListener("keydown", () => (wanted = null), true);
  document.addEventListener(
    "click",
    (event) => {
      if (!event.isTrusted) return;
      wanted = null;
      const link = event.target.closest("a[href]");
      if (!link || performance.now() - left > MOMENT) return;
      left = -Infinity;
      event.preventDefault();
      event.stopImmediatePropagation();
      const address = (wanted = link.href);
      const follow = () => {
        if (wanted === address) linkTo(address)?.click();
      };
      setTimeout(follow, MOMENT);
      setTimeout(() => {
        if (new URL(address).pathname !== location.pathname) follow();
      }, SETTLED);
    },
    true,
  );
}

// Looked up when it is followed: a rerun in between may have replaced the links.
function linkTo(address) {
  return [...document.links].find((link) => link.href === address);
}
