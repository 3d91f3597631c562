"""The film viewer: zoom and pan, the heatmap over or next to the film, and the colour bar.

It is a component because Streamlit rebuilds a chart whenever the opacity slider moves, which
would reset the zoom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.core.explanations.selection import Choice, Scale, amount, scale_words
from app.core.rendering.heatmaps import ANCHORS

MAX_HEIGHT = 550

_CSS = """
:host { display: block; }
.viewer {
  display: flex; gap: 8px; align-items: stretch; outline: none;
  color: var(--st-text-color); font: 12px var(--st-font);
}
.pane {
  position: relative; overflow: hidden; min-width: 0; background: #000; cursor: grab;
  touch-action: none;
}
.viewer:focus-visible .pane { outline: 2px solid var(--st-primary-color); }
.pane img {
  position: absolute; inset: 0; width: 100%; height: 100%; transform-origin: 0 0;
  user-select: none; pointer-events: none;
}
.scale { display: flex; flex-direction: column; gap: 4px; width: 72px; }
.scale.off { visibility: hidden; }
.bar { display: flex; flex: 1; gap: 6px; min-height: 80px; }
.ramp { width: 12px; border-radius: 2px; }
.ticks { display: flex; flex-direction: column-reverse; justify-content: space-between; }
"""

_JS = """
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
  let panes = [...root.querySelectorAll(".pane")];
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
  const fraction = (event, pane) => {
    const box = pane.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
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

function fillScale(scale, data) {
  scale.className = data.layer ? "scale" : "scale off";
  scale.querySelector(".title").textContent = data.title;
  scale.querySelector(".ramp").style.background = `linear-gradient(to top, ${data.ramp})`;
  scale.querySelector(".ticks").replaceChildren(...data.ticks.map((tick) => {
    const line = document.createElement("span");
    line.textContent = tick;
    return line;
  }));
}
"""

_HTML = (
    '<div class="viewer"><div class="scale"><span class="title"></span>'
    '<div class="bar"><div class="ramp"></div><div class="ticks"></div></div></div></div>'
)

_mount = st.components.v2.component("overread_film", html=_HTML, css=_CSS, js=_JS)


@dataclass(frozen=True, slots=True)
class Picture:
    """A film as displayed.

    Attributes:
        url: URL of the image.
        shape: Height and width in pixels.
        film_key: Identifies the film; the zoom is reset when it changes.
    """

    url: str
    shape: tuple[int, int]
    film_key: str


@dataclass(frozen=True, slots=True)
class Heatmap:
    """The overlay of a film.

    Attributes:
        url: URL of its image, which is stretched over the whole film.
        choice: The explanation it shows.
        scale: Scale of the colour bar.
    """

    url: str
    choice: Choice
    scale: Scale


def show_film(
    film: Picture, heatmap: Heatmap | None, *, opacity: float, beside: bool, note: str = ""
) -> None:
    """Draws a film with its heatmap; wheel or `+` and `-` zoom, dragging or arrow keys pan.

    Args:
        film: The film, windowed.
        heatmap: The overlay; None to draw none.
        opacity: Opacity of the heatmap, in [0, 1].
        beside: Whether to show the film without overlay on the left.
        note: Caption if there is no heatmap.
    """
    data: dict[str, Any] = {
        "film": film.url,
        "layer": None,
        "film_key": film.film_key,
        "shape": film.shape,
        "opacity": opacity,
        "beside": beside,
        "max_height": MAX_HEIGHT,
        "label": "Film viewer",
        "title": "",
        "ramp": ", ".join(f"rgb{colour} {fraction:.0%}" for fraction, colour in ANCHORS),
        "ticks": [],
    }
    if heatmap is not None:
        data |= {
            "layer": heatmap.url,
            "title": f"Evidence ({heatmap.choice.unit})",
            "ticks": [amount(heatmap.scale.top * fraction) for fraction in (0, 0.25, 0.5, 0.75, 1)],
        }
        note = f"{heatmap.choice.words}. {scale_words(heatmap.scale, heatmap.choice.unit)}"
    _mount(data=data, key="case_film")
    st.caption(note)
