"""The film viewer: zoom and pan, the heatmap over or next to the film, and the colour bar.

It is a component because Streamlit rebuilds a chart whenever the opacity slider moves, which
would reset the zoom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.core.explanations.selection import Choice, Scale, describe_scale, format_evidence
from app.core.rendering.heatmaps import ANCHORS
from app.ui import elements

MAX_HEIGHT = 550

_mount = elements.define("overread_film", __file__)


@dataclass(frozen=True, slots=True)
class Picture:
    """A film as displayed.

    Attributes:
        url: URL of the image.
        shape: Height and width in pixels.
        film_key: Identifies the film; the zoom is reset when it changes.
        label: What is read out for it.
    """

    url: str
    shape: tuple[int, int]
    film_key: str
    label: str = "Film viewer"


@dataclass(frozen=True, slots=True)
class Heatmap:
    """The overlay of a film.

    Attributes:
        url: URL of its image, which is stretched over the whole film.
        choice: The explanation it shows.
        scale: Scale of the colour bar.
        highest: Highest evidence in the film, in the unit of the choice.
    """

    url: str
    choice: Choice
    scale: Scale
    highest: float


def show_film(
    film: Picture,
    heatmap: Heatmap | None = None,
    *,
    opacity: float = 0.0,
    beside: bool = False,
    note: str = "",
    with_scale: bool = True,
    key: str = "case_film",
) -> None:
    """Draws a film with its heatmap; wheel or `+` and `-` zoom, dragging or arrow keys pan.

    Args:
        film: The film, windowed.
        heatmap: The overlay; None to draw none.
        opacity: Opacity of the heatmap, in [0, 1].
        beside: Whether to show the film without overlay on the left.
        note: Caption if there is no heatmap.
        with_scale: Whether there is room for a colour bar, with or without a heatmap.
        key: Of the viewer, of which a page may have several.
    """
    data: dict[str, Any] = {
        "film": film.url,
        "layer": None,
        "film_key": film.film_key,
        "shape": film.shape,
        "opacity": opacity,
        "beside": beside,
        "max_height": MAX_HEIGHT,
        "label": film.label,
        "with_scale": with_scale,
        "title": "",
        "ramp": ", ".join(f"rgb{colour} {fraction:.0%}" for fraction, colour in ANCHORS),
        "ticks": [],
    }
    if heatmap is not None:
        data |= {
            "layer": heatmap.url,
            "title": f"Evidence ({heatmap.choice.unit})",
            "ticks": [
                format_evidence(heatmap.scale.top * fraction)
                for fraction in (0, 0.25, 0.5, 0.75, 1)
            ],
        }
        note = _caption(heatmap)
    _mount(data=data, key=key)
    st.caption(note)


def _caption(heatmap: Heatmap) -> str:
    """Explanation, scale and, where most of the scale may be unused, how far this film reaches."""
    unit = heatmap.choice.unit
    parts = [f"{heatmap.choice.description}."]
    if heatmap.scale.is_shared:
        parts.append(f"Highest in this film: {format_evidence(heatmap.highest)} {unit}.")
    return " ".join([*parts, describe_scale(heatmap.scale, unit)])
