// Streamlit sends what was typed into a field a moment after the field is left, but a change of page
// at once. The text then arrives last, from the page that was left, and takes the reader back to it.
// So a link that is clicked within that moment is followed after it.
const MOMENT = 200; // milliseconds

export default function () {
  if (document.body.dataset.waitsForFields) return;
  document.body.dataset.waitsForFields = "yes";
  let left = -Infinity;
  document.addEventListener(
    "focusout",
    (event) => {
      if (event.target.matches("input, textarea")) left = performance.now();
    },
    true,
  );
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest("a[href]");
      if (!link || performance.now() - left > MOMENT) return;
      left = -Infinity;
      event.preventDefault();
      event.stopImmediatePropagation();
      setTimeout(() => link.click(), MOMENT);
    },
    true,
  );
}
