"""Computes again what a reader was shown, and compares it with what the record says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.core.bundles.adaptation import ADAPTATION
from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.bundle_folders import find_bundles
from app.core.bundles.manifest import MANIFEST
from app.core.errors import ImageError, OverreadError
from app.core.images.preparation import PIPELINE_VERSION, Prepared, prepare
from app.core.images.reading import ReadOptions
from app.core.record.entry import Entry
from app.core.record.shown import heatmap_digest, reading_of, versions
from app.core.scoring.engine import Engine
from app.core.scoring.own_threshold import bundle_at
from app.core.sources.source import Source

# Another machine, library or batch may change the last digits of a probability.
TOLERANCE = 1e-3


class ReplayError(OverreadError):
    """A result that cannot be computed again."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A result computed again, beside what the record says.

    Attributes:
        entry: The entry.
        file: Name of the file that was read again.
        prediction: The class that is predicted now.
        probability: The probability now, in [0, 1].
        threshold: The decision threshold now, in [0, 1].
        is_same_heatmap: Whether the heatmap is the same to the last bit; None if none was shown.
        pipeline: The version of the preprocessing now.
        changed_versions: Packages whose version is another now, with then and now.
    """

    entry: Entry
    file: str
    prediction: str
    probability: float
    threshold: float
    is_same_heatmap: bool | None
    pipeline: int
    changed_versions: dict[str, tuple[str, str]]

    @property
    def difference(self) -> float:
        """How far the probability is from the one that was shown."""
        return abs(self.probability - (self.entry.probability or 0.0))

    @property
    def is_same(self) -> bool:
        """Whether prediction and threshold are the same, and the probability within `TOLERANCE`."""
        return (
            self.prediction == self.entry.prediction
            and self.threshold == self.entry.threshold
            and self.difference <= TOLERANCE
        )


def replay(entry: Entry, *, models: Path, films: Iterable[Source]) -> Replay:
    """Computes again what was shown when an entry was made.

    Args:
        entry: The entry.
        models: The folder of bundles, in which the model is looked for by its digest.
        films: Where the film is looked for by its digest, before the model's samples.

    Raises:
        ReplayError: If nothing was shown, or the model or the film is not found unchanged.
        ImageError: If the film is refused now.
        BundleError: If the model cannot be computed.
    """
    if entry.probability is None:
        raise ReplayError(
            f"Entry {entry.number:,} ({entry.event}) does not say what was shown, so nothing can "
            "be computed again. Those of earlier versions and those without a prediction do not."
        )
    # What it decides by itself is part of its digest, so any other threshold is its worklist's.
    bundle = bundle_at(_bundle(entry, models), entry.threshold)
    reading = reading_of(entry.reading)
    source, data = _film(entry, reading, films, bundle)
    prepared = prepare(data, bundle.manifest.input, reading=reading)
    if not isinstance(prepared, Prepared):
        raise prepared.error
    prediction, maps = Engine(bundle).explain(prepared)
    heatmap = heatmap_digest(maps[prediction.class_index]) if maps else None
    now = versions()
    return Replay(
        entry=entry,
        file=source.name,
        prediction=prediction.label,
        probability=prediction.probability,
        threshold=prediction.threshold,
        is_same_heatmap=None if entry.heatmap_sha256 is None else heatmap == entry.heatmap_sha256,
        pipeline=PIPELINE_VERSION,
        changed_versions={
            name: (then, now.get(name, "not installed"))
            for name, then in (entry.versions or {}).items()
            if now.get(name) != then
        },
    )


def _bundle(entry: Entry, models: Path) -> Bundle:
    """The model with the digest of an entry; only that one is read in full."""
    for folder in find_bundles(models):
        for name in (ADAPTATION, MANIFEST):
            try:
                digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            except OSError:
                continue
            if digest == entry.bundle_sha256:
                return load_bundle(folder)
    raise ReplayError(
        f"No model in the folder of models has the digest {entry.bundle_sha256[:12]}… of entry "
        f"{entry.number:,}. Put that version of it there (OVERREAD_MODELS)."
    )


def _film(
    entry: Entry, reading: ReadOptions, films: Iterable[Source], bundle: Bundle
) -> tuple[Source, bytes]:
    """The film with the identity of an entry, and its content."""
    for source in _with_samples(films, bundle):
        try:
            data = source.read()
        except ImageError:
            continue
        if reading.image_id(hashlib.sha256(data).hexdigest()) == entry.image_id:
            return source, data
    raise ReplayError(
        f"No film below the data root (OVERREAD_DATA_ROOT), and no sample of the model, has the "
        f"identity {entry.image_id[:12]}… of entry {entry.number:,}. It was removed or changed, or "
        "it was an upload. Put it back and try again."
    )


def _with_samples(films: Iterable[Source], bundle: Bundle) -> Iterator[Source]:
    yield from films
    for path in bundle.samples:
        yield Source(path.name, path)
