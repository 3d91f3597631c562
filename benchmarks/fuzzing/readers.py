"""Reads a damaged file as the app and the trainer would, and judges what came of it."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from app.core.bundles.network_input import Input
from app.core.errors import DatasetError, ImageError
from app.core.images.preparation import Prepared, Rejected, prepare
from app.core.sources.sources import from_paths
from benchmarks.fuzzing.originals import Original, film
from model_training.data.datasets import Case, Dataset, read_dataset

REFUSED = "refused"
READ = "read"
_INPUT = Input(height=64, width=64, channels=1, fit="pad")


class WrongContentError(AssertionError):
    """A damaged file was read as if it were sound, and gives other content than the original."""


def read(original: Original, mutation: str, data: bytes) -> str:
    """Reads a damaged file.

    Args:
        original: The sound file it was made from.
        mutation: What was done to it.
        data: The damaged file.

    Returns:
        `refused` or `read`.

    Raises:
        WrongContentError: If it was read, although what it held is lost.
        Exception: Anything that should have been a refusal.
    """
    if original.kind == "archive":
        return _read_archive(original, mutation, data)
    if original.kind == "table":
        return _read_table(original, data)
    return _read_image(original, mutation, data)


def _read_image(original: Original, mutation: str, data: bytes) -> str:
    result = prepare(data, _INPUT)
    if isinstance(result, Rejected):
        return REFUSED
    if mutation not in original.undetectable:
        _require_same(result, _sound(original))
    return READ


@cache
def _sound(original: Original) -> Prepared:
    result = prepare(original.data, _INPUT)
    if isinstance(result, Rejected):
        raise WrongContentError(f"The sound {original.name} file was refused: {result.error.code}")
    return result


def _require_same(found: Prepared, sound: Prepared) -> None:
    if not np.array_equal(found.film.pixels, sound.film.pixels):
        raise WrongContentError("The pixels differ from the original's")


def _read_archive(original: Original, mutation: str, data: bytes) -> str:
    is_checked = mutation not in original.undetectable
    contents = _member_contents(original)
    outcome = REFUSED
    with _file(original, data) as path:
        for source in from_paths([path]):
            try:
                content = source.read()
            except ImageError:
                continue
            if is_checked and content not in contents:
                raise WrongContentError("A member differs from the original's")
            if isinstance(prepare(content, _INPUT), Prepared):
                outcome = READ
    return outcome


@cache
def _member_contents(original: Original) -> tuple[bytes, ...]:
    with zipfile.ZipFile(BytesIO(original.data)) as archive:
        return tuple(archive.read(info) for info in archive.infolist())


def _read_table(original: Original, data: bytes) -> str:
    with _file(original, data) as path:
        try:
            dataset = read_dataset(path)
        except DatasetError:
            return REFUSED
    untouched = set(_lines(data))
    labels = {
        line.split(separator)[0]: line.split(separator)[1]
        for line in _lines(original.data)[1:]
        if line in untouched and (separator := max(",;\t", key=line.count))
    }
    for case in dataset.cases:
        expected = labels.get(case.path.name, "")
        if expected and _label(dataset, case) != expected:
            raise WrongContentError("A row that was left as it is got another label")
    return READ


def _label(dataset: Dataset, case: Case) -> str:
    if dataset.task == "one-of":
        return dataset.classes[case.label]
    # A damaged cell may make it a table of findings, and a normal film shows none of them.
    found = zip(dataset.classes, case.findings, strict=True)
    return "|".join(name for name, is_present in found if is_present) or "NORMAL"


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8-sig", "replace").splitlines()


@contextmanager
def _file(original: Original, data: bytes) -> Iterator[Path]:
    path = _folder() / f"damaged{original.suffix}"
    path.write_bytes(data)
    try:
        yield path
    finally:
        path.unlink()


@cache
def _folder() -> Path:
    """A folder of this process, with the images that the tables name."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz"))
    for number in range(12):
        pixels = np.roll(film(), number, axis=1).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"film{number:02}.png")
    return folder
