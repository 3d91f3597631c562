"""The viewer: film, heatmap, verdict and keys in the browser, which asks the routes itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.ui import elements

_mount = elements.define("overread_viewer", __file__)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the viewer needs from the page to read a worklist.

    Attributes:
        token: Of the reader's session with the routes.
        worklist: Identifies the worklist, as in its address.
        classes: Label and display name of each class, in the model's order.
        tags: What a reader may tag a film with.
    """

    token: str
    worklist: str
    classes: Sequence[tuple[str, str]]
    tags: Sequence[str]


def read_films(
    reading: Reading,
    *,
    addressed: int | None,
    version: int,
) -> int | None:
    """Draws the viewer and returns the film on which the reader came to rest.

    It begins with the film in the address, else with the first.

    Args:
        reading: What is read, by whom.
        addressed: The film in the address; of this one the page need not be told.
        version: Of the worklist; the open film is described anew when it grows.

    Returns:
        Number of the film in its worklist; None until another than the addressed one is open.
    """
    data: dict[str, Any] = {
        "token": reading.token,
        "worklist": reading.worklist,
        "classes": [{"label": label, "text": text} for label, text in reading.classes],
        "tags": list(reading.tags),
        "addressed": addressed,
        "version": version,
    }
    result = _mount(
        data=data,
        key="viewer",
        on_item_change=lambda: None,
        on_judged_change=lambda: None,  # a refused film was, or is no more
    )
    opened: int | None = result.item
    return opened
