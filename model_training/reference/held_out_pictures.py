"""Adds small pictures of held-out films to a reference: of misclassified ones and of the sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from app.core.bundles.manifest import Manifest
from app.core.errors import ImageError
from app.core.images.reading import ReadOptions
from app.core.performance.classifications import misclassified
from app.core.performance.predictions import select
from app.core.progress import progress
from model_training.reference.build import Built
from model_training.reference.contradictions import questions
from model_training.reference.known_cases import KnownCase
from model_training.reference.small_pictures import small_pixels, within_size
from model_training.reference.views import read_film

# More would leave too little of `small_pictures.MOST_BYTES` for each.
MOST = 1_000


def with_pictures(
    built: Built,
    cases: Sequence[KnownCase],
    manifest: Manifest,
    predictions: pd.DataFrame,
    *,
    reading: ReadOptions,
) -> Built:
    """The reference with the pictures that the licence of the data allows to be shipped.

    Args:
        built: The reference.
        cases: The films at hand; of others there is no picture, nor of those that cannot be read.
        manifest: That of the bundle, for its task, its thresholds and what it reads.
        predictions: The predictions table of the bundle.
        reading: How the films were read.
    """
    at_hand = {one.image_id: one.case for one in cases}
    wanted = to_be_shown(manifest, predictions, sample=built.image_ids)
    found = {}
    for image_id in progress(wanted, title="making pictures", unit="film"):
        if image_id in at_hand:
            try:
                film = read_film(at_hand[image_id], manifest.input, reading)
            except ImageError:
                continue
            found[image_id] = small_pixels(film)
    return replace(built, pictures=within_size(found))


def to_be_shown(
    manifest: Manifest, predictions: pd.DataFrame, *, sample: Sequence[str], most: int = MOST
) -> list[str]:
    """The films of which a bundle ships pictures, those first that are missed most.

    They are the misclassified test films, most confident errors first, then the films that others
    are compared with, then the misclassified validation films.

    Args:
        manifest: Task and thresholds.
        predictions: The predictions table of the bundle.
        sample: SHA-256 of the films that others are compared with.
        most: How many are shipped.
    """
    wrong = {split: _misclassified(manifest, predictions, split) for split in ("test", "val")}
    return list(dict.fromkeys([*wrong["test"], *sample, *wrong["val"]]))[:most]


def _misclassified(manifest: Manifest, predictions: pd.DataFrame, split: str) -> list[str]:
    """SHA-256 of the films, most confident errors first, of all findings."""
    films = [
        film
        for asked, table in questions(manifest, predictions)
        for film in misclassified(
            select(table, asked.task, split=split),
            threshold=asked.thresholds.decision if asked.task.binary else None,
        )
    ]
    return [film.image_id for film in sorted(films, key=lambda one: one.true_class_probability)]
