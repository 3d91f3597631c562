"""What a reader draws on a film: checked before it is stored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

# Number of points of each, at least and at most; those of a freehand line are thinned to fit.
KINDS = {
    "rectangle": (2, 2),
    "ellipse": (2, 2),
    "line": (2, 2),
    "arrow": (2, 2),
    "freehand": (2, 2000),
}
MAX_REGIONS = 100
_MAX_LABEL = 200
# Films have fewer rows and columns.
_MAX_PIXELS = 1_000_000


def checked_regions(regions: Any) -> tuple[dict[str, Any], ...]:
    """Regions as they are stored, from what a browser sent.

    Args:
        regions: A list of `{"kind": …, "points": [[x, y], …], "label": …}`, in pixels of the film
            from its upper left corner; a point may lie outside of the film.

    Returns:
        Each with these keys alone, its points rounded to a tenth of a pixel.

    Raises:
        ValueError: If they are not; says what was received.
    """
    if not isinstance(regions, Sequence) or isinstance(regions, str):
        raise ValueError(f"`regions` must be a list. Received {type(regions).__name__}.")
    if len(regions) > MAX_REGIONS:
        raise ValueError(f"A film has at most {MAX_REGIONS} regions. Received {len(regions)}.")
    return tuple(_checked(region) for region in regions)


def _checked(region: Any) -> dict[str, Any]:
    if not isinstance(region, Mapping) or region.get("kind") not in KINDS:
        raise ValueError(f"A region must be one of {', '.join(KINDS)}. Received something else.")
    kind, points, label = region["kind"], region.get("points"), region.get("label") or ""
    fewest, most = KINDS[kind]
    if not isinstance(points, Sequence) or not fewest <= len(points) <= most:
        count = len(points) if isinstance(points, Sequence) else 0
        raise ValueError(
            f"A region of kind {kind} has {fewest} to {most} points. Received {count}."
        )
    if not isinstance(label, str) or len(label) > _MAX_LABEL:
        raise ValueError(f"The label of a region is a text of up to {_MAX_LABEL} characters.")
    return {"kind": kind, "points": [_point(point) for point in points], "label": label}


def _point(point: Any) -> list[float]:
    is_pair = isinstance(point, Sequence) and len(point) == 2
    if not is_pair or not all(_is_coordinate(value) for value in point):
        raise ValueError("A point of a region must be two numbers of pixels.")
    return [round(float(value), 1) for value in point]


def _is_coordinate(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and abs(value) <= _MAX_PIXELS
