export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".tiles");
  root.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) setTriggerValue("picked", button.dataset.key);
  };
  const mark = () => {
    for (const button of root.children) {
      const pressed = button.dataset.key === data.selected;
      button.setAttribute("aria-pressed", pressed);
      if (pressed) reveal(root, button);
    }
  };
  const content = JSON.stringify([data.sheet, data.tiles]);
  if (root.content === content) {
    mark();
    return;
  }
  root.content = content;
  const image = new Image();
  image.src = data.sheet;
  image.decode().then(() => {
    if (root.content !== content) return;
    root.className = `tiles ${data.layout}`;
    root.style.setProperty("--tile-size", `${data.size}px`);
    root.style.setProperty("--tile-width", `${data.widthPercent}cqi`);
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", data.label);
    root.replaceChildren(...data.tiles.map((tile, index) => build(tile, index, image, data)));
    mark();
  });
}

function build(tile, index, image, data) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.key = tile.key;
  button.title = tile.hint;
  button.setAttribute("aria-label", tile.hint);
  button.classList.toggle("pinned", tile.pinned);
  const [height, width] = data.tile;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const left = (index % data.columns) * width;
  const top = Math.floor(index / data.columns) * height;
  canvas.getContext("2d").drawImage(image, left, top, width, height, 0, 0, width, height);
  button.append(canvas);
  for (const name of ["label", "note"]) {
    if (!tile[name]) continue;
    const line = document.createElement("span");
    line.className = name;
    line.textContent = tile[name];
    button.append(line, " "); // a space, so that the lines are not read as one word
  }
  return button;
}

// Scrolls only the tiles; scrollIntoView would scroll the whole page.
function reveal(root, button) {
  if (button.classList.contains("pinned")) {
    root.scrollLeft = root.scrollWidth;
    return;
  }
  const tiles = root.getBoundingClientRect(), one = button.getBoundingClientRect();
  const left = one.left - tiles.left, top = one.top - tiles.top;
  if (left < 0 || left + 2 * one.width > tiles.width) {
    root.scrollLeft += left - (tiles.width - one.width) / 2;
  }
  if (top < 0 || top + one.height > tiles.height) {
    root.scrollTop += top - (tiles.height - one.height) / 2;
  }
}
