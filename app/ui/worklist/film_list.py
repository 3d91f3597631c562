"""The list of a worklist's films, which draws itself from the reading routes."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from app.core.bundles.bundle import Bundle
from app.core.performance.formatting import probability_and_threshold
from app.core.review.film_filter import UNREAD
from app.core.review.worklist import STATUS_LABELS
from app.ui import elements

_mount = elements.define("overread_film_list", __file__)


def show_films(bundle: Bundle, *, worklist_id: str, token: str, hides_model: bool) -> int | None:
    """Draws the list and returns the position of the film that its reader opens, if any.

    Args:
        bundle: The model of the worklist.
        worklist_id: Part of its address.
        token: Of the reader's session in it.
        hides_model: Whether films are read before the model is shown, in their own order.
    """
    found = _mount(
        data={
            "worklist": worklist_id,
            "token": token,
            "settings": _settings(bundle, hides_model=hides_model),
        },
        key=_key(worklist_id),
        on_opened_change=lambda: None,
        on_asked_change=lambda: None,
    )
    return None if found.opened is None else int(found.opened)


def _key(worklist_id: str) -> str:
    """Of the component; Streamlit refuses a key with two underscores, which an id may have."""
    return f"films-{sha256(worklist_id.encode()).hexdigest()[:16]}"


def _probability_note(bundle: Bundle) -> str:
    task = bundle.manifest.task
    if task.any_of:
        return (
            "Calibrated probability of the finding that decides the status: the most probable one "
            "if any is positive, else the one nearest to its threshold. The line in the bar is the "
            "threshold."
        )
    if not task.binary:
        return (
            "Calibrated probability of the predicted class. The line in the bar is the threshold."
        )
    threshold = bundle.manifest.thresholds.decision
    _, text = probability_and_threshold(0.0, threshold)
    return (
        f"Calibrated probability of {task.display_name(task.classes[1])}. The line in the bar is "
        f"the threshold of {text}."
    )


def _settings(bundle: Bundle, *, hides_model: bool) -> dict[str, Any]:
    task = bundle.manifest.task
    names = {name: task.display_name(name) for name in task.classes}
    return {
        "probability": names[task.classes[1]] if task.binary else "Probability",
        "probability_note": _probability_note(bundle),
        "findings": [{"key": key, "text": text} for key, text in names.items()]
        if task.any_of
        else [],
        "words": {**STATUS_LABELS, **names, UNREAD: "Not read"},
        "usual": "in their own order" if hides_model else "most urgent first",
    }
