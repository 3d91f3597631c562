"""A cache of decoded films on disk, decoded by the app's own functions.

A store is a folder for one way of fitting images: `pixels.bin`, fixed-size records that are
only ever appended, and `index.db`, which maps the SHA-256 of each file to its record. A file
that was renamed or moved is still found; one that was changed is decoded again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from app.core.bundles.network_input import Input
from app.core.errors import TRANSIENT, DatasetError, ImageError
from app.core.gate.reason_words import reasons_in_words
from app.core.gate.rules.header import check_header
from app.core.images import decoding
from app.core.images.guard import guarded
from app.core.images.preparation import DECODERS, PIPELINE_VERSION, Rejected, prepare
from app.core.images.reading import RANGE_UNKNOWN, SEVERAL_IMAGES, ReadOptions
from app.core.progress import progress
from app.core.settings import read_settings
from app.core.sources.source import Source
from model_training.data.datasets import Case
from model_training.data.duplicates import THUMBNAIL_SIDE, thumbnail

# Increase this when the layout of a store changes.
_LAYOUT = 1

# Number of films decoded, written and indexed together.
_TOGETHER = 256

_SETTINGS, _INDEX, _PIXELS = "settings.json", "index.db", "pixels.bin"


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """The pixels of a list of cases.

    Attributes:
        pixels: uint8 `(num_records, height, width, channels)` in [0, 255], RGB where there are
            three channels, memory-mapped; includes other images of the store.
        thumbnails: As returned by `duplicates.thumbnail`, `(num_records, side, side)`.
        rows: Record of each case in both, `(num_cases,)`; -1 for a case without pixels.
        digests: SHA-256 of each case's file; empty if it could not be read.
        failed: By index of the case, the reason code for which the app would refuse it too.
    """

    pixels: NDArray[np.uint8]
    thumbnails: NDArray[np.uint8]
    rows: NDArray[np.int64]
    digests: list[str]
    failed: dict[int, str]


def default_folder() -> Path:
    """Folder of the cache: `OVERREAD_CACHE`, else in the user's cache folder."""
    if named := read_settings().cache:
        return named
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "overread"


def decode_cases(
    cases: Sequence[Case], network_input: Input, folder: Path, *, frame: int | None = None
) -> Decoded:
    """Decodes every case that is not yet in the cache.

    Memory does not grow with the number of images. Several processes may share one cache.

    Args:
        cases: What to decode.
        network_input: Size, channels, fit, modalities and window.
        folder: Folder of the cache; each input and frame has a store of its own.
        frame: Which image to read of files that hold several, 1 for the first.

    Raises:
        DatasetError: If more than one case in ten cannot be decoded, the disk is full, or
            the store was damaged.
    """
    store = _Store(folder, network_input, ReadOptions(frame))
    found: list[tuple[int, str, str]] = []
    with (
        ThreadPoolExecutor() as pool,
        progress(total=len(cases), title="decoding", unit="film") as bar,
    ):
        for start in range(0, len(cases), _TOGETHER):
            some = cases[start : start + _TOGETHER]
            found += store.add(list(pool.map(store.decode, some)))
            bar.update(len(some))
    failed = {index: code for index, (_, _, code) in enumerate(found) if code}
    if len(failed) > len(cases) / 10:
        reasons = reasons_in_words(Counter(failed.values()))
        raise DatasetError(
            f"{len(failed)} of {len(cases)} images cannot be trained on ({reasons}). "
            "Expected at most one in ten. `overread-train inspect DATA --json FILE` (or --html "
            f"FILE) lists each file and its reason; {remedies(failed.values())}."
        )
    rows = np.array([row for row, _, _ in found], np.int64)
    records = store.records()
    digests = [digest for _, digest, _ in found]
    return Decoded(records["pixels"], records["thumbnail"], rows, digests, failed)


def remedies(codes: Iterable[str]) -> str:
    """Options that may help where images cannot be trained on, in half a sentence.

    Args:
        codes: Why they cannot.
    """
    found = set(codes)
    options = {
        RANGE_UNKNOWN: "values of an unknown range need --window LOW HIGH",
        SEVERAL_IMAGES: "files of several images need --frame N",
    }
    words = [option for code, option in options.items() if code in found]
    return " and ".join(words) or "colour pictures need --channels 3"


@dataclass(frozen=True, slots=True, eq=False)
class _Film:
    """A decoded film; without a digest, the file could not be read."""

    digest: str
    record: NDArray[np.void] | None
    reason: str


class _DamagedError(Exception):
    """The index refers to records that do not exist."""


class _Store:
    """One folder of fixed-size records."""

    def __init__(self, folder: Path, network_input: Input, reading: ReadOptions) -> None:
        self._input = network_input
        self._reading = reading
        size = network_input
        self._record = np.dtype(
            [
                ("pixels", np.uint8, (size.height, size.width, size.channels)),
                ("thumbnail", np.uint8, (THUMBNAIL_SIDE, THUMBNAIL_SIDE)),
            ]
        )
        settings = {
            "layout": _LAYOUT,
            "pipeline": PIPELINE_VERSION,
            "input": network_input.model_dump(mode="json"),
            "libraries": {name: version(name) for name in DECODERS},
        }
        if reading.frame is not None:
            settings["frame"] = reading.frame
        text = json.dumps(settings, indent=2, sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()[:12]
        self._folder = folder / f"{size.fit}-{size.height}x{size.width}x{size.channels}-{key}"
        self._prepare(text)

    def decode(self, case: Case) -> _Film:
        """Digest and pixels of a case; no pixels if the store has them already."""
        try:
            data = Source(case.name, case.path).read()
        except ImageError as error:
            return _Film("", None, error.code)
        digest = decoding.image_id(data)
        if digest in self._known:
            return _Film(digest, None, "")
        prepared = prepare(data, self._input, image_id=digest, reading=self._reading)
        if isinstance(prepared, Rejected):
            return _Film(digest, None, prepared.error.code)
        record = np.zeros((), self._record)
        record["pixels"] = prepared.pixels
        try:
            with guarded():
                check_header(prepared.film, self._input)
                record["thumbnail"] = thumbnail(prepared.film)
        except ImageError as error:
            return _Film(digest, None, error.code)
        return _Film(digest, record, "")

    def add(self, films: Sequence[_Film]) -> list[tuple[int, str, str]]:
        """Stores new films; returns row (-1 for none), digest and reason of each film.

        A process killed in between leaves records that the index does not refer to. A film that
        failed for lack of memory or at a program error is not stored, so that it is tried again.
        """
        new = {
            film.digest: film
            for film in films
            if film.digest and film.digest not in self._known and film.reason not in TRANSIENT
        }
        if new:
            with closing(self._connect()) as index, index:
                # Locked before records are appended, so that two processes do not mix theirs.
                index.execute("BEGIN IMMEDIATE")
                rows = self._append([film.record for film in new.values()])
                entries = [
                    (film.digest, row, film.reason)
                    for film, row in zip(new.values(), rows, strict=True)
                ]
                index.executemany("INSERT OR REPLACE INTO films VALUES (?, ?, ?)", entries)
            self._known |= {digest: (row, reason) for digest, row, reason in entries}
        return [
            (self._known[film.digest][0], film.digest, self._known[film.digest][1])
            if film.digest in self._known
            else (-1, film.digest, film.reason)
            for film in films
        ]

    def records(self) -> NDArray[np.void]:
        """All records, memory-mapped."""
        file = self._folder / _PIXELS
        num_records = file.stat().st_size // self._record.itemsize
        if not num_records:
            return np.zeros(0, self._record)
        return np.memmap(file, self._record, "r", shape=(num_records,))

    def _prepare(self, settings: str) -> None:
        """Opens the store; deletes it first if it is damaged or of another version.

        Nothing is lost, because it contains only copies of the images.
        """
        file = self._folder / _SETTINGS
        problem = ""
        if file.is_file() and file.read_text(encoding="utf-8") != settings:
            problem = "is from another version"
        else:
            try:
                self._open()
            except (sqlite3.DatabaseError, _DamagedError):
                problem = "is damaged"
        if problem:
            tqdm.write(f"The film cache {problem}; the films are decoded again.", file=sys.stderr)
            shutil.rmtree(self._folder)
            self._open()
        file.write_text(settings, encoding="utf-8")

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / _PIXELS).touch()
        with closing(self._connect()) as index, index:
            index.execute(
                "CREATE TABLE IF NOT EXISTS films "
                "(digest TEXT PRIMARY KEY, row INTEGER NOT NULL, reason TEXT NOT NULL)"
            )
            entries = index.execute("SELECT digest, row, reason FROM films").fetchall()
        self._known = {digest: (row, reason) for digest, row, reason in entries}
        num_records = (self._folder / _PIXELS).stat().st_size // self._record.itemsize
        if any(row >= num_records for row, _ in self._known.values()):
            raise _DamagedError

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._folder / _INDEX, timeout=60)

    def _append(self, records: Sequence[NDArray[np.void] | None]) -> list[int]:
        # Written, not memory-mapped: on a full disk a memory map kills the process silently,
        # and a write raises.
        rows = []
        with (self._folder / _PIXELS).open("r+b") as file:
            row = file.seek(0, os.SEEK_END) // self._record.itemsize
            file.seek(row * self._record.itemsize)
            for record in records:
                rows.append(-1 if record is None else row)
                if record is not None:
                    file.write(record.tobytes())
                    row += 1
        return rows
