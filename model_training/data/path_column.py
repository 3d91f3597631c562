"""Finds the column that names the images, by which images each column finds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from app.core.errors import DatasetError
from app.core.sources.file_names import image_ending
from model_training.data.cells import texts_of
from model_training.data.image_index import ImageIndex

# Usual names, letters and digits only, most likely first.
KNOWN_NAMES = (
    "path", "filepath", "imagepath", "filename", "file", "imagefile", "imagefilename", "imagename",
    "image", "imageindex", "img", "imageid",
)  # fmt: skip

_MASKS = re.compile(r"mask|segment|annotation|contour|\broi\b|ground.?truth", re.IGNORECASE)
_ROW_NUMBER_NAMES = re.compile(r"Unnamed: \d+(_level_\d+)?|index|level_\d+|row|rownames|#")
_UNNAMED = re.compile(r"Unnamed: \d+")
_SAMPLED_ROWS = 200

_FILES, _TEXT, _NUMBERS = range(3)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A column that finds images.

    Attributes:
        name: Of the column.
        found: The image of each row, None where there is none or it is not clear which.
        is_known: Whether it has a usual name.
        kind: What most of its cells are: 0 with an extension or a folder, 1 other text, 2 numbers.
        is_flag: Whether it has nothing but 0 and 1, more than once, and no usual name.
    """

    name: str
    found: list[Path | None]
    is_known: bool
    kind: int
    is_flag: bool

    @property
    def number(self) -> int:
        """Number of rows with an image."""
        return sum(path is not None for path in self.found)

    @property
    def distinct(self) -> int:
        """Number of different images."""
        return len({path for path in self.found if path is not None})


def find_path_column(
    table: pd.DataFrame, index: ImageIndex, file_name: str, *, others: Sequence[str] = ()
) -> tuple[str | None, list[str]]:
    """The column that names the images, or None, and remarks on columns that also find some.

    Every column is tried. Columns that find the same images are one; row numbers, masks and flags
    (0 and 1) are none; and of the others, file names come before other text, and that before
    numbers. Numbers of patients count where each is there once, as those of images are.

    Args:
        table: The table.
        index: Finds the images.
        file_name: Name of the table, for messages.
        others: Columns with names that say something else, such as the label.

    Raises:
        DatasetError: If several columns name different images, or the header is out of place.
    """
    columns = [str(column) for column in table]
    candidates = [_candidate(table, column, index) for column in columns]
    finding = [one for one in candidates if one is not None]
    finding, notes = _without_row_numbers_and_masks(table, finding)
    finding = [one for one in finding if not one.is_flag or one.name in others]
    pool = [one for one in finding if one.name not in others or one.distinct == len(table)]
    pool = pool or finding
    best_kind = min((one.kind for one in pool), default=0)
    most = max((one.distinct for one in pool), default=0)
    # A column of numbers with few values, such as a label, is nobody's name.
    notes += [
        f"The numbers in {one.name} also match names of images; file names are read instead."
        for one in pool
        if one.kind > best_kind and one.distinct * 2 > most
    ]
    pool = [one for one in pool if one.kind == best_kind]
    if best_kind == _NUMBERS:
        pool = [one for one in pool if one.distinct * 2 > most]
    if not pool:
        known = [column for column in columns if is_known(column)]
        return min(known, key=_rank, default=None), notes
    best = min(pool, key=lambda one: (-one.number, not one.is_known, _rank(one.name)))
    if any(not _agree(best, one) for one in pool):
        counts = ", ".join(f"{one.name} {one.number:,}" for one in pool)
        raise DatasetError(
            f"Several columns of {file_name} name images, and not the same ones (images found in "
            f"{len(table):,} rows: {counts}). Name the right one with --path-column."
        )
    _require_header_in_place(best.name, columns, [one.name for one in candidates if one], file_name)
    return best.name, notes


def _require_header_in_place(
    chosen: str, columns: Sequence[str], finding: Sequence[str], file_name: str
) -> None:
    """Refuses a table that is read as one of R's, with row names, and looks as if it were not.

    Raises:
        DatasetError: If the names of the images are in the column without a name, and another
            column is called like one of them.
    """
    empty = [name for name in columns if is_known(name) and name not in finding]
    if empty and _UNNAMED.fullmatch(chosen):
        raise DatasetError(
            f"In {file_name} a column without a name holds the names of images, and the column "
            f"{empty[0]!r} none: the header may lack a separator, so that each name stands over "
            "the wrong column. Correct the header, or name the column with --path-column."
        )


def looks_like_a_file(text: str) -> bool:
    """Whether a text has a folder or the ending of an image."""
    return bool(re.search(r"[/\\]", text)) or has_suffix(text)


def has_suffix(text: str) -> bool:
    """Whether a text has the ending of an image."""
    return bool(image_ending(text))


def _candidate(table: pd.DataFrame, column: str, index: ImageIndex) -> _Candidate | None:
    """The column if it finds images; None if it does not."""
    usual = is_known(column)
    texts = texts_of(table[column])
    filled = [text for text in texts if text]
    step = max(1, len(filled) // _SAMPLED_ROWS)
    if not usual and not any(index.find(text) for text in filled[::step]):
        return None
    matches = [index.find(text) if text else [] for text in texts]
    num_found = sum(bool(paths) for paths in matches)
    if not num_found or (not usual and num_found * 2 <= len(filled)):
        return None
    looks = [looks_like_a_file(text) for text in filled]
    digits = [text.isdigit() for text in filled]
    return _Candidate(
        column,
        [paths[0] if len(paths) == 1 else None for paths in matches],
        usual,
        _FILES
        if sum(looks) * 2 > len(looks)
        else _NUMBERS
        if sum(digits) * 2 > len(digits)
        else _TEXT,
        is_flag=not usual and set(filled) <= {"0", "1"} and len(filled) > 2,
    )


def _without_row_numbers_and_masks(
    table: pd.DataFrame, candidates: list[_Candidate]
) -> tuple[list[_Candidate], list[str]]:
    kept, notes = [], []
    for one in candidates:
        if _MASKS.search(one.name):
            notes.append(f"The column {one.name} names masks and is not read.")
        elif counts_rows(one.name, texts_of(table[one.name])):
            notes.append(
                f"The column {one.name!r} numbers the rows and is not read, although images have "
                "such names; --path-column reads it."
            )
        else:
            kept.append(one)
    return kept, notes


def is_known(name: str) -> bool:
    """Whether a column has a usual name of those that name images."""
    return _plain(name) in KNOWN_NAMES


def counts_rows(name: str, texts: Sequence[str]) -> bool:
    """Whether a column numbers the rows, of which some may have been left out since.

    Args:
        name: Of the column.
        texts: Its cells.
    """
    are_numbers = all(re.fullmatch(r"\d+", text) for text in texts)
    is_named = _ROW_NUMBER_NAMES.fullmatch(name) is not None
    return is_named and are_numbers and len(set(texts)) == len(texts)


def _agree(one: _Candidate, other: _Candidate) -> bool:
    """Whether two columns name the same image wherever both name one."""
    return all(
        first == second
        for first, second in zip(one.found, other.found, strict=True)
        if first is not None and second is not None
    )


def _rank(name: str) -> int:
    plain = _plain(name)
    return KNOWN_NAMES.index(plain) if plain in KNOWN_NAMES else len(KNOWN_NAMES)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())
