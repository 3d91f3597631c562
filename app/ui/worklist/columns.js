// The columns of the list: those that hold something and for which there is room.

// `width` is its part of the row. From `least` pixels a column is shown: then it fits with all that
// are shown at less, at their narrowest and with the gaps between them.
const COLUMNS = [
  { name: "picture", heading: "Film", width: "52px", least: 0 },
  { name: "name", heading: "Name", width: "minmax(110px, 1.3fr)", least: 0, sorts: true },
  { name: "status", heading: "Status", width: "108px", least: 0, sorts: true },
  { name: "probability", heading: "Probability", width: "140px", least: 610, sorts: true },
  { name: "prediction", heading: "Prediction", width: "minmax(96px, 0.5fr)", least: 720, sorts: true },
  { name: "verdict", heading: "Verdict", width: "96px", least: 460, sorts: true },
  { name: "reader", heading: "Reader", width: "minmax(80px, 0.7fr)", least: 1030, sorts: true },
  { name: "tags", heading: "Tags", width: "minmax(80px, 0.8fr)", least: 940, sorts: true },
  { name: "reason", heading: "Reason", width: "minmax(120px, 2.4fr)", least: 850, sorts: true },
  { name: "more", heading: "", width: "36px", least: 0 },
];

// `counts` are those of the filters, `settings` what the page knows of the model.
export function columnsFor(width, counts, settings) {
  const isEmpty = {
    reader: !counts?.readers.length,
    tags: !counts?.tags.length,
    prediction: !counts?.predictions.length,
    probability: !counts?.predictions.length,
  };
  const shown = COLUMNS.filter((one) => width >= one.least && !isEmpty[one.name]);
  return shown.map((one) => Object.assign({}, one, ownOf(one.name, settings)));
}

// What depends on the model: whose probability it is, and the room that several findings need.
function ownOf(name, { probability, probability_note: note, findings }) {
  if (name === "probability") return { heading: probability, note };
  return name === "prediction" && findings.length ? { width: "minmax(96px, 2fr)" } : {};
}
