"""The verdicts on the images of a model: reads them from the record and saves them there."""

from __future__ import annotations

from dataclasses import replace

from app.core.bundles.bundle import Bundle
from app.core.images.reading import AS_STORED
from app.core.record.entry import Draft
from app.core.record.shown import shown
from app.core.record.verdict import Agreement, Verdict
from app.core.record.verdicts import VerdictStore
from app.core.review.cases import Case
from app.core.settings import read_settings
from app.ui import reader
from app.ui.cache import models


def current(bundle: Bundle) -> dict[str, Verdict]:
    """The reader's current verdict on each image by this model, by image id."""
    return store().latest(bundle.sha256, reader.name())


def on(bundle: Bundle, image_id: str) -> Verdict | None:
    """The reader's current verdict on one image; None if there is none.

    Args:
        bundle: The model whose prediction was assessed.
        image_id: Identity of the film.
    """
    found = store().latest(bundle.sha256, reader.name(), image_id=image_id)
    return found.get(image_id)


def store() -> VerdictStore:
    """The verdicts in the record."""
    return models.verdict_store(read_settings().database_url)


def save(
    bundle: Bundle, case: Case, *, agreement: Agreement | None = None, comment: str | None = None
) -> None:
    """Saves a verdict or a comment, with what was shown; the other one is unchanged.

    Nothing is saved if nothing changes: a comment field also reports when it loses focus, and a
    key may be pressed twice.

    Args:
        bundle: The model whose prediction was assessed.
        case: The film as it was shown.
        agreement: Whether the reader agrees; None leaves it unchanged.
        comment: The reader's comment; None leaves it unchanged, an empty text withdraws it.

    Raises:
        RecordError: If it could not be saved.
    """
    before = on(bundle, case.image_id)
    old = (before.agreement, before.comment) if before else (None, "")
    new = (agreement or old[0], old[1] if comment is None else comment.strip())
    if new == old:
        return
    verdict = replace(
        _shown(bundle, case), agreement=new[0], comment=new[1], reader=reader.name()
    )  # fmt: skip
    store().record(verdict)


def _shown(bundle: Bundle, case: Case) -> Draft:
    evidence = None
    if case.prediction is not None and case.evidence:
        evidence = case.evidence[case.prediction.class_index]
    return shown(
        bundle,
        case.image_id,
        prediction=case.prediction,
        evidence=evidence,
        reading=AS_STORED if case.film is None else case.film.chosen,
    )
