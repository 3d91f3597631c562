export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".viewer");
  if (root.film !== data.film_key) {
    root.film = data.film_key;
    root.place = { zoom: 1, x: 0, y: 0 };
  }
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", data.label);
  const [rows, columns] = data.shape;
  const wanted = data.beside ? 2 : 1;
  const panes = [...root.querySelectorAll(".pane")];
  while (panes.length < wanted) {
    const pane = document.createElement("div");
    pane.className = "pane";
    pane.append(document.createElement("img"), document.createElement("img"));
    root.insertBefore(pane, root.querySelector(".scale"));
    panes.push(pane);
  }
  while (panes.length > wanted) panes.pop().remove();
  panes.forEach((pane, index) => {
    const [film, layer] = pane.children;
    pane.style.flex = `0 1 ${(data.max_height * columns) / rows}px`;
    pane.style.aspectRatio = `${columns} / ${rows}`;
    if (film.src !== data.film) film.src = data.film;
    film.alt = data.label;
    layer.alt = "";
    const shown = data.layer && index === wanted - 1;
    layer.hidden = !shown;
    if (shown && layer.src !== data.layer) layer.src = data.layer;
    layer.style.opacity = data.opacity;
  });
  fillScale(root.querySelector(".scale"), data);

  const draw = () => {
    const { zoom, x, y } = root.place;
    for (const image of root.querySelectorAll(".pane img")) {
      image.style.transform = `translate(${x * 100}%, ${y * 100}%) scale(${zoom})`;
    }
  };
  // Positions are fractions of a pane, so both panes show the same region at any screen size.
  const move = (zoom, x, y) => {
    const bounded = Math.min(16, Math.max(1, zoom));
    const keep = (value) => Math.min(0, Math.max(1 - bounded, value));
    root.place = { zoom: bounded, x: keep(x), y: keep(y) };
    draw();
  };
  const zoomAt = (factor, px, py) => {
    const { zoom, x, y } = root.place;
    const next = Math.min(16, Math.max(1, zoom * factor));
    move(next, px - ((px - x) * next) / zoom, py - ((py - y) * next) / zoom);
  };
  for (const pane of panes) {
    pane.onwheel = (event) => {
      event.preventDefault();
      zoomAt(Math.exp(-event.deltaY / 400), ...fraction(event, pane));
    };
    pane.onpointerdown = (event) => {
      pane.setPointerCapture(event.pointerId);
      root.drag = { at: fraction(event, pane), from: root.place };
    };
    pane.onpointermove = (event) => {
      if (!root.drag) return;
      const [px, py] = fraction(event, pane), { at, from } = root.drag;
      move(from.zoom, from.x + px - at[0], from.y + py - at[1]);
    };
    pane.onpointerup = pane.onpointercancel = () => { root.drag = null; };
    pane.ondblclick = () => move(1, 0, 0);
  }
  root.onkeydown = (event) => {
    const { zoom, x, y } = root.place, step = 0.1;
    const actions = {
      "+": () => zoomAt(1.25, 0.5, 0.5), "=": () => zoomAt(1.25, 0.5, 0.5),
      "-": () => zoomAt(0.8, 0.5, 0.5), "0": () => move(1, 0, 0),
      ArrowLeft: () => move(zoom, x + step, y), ArrowRight: () => move(zoom, x - step, y),
      ArrowUp: () => move(zoom, x, y + step), ArrowDown: () => move(zoom, x, y - step),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  };
  draw();
}

// Where on a pane an event is, from 0 to 1 across and down.
function fraction(event, pane) {
  const box = pane.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

function fillScale(scale, data) {
  scale.className = data.layer ? "scale" : "scale off";
  scale.hidden = !data.with_scale;
  scale.querySelector(".title").textContent = data.title;
  scale.querySelector(".ramp").style.background = `linear-gradient(to top, ${data.ramp})`;
  scale.querySelector(".ticks").replaceChildren(...data.ticks.map((tick) => {
    const line = document.createElement("span");
    line.textContent = tick;
    return line;
  }));
}
