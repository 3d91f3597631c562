// The columns of the list: those that hold something and for which there is room.

// `least` is the width in pixels from which a column is shown, `width` its part of the row.
const COLUMNS = [
  { name: "picture", heading: "Film", width: "56px", least: 0 },
  { name: "name", heading: "Name", width: "minmax(170px, 2fr)", least: 0, sorts: true },
  { name: "status", heading: "Status", width: "116px", least: 0, sorts: true },
  { name: "probability", heading: "Probability", width: "148px", least: 560, sorts: true },
  { name: "prediction", heading: "Prediction", width: "minmax(96px, 1fr)", least: 640, sorts: true },
  { name: "verdict", heading: "Verdict", width: "104px", least: 420, sorts: true },
  { name: "reader", heading: "Reader", width: "minmax(80px, 0.7fr)", least: 980, sorts: true },
  { name: "tags", heading: "Tags", width: "minmax(80px, 0.8fr)", least: 900, sorts: true },
  { name: "reason", heading: "Reason", width: "minmax(120px, 1.8fr)", least: 760, sorts: true },
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
  return name === "prediction" && findings.length ? { width: "minmax(150px, 2fr)" } : {};
}
