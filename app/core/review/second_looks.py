"""What a reader decides about a film that the model refuses: judged after all, or left refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.core.errors import OverreadError, Remedy
from app.core.images.reading import ReadOptions
from app.core.record.decisions import Decision, DecisionStore
from app.core.record.readers import Reader
from app.core.review.open_worklist import OpenWorklist
from app.core.scoring.result import Result


class NotReadAgainError(OverreadError):
    """The file of a film that was to be judged can no longer be read."""


def judge(
    opened: OpenWorklist,
    item: int,
    refused: Result,
    *,
    decisions: DecisionStore,
    reader: Reader | None,
    remedy: Remedy | None = None,
    reason: str = "",
) -> None:
    """Judges a refused film as decided, and keeps the decision before the result is shown.

    Args:
        opened: Its worklist.
        item: Its position there.
        refused: What the model said of it.
        decisions: Where it is kept.
        reader: Who decides; None where nobody is named.
        remedy: What is done to it first; None leaves it as it was read.
        reason: Why it is judged all the same; may be empty with a remedy.

    Raises:
        OverreadError: If it cannot be judged or kept; nothing is changed then.
    """
    reading = replace(
        refused.source.reading,
        remedy=remedy or refused.source.reading.remedy,
        override=reason,
    )
    result = _judged(opened, item, reading)
    decisions.record(
        image_id=refused.image_id,
        judged_id=result.image_id,
        bundle_sha256=opened.bundle.sha256,
        remedy=reading.remedy,
        reason=reason,
        reader=reader.name if reader else "",
        reader_id=reader.id if reader else None,
    )
    opened.replace(item, result)


def leave_refused(
    opened: OpenWorklist,
    item: int,
    judged: Result,
    *,
    decisions: DecisionStore,
    reader: Reader | None,
) -> None:
    """Takes the last decision about a film back; the record keeps both.

    Args:
        opened: Its worklist.
        item: Its position there.
        judged: What the model said of it as decided.
        decisions: Where it is kept.
        reader: Who takes it back; None where nobody is named.

    Raises:
        OverreadError: If it cannot be judged or kept; nothing is changed then.
    """
    reading = judged.source.reading
    before = replace(reading, override="") if reading.override else replace(reading, remedy=None)
    result = _judged(opened, item, before)
    digest = opened.bundle.sha256
    for image_id in decisions.latest(digest, judged_id=judged.image_id):
        decisions.take_back(
            image_id=image_id,
            bundle_sha256=digest,
            reader=reader.name if reader else "",
            reader_id=reader.id if reader else None,
        )
    opened.replace(item, result)


def correctable(opened: OpenWorklist) -> dict[int, Result]:
    """The refused films for which a remedy is certain, by their positions.

    Args:
        opened: The worklist.
    """
    return _films(opened, lambda one: one.status == "refused" and one.remedy is not None)


def corrected(opened: OpenWorklist) -> dict[int, Result]:
    """The films that are judged with a remedy and no other reason, by their positions.

    Args:
        opened: The worklist.
    """
    return _films(opened, lambda one: one.chosen.remedy is not None and not one.chosen.override)


def decision_about(
    opened: OpenWorklist, result: Result, decisions: DecisionStore
) -> Decision | None:
    """The decision by which a film is judged; None if it was not refused.

    Args:
        opened: Its worklist.
        result: What the model says of it now.
        decisions: Where it is kept.

    Raises:
        RecordError: If the record cannot be read.
    """
    if not result.source.reading.is_second_look:
        return None
    found = decisions.latest(opened.bundle.sha256, judged_id=result.image_id)
    return next(iter(found.values()), None)


def _judged(opened: OpenWorklist, item: int, reading: ReadOptions) -> Result:
    result = opened.judge_again(item, reading)
    if not result.image_id:  # the file is gone since
        raise NotReadAgainError(result.reason)
    return result


def _films(opened: OpenWorklist, holds: Callable[[Result], bool]) -> dict[int, Result]:
    found = enumerate(opened.results())
    return {item: one for item, one in found if one is not None and holds(one)}
