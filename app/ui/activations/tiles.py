"""A component of many small labelled images; click, Enter or Space selects one.

The images are sent as one sheet and cut apart in the browser, so 256 channels are one Streamlit
element and one image.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import streamlit as st

from app.core.rendering import heatmaps
from app.core.rendering.feature_maps import Sheet
from app.ui import errors

# Percent of the width for each pixel of `size`, so that tiles grow on a projector.
_SHARE = {"grid": 0.19, "strip": 0.1}

_CSS = """
:host { display: block; container-type: inline-size; }
.tiles { color: var(--st-text-color); font-family: var(--st-font); }
.tiles.grid {
  display: grid; gap: 8px; padding: 3px; overflow-y: auto;
  /* The space left on the screen below the strip and the controls. */
  max-height: max(340px, calc(100vh - 560px));
  grid-template-columns: repeat(auto-fill, minmax(max(var(--tile-size), var(--tile-share)), 1fr));
}
.tiles.strip { display: flex; gap: 8px; overflow-x: auto; align-items: stretch; }
.tiles.strip button {
  flex: 0 0 max(var(--tile-size), var(--tile-share)); padding: 3px 0;
}
.tiles.strip button:first-child { margin-left: 3px; }
.tiles.strip button.pinned {
  position: sticky; right: 0; padding: 3px 3px 3px 11px; background: var(--st-background-color);
  border-left: 1px solid var(--st-border-color);
  flex-basis: calc(max(var(--tile-size), var(--tile-share)) + 15px); border-radius: 0;
}
button {
  all: unset; box-sizing: border-box; cursor: pointer; min-width: 0; line-height: 1.25;
  border-radius: 3px; font-size: 12px;
}
canvas {
  display: block; width: 100%; image-rendering: pixelated; border-radius: 2px;
  outline: 1px solid var(--st-border-color);
}
button:hover canvas { outline: 2px solid var(--st-text-color); }
button:focus-visible canvas { outline: 3px solid var(--st-text-color); }
button[aria-pressed="true"] canvas { outline: 3px solid var(--st-primary-color); }
button[aria-pressed="true"] .label { font-weight: 700; color: var(--st-primary-color); }
span { display: block; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.label { margin-top: 4px; }
.note { opacity: 0.72; font-size: 11px; }
"""

_JS = """
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
    root.style.setProperty("--tile-share", `${data.share}cqi`);
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
    button.append(line);
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
"""

_mount = st.components.v2.component(
    "overread_tiles", html='<div class="tiles"></div>', css=_CSS, js=_JS
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One image of the sheet, in the sheet's order.

    Attributes:
        key: Reported when it is selected.
        label: First line under the image.
        note: Second, less prominent line; may be empty.
        hint: Full description, for the tooltip and screen readers.
        pinned: Whether it stays visible at the end of a scrolling strip.
    """

    key: str
    label: str
    note: str
    hint: str
    pinned: bool = False


def show_tiles(
    sheet: Sheet,
    tiles: Sequence[Tile],
    *,
    layout: Literal["grid", "strip"],
    size: int,
    selected: str,
    label: str,
    key: str,
    choose: Callable[[str], None],
) -> None:
    """Draws the tiles and calls `choose` with the key of the selected one.

    Args:
        sheet: The images.
        tiles: Labels of the images, in the same order.
        layout: `grid` wraps and scrolls vertically, `strip` scrolls horizontally.
        size: Minimum width of a tile in pixels; tiles are wider on wide screens.
        selected: Key of the highlighted tile.
        label: Description of the tiles for screen readers.
        key: Streamlit key of the component.
        choose: Called before the page is rerun.
    """
    png = base64.b64encode(heatmaps.png(sheet.picture)).decode()
    data = {
        "sheet": f"data:image/png;base64,{png}",
        "columns": sheet.columns,
        "tile": sheet.tile,
        "tiles": [_as_dict(tile) for tile in tiles],
        "layout": layout,
        "size": size,
        "share": size * _SHARE[layout],
        "selected": selected,
        "label": label,
    }
    _mount(data=data, key=key, on_picked_change=errors.callback(partial(_report, key, choose)))


def _as_dict(tile: Tile) -> dict[str, Any]:
    return {
        "key": tile.key,
        "label": tile.label,
        "note": tile.note,
        "hint": tile.hint,
        "pinned": tile.pinned,
    }


def _report(key: str, choose: Callable[[str], None]) -> None:
    picked = st.session_state[key].get("picked")
    if picked is not None:
        choose(picked)
