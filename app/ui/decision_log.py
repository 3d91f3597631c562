"""What readers decided about films that a model refused, in the record."""

from __future__ import annotations

from app.core.bundles.bundle import Bundle
from app.core.errors import Remedy
from app.core.record.decisions import Decision, DecisionStore
from app.core.scoring.second_look import AsDecided
from app.core.settings import read_settings
from app.ui import reader
from app.ui.cache import models


def store() -> DecisionStore:
    """The decisions in the record."""
    return models.decision_store(read_settings().database_url)


def second_look(bundle: Bundle) -> AsDecided:
    """How films are judged that this model refuses, as readers decided so far."""
    decided = store().latest(bundle.sha256)
    return AsDecided({name: (one.remedy, one.reason) for name, one in decided.items()})


def about(bundle: Bundle, judged_id: str) -> Decision | None:
    """The decision by which a film is judged; None if it was not refused.

    Args:
        bundle: The model.
        judged_id: Identity of the film as it is judged.
    """
    decided = store().latest(bundle.sha256, judged_id=judged_id)
    return next(iter(decided.values()), None)


def save(
    bundle: Bundle, image_id: str, *, judged_id: str, remedy: Remedy | None, reason: str
) -> None:
    """Saves a decision, with the name of whoever reads.

    Args:
        bundle: The model that refused the film.
        image_id: Identity of the film as it was refused.
        judged_id: Its identity as it is judged then.
        remedy: What is done to it first; None if nothing.
        reason: Why it is judged all the same; may be empty with a remedy.

    Raises:
        RecordError: If it could not be saved.
    """
    who = reader.current()
    store().record(
        image_id=image_id,
        judged_id=judged_id,
        bundle_sha256=bundle.sha256,
        remedy=remedy,
        reason=reason,
        reader=who.name if who else "",
        reader_id=who.id if who else None,
    )


def take_back(bundle: Bundle, judged_id: str) -> None:
    """Saves that a film is to stay refused.

    Args:
        bundle: The model that refused it.
        judged_id: Identity of the film as it is judged.

    Raises:
        RecordError: If it could not be saved.
    """
    who = reader.current()
    for image_id in store().latest(bundle.sha256, judged_id=judged_id):
        store().take_back(
            image_id=image_id,
            bundle_sha256=bundle.sha256,
            reader=who.name if who else "",
            reader_id=who.id if who else None,
        )
