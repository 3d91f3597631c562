// One film of the list: as a row of cells, or as a tile with a larger picture.

const END_OF_NAME = 9; // characters, with number and extension, that a long name keeps

export function made(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export function fillCells(place, columns, row, picture) {
  while (place.children.length > columns.length) place.lastChild.remove();
  columns.forEach(({ name }, index) => {
    let cell = place.children[index];
    if (cell?.dataset.column !== name) {
      const fresh = made("div", `cell ${name}`);
      fresh.dataset.column = name;
      fresh.setAttribute("role", "gridcell");
      fresh.setAttribute("aria-colindex", index + 1);
      if (cell) cell.replaceWith(fresh);
      else place.append(fresh);
      cell = fresh;
    }
    FILL[name](cell, row, picture);
  });
}

export function fillTile(tile, row, picture) {
  if (!tile.children.length) {
    tile.append(made("div", "picture"), made("div", "name"), made("div", "status"));
    tile.append(made("div", "probability"), made("div", "verdict"));
  }
  const [image, name, status, probability, verdict] = tile.children;
  fillPicture(image, row, picture);
  fillName(name, row, picture, true);
  fillText(status, row?.status_word ?? "", row?.status);
  fillProbability(probability, row);
  fillText(verdict, row?.verdict ?? "");
}

const FILL = {
  picture: fillPicture,
  name: fillName,
  status: (cell, row) => fillText(cell, row?.status_word ?? "", row?.status),
  probability: fillProbability,
  prediction: (cell, row) => fillText(cell, row ? row.beside || row.prediction : ""),
  verdict: (cell, row) => fillText(cell, row?.verdict ?? ""),
  reader: (cell, row) => fillText(cell, row?.reader ?? ""),
  tags: (cell, row) => fillText(cell, row?.tags.join(", ") ?? ""),
  reason: (cell, row) => fillText(cell, row?.reason ?? ""),
  more: fillMore,
};

function fillText(cell, text, status = "") {
  if (cell.firstChild?.data !== text) cell.textContent = text;
  if (cell.title !== text) cell.title = text;
  if ((cell.dataset.status ?? "") !== status) cell.dataset.status = status;
}

export function fillPicture(cell, row, picture) {
  if (!cell.firstChild) cell.append(Object.assign(made("img"), { alt: "" }));
  const image = cell.firstChild;
  cell.dataset.of = row?.thumbnail ?? "";
  const address = picture ?? "";
  if (image.dataset.address === address) return;
  image.dataset.address = address;
  image.hidden = !address;
  if (address) image.src = address;
}

// The middle is left out where it is long, as what tells names apart is mostly at their end.
function fillName(cell, row, _picture, isTile = false) {
  if (!cell.children.length) {
    const file = made("span", "file");
    file.setAttribute("aria-hidden", "true"); // the name is spoken in one piece
    file.append(made("span", "start"), made("span", "end"));
    cell.append(made("span", "spoken"), file, made("span", "folder"));
  }
  const [spoken, file, folder] = cell.children;
  const name = row?.name ?? "";
  const whole = row?.folder ? `${row.folder}/${name}` : name;
  if (cell.title === whole && spoken.textContent === name) return;
  cell.title = whole;
  spoken.textContent = name;
  file.firstChild.textContent = name.slice(0, -END_OF_NAME);
  file.lastChild.textContent = name.slice(-END_OF_NAME);
  folder.textContent = row?.folder ?? "";
  folder.hidden = isTile || !row?.folder;
}

function fillProbability(cell, row) {
  if (!cell.children.length) {
    const bar = made("span", "bar");
    bar.append(made("span", "filled"), made("span", "threshold"));
    cell.append(bar, made("span", "number"), made("span", "spoken"));
  }
  const [bar, number, spoken] = cell.children;
  const has = row?.probability !== null && row?.probability !== undefined;
  bar.hidden = !has;
  number.textContent = row?.probability_text ?? "";
  spoken.textContent = has ? ofThreshold(row) : "";
  cell.title = has ? row.probability_text + ofThreshold(row) : "";
  if (!has) return;
  bar.firstChild.style.width = `${100 * row.probability}%`;
  bar.lastChild.hidden = row.threshold === null;
  bar.lastChild.style.left = `${100 * row.threshold}%`;
}

// With more than two classes there is none.
function ofThreshold({ threshold_text: text }) {
  return text && `, threshold ${text}`;
}

function fillMore(cell, row) {
  let button = cell.firstChild;
  if (!button) {
    button = made("button", "expand", "⌄");
    button.type = "button";
    button.tabIndex = -1; // the arrow keys of the list do the same
    cell.append(button);
  }
  button.setAttribute("aria-label", row ? `Details of ${row.name}` : "Details");
}

// Everything of a film in full.
export function details(row) {
  const list = made("dl");
  const facts = [
    ["Name", row.folder ? `${row.folder}/${row.name}` : row.name],
    ["Probability", row.probability_text && row.probability_text + ofThreshold(row)],
    ["Prediction", row.prediction],
    ["All findings", row.beside],
    ["Verdict", [row.verdict, row.reader].filter(Boolean).join(", ")],
    ["Tags", row.tags.join(", ")],
    ["Reason", row.reason],
  ];
  for (const [term, text] of facts) {
    if (!text) continue;
    const line = made("div");
    line.append(made("dt", "", term), made("dd", "", text));
    list.append(line);
  }
  return list;
}
