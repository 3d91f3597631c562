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

from app.core.rendering import heatmaps
from app.core.rendering.feature_maps import Sheet
from app.ui import elements, errors
from app.ui.state import widgets

# Percent of the width for each pixel of `size`, so that tiles grow on a projector.
_WIDTH_PERCENT = {"grid": 0.19, "strip": 0.1}

_mount = elements.define("overread_tiles", __file__)


@dataclass(frozen=True, slots=True)
class Tile:
    """One image of the sheet, in the sheet's order.

    Attributes:
        key: Reported when it is selected.
        label: First line under the image.
        note: Second, less prominent line; may be empty.
        hint: Full description, for the tooltip and screen readers. It contains the label and the
            note, as people who speak to their computer say what they see.
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
        "widthPercent": size * _WIDTH_PERCENT[layout],
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
    picked = widgets.value_of(key).get("picked")
    if picked is not None:
        choose(picked)
