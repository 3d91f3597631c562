"""Finds the films behind the cases of a table of results."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import pandas as pd

from app.core.bundles.bundle_files import file_sha256
from app.core.errors import DatasetError
from app.core.evidence.joining import file_name, stem
from app.core.performance.formatting import counted
from app.core.sources.file_names import is_hidden
from app.core.sources.folder_listing import images_in
from app.core.sources.left_out import LeftOut
from app.core.sources.uploads import Upload

# Parts of a path that would lead out of a folder.
_UP = frozenset({"..", ".", "/"})


@dataclass(frozen=True, slots=True, eq=False)
class WithFilms:
    """Predictions with the films behind them.

    Attributes:
        predictions: With path and digest of the film where it was found.
        notes: How many were found, in sentences.
    """

    predictions: pd.DataFrame
    notes: tuple[str, ...]


def with_films(
    predictions: pd.DataFrame,
    folder: Path,
    *,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> WithFilms:
    """Looks for the film of each case by its path in a folder, else by its name.

    Args:
        predictions: With the column `case`.
        folder: The folder of films.
        watch: Is told how many films of how many were read.

    Raises:
        DatasetError: If the folder is not there, or no film of a case is in it.
    """
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {folder.name!r}. Expected a folder of films.")
    skip = len(str(folder)) + 1
    names = [
        str(one.path)[skip:].replace("\\", "/")
        for one in images_in(folder, LeftOut())
        if one.path is not None and one.problem is None
    ]
    found, ambiguous = _found(predictions["case"].tolist(), names)
    if not any(found):
        raise DatasetError(
            f"None of the {counted(len(names), 'image')} in {folder.name!r} is named like a case. "
            "Expected the case to be the file name or path of its film."
        )
    films = [name for name in found if name]
    digests: dict[str, str] = {}
    for done, name in enumerate(films):
        watch(done, len(films))
        digests[name] = file_sha256(folder / name)
    watch(len(films), len(films))
    notes = [f"Films of {len(films):,} of {counted(len(found), 'case')} were found."]
    if ambiguous:
        are = "is" if ambiguous == 1 else "are"
        notes.append(
            f"{counted(ambiguous, 'case')} {are} named like several films, which lie in different "
            "folders: none of them is shown. Name these cases with their folders."
        )
    return WithFilms(
        predictions.assign(
            image_id=[digests.get(name, "") for name in found],
            path=[name or case for name, case in zip(found, predictions["case"], strict=True)],
        ),
        tuple(notes),
    )


def keep_films(uploads: Iterable[Upload], folder: Path) -> None:
    """Writes uploaded films into a folder, by the paths they had.

    Args:
        uploads: The files; hidden ones are passed over.
        folder: Where they are written; created.

    Raises:
        OSError: If they cannot be written.
    """
    folder.mkdir(parents=True)
    for upload in uploads:
        parts = [part for part in PurePosixPath(_slashed(upload.name)).parts if part not in _UP]
        if not parts or is_hidden("/".join(parts)):
            continue
        path = folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        upload.seek(0)
        with path.open("wb") as file:
            shutil.copyfileobj(cast(BinaryIO, upload), file)


def _found(cases: list[str], names: list[str]) -> tuple[list[str], int]:
    """The film of each case, or empty; and how many cases several films are named like."""
    forms: tuple[Callable[[str], str], ...] = (_slashed, file_name, stem)
    known = []
    for form in forms:
        by_name: dict[str, list[str]] = defaultdict(list)
        for name in names:
            by_name[form(name)].append(name)
        known.append(by_name)
    found, ambiguous = [], 0
    for case in cases:
        candidates = next(
            (some for form, by_name in zip(forms, known, strict=True)
             if (some := by_name.get(form(_slashed(case))))),
            [],
        )  # fmt: skip
        found.append(candidates[0] if len(candidates) == 1 else "")
        ambiguous += len(candidates) > 1
    return found, ambiguous


def _slashed(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")
