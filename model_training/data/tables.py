"""Labelled tables, CSV or Parquet: recognises columns and finds the image of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from app.core.bundles.bundle import CaseSplit
from app.core.errors import DatasetError
from model_training.data.image_files import ImageIndex, LabelledImage, name_below
from model_training.data.table_columns import (
    NO_COLUMN,
    SPLIT_NAMES,
    Columns,
    choose_columns,
    texts_of,
)

SUFFIXES = (".csv", ".tsv", ".parquet", ".pq")


_SHOWN_NAMES = 200
_SHOWN_ROWS = 10


def tables_in(folder: Path) -> list[Path]:
    """The tables directly inside a folder, by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def read_table(
    file: Path, *, folder: Path, columns: Columns
) -> tuple[list[LabelledImage], list[str]]:
    """The images labelled by a table, in its order, and remarks.

    Args:
        file: CSV (comma, semicolon or tab) in UTF-8, or Parquet.
        folder: Folder of the images that the table names.
        columns: Columns that are not given are recognised by name and content.

    Raises:
        DatasetError: If the table cannot be read, a column is missing or ambiguous, a row has
            no label or an unknown split, or its image does not exist, is listed twice or is
            ambiguous.
    """
    table = _load(file)
    index = ImageIndex(folder)
    chosen = choose_columns(table, columns, index, file.name)
    texts = {
        role: texts_of(table[column]) if column else [""] * len(table)
        for role, column in chosen.items()
    }
    texts["label"] = _whole_numbers(texts["label"])
    _require_filled(texts["label"], "label", chosen["label"], file.name)
    _require_filled(texts["path"], "image", chosen["path"], file.name)
    splits = _splits(texts["split"], chosen["split"], file.name)
    paths = _resolved(texts["path"], index, file.name)
    rows = [
        LabelledImage(path, name_below(path, folder), label, patient, split, subgroup)
        for path, label, patient, split, subgroup in zip(
            paths, texts["label"], texts["patient"], splits, texts["subgroup"], strict=True
        )
    ]
    return rows, _notes(chosen, index, file.name, num_rows=len(rows))


def _load(file: Path) -> pd.DataFrame:
    try:
        if file.suffix.lower() in (".parquet", ".pq"):
            table = pd.read_parquet(file)
        else:
            table = pd.read_csv(
                file, sep=_separator(file), dtype=str, keep_default_na=False, encoding="utf-8-sig"
            )
    except (ValueError, OSError) as error:
        # The message of pandas may quote a row.
        raise DatasetError(
            f"{file.name} cannot be read as a table ({type(error).__name__}). Expected CSV in "
            "UTF-8 with a header line, or Parquet; save it again."
        ) from None
    table.columns = pd.Index([str(column) for column in table])
    if table.empty:
        raise DatasetError(
            f"{file.name} has no rows. Expected one row per image, with file name and label."
        )
    return table


def _separator(file: Path) -> str:
    with file.open(encoding="utf-8-sig") as lines:
        header = lines.readline()
    return max(",;\t", key=header.count)


def _whole_numbers(labels: list[str]) -> list[str]:
    """Labels such as `1.0` as `1`, if all are whole numbers."""
    try:
        numbers = [float(label) for label in labels if label]
    except ValueError:
        return labels
    if not all(number.is_integer() for number in numbers):
        return labels
    return [str(int(float(label))) if label else "" for label in labels]


def _require_filled(texts: Sequence[str], what: str, column: str | None, file_name: str) -> None:
    empty = [number for number, text in enumerate(texts, start=1) if not text]
    if empty:
        have = "has" if len(empty) == 1 else "have"
        raise DatasetError(
            f"{len(empty)} of {len(texts)} rows of {file_name} {have} no {what} in the column "
            f"{column!r} (row {_listed(empty)} below the header). Fill them in, or remove them."
        )


def _splits(texts: Sequence[str], column: str | None, file_name: str) -> list[CaseSplit]:
    if column is None:
        return [""] * len(texts)
    unknown = sorted({text for text in texts if text.lower() not in SPLIT_NAMES})
    if unknown:
        shown = ", ".join(repr(text) for text in unknown[:_SHOWN_ROWS])
        number = sum(text in set(unknown) for text in texts)
        raise DatasetError(
            f"{number} of {len(texts)} rows of {file_name} have {shown} in the column {column!r}. "
            f"Expected train, val or test in each; correct them, or use a random split with "
            f"--split-column {NO_COLUMN}."
        )
    return [SPLIT_NAMES[text.lower()] for text in texts]


def _resolved(names: Sequence[str], index: ImageIndex, file_name: str) -> list[Path]:
    """The image of each row."""
    found = [index.find(name) for name in names]
    missing = [name for name, paths in zip(names, found, strict=True) if not paths]
    if missing:
        where = f"exist below {index.folder.resolve().name!r}"
        if len(missing) == len(names):
            raise DatasetError(
                f"None of the {len(names)} images that {file_name} names {where}. Name "
                f"the folder of the images, or the right column with --path-column:{_lines(names)}"
            )
        raise DatasetError(
            f"{len(missing)} of the {len(names)} images that {file_name} names do not {where}. "
            f"Copy them there, or remove their rows:{_lines(missing)}"
        )
    several = [name for name, paths in zip(names, found, strict=True) if len(paths) > 1]
    if several:
        raise DatasetError(
            f"{len(several)} names in {file_name} match several images each. Give each with its "
            f"folders and extension:{_lines(several)}"
        )
    times = Counter(paths[0] for paths in found)
    twice = [name for name, paths in zip(names, found, strict=True) if times[paths[0]] > 1]
    if twice:
        raise DatasetError(
            f"{len(twice)} rows of {file_name} name an image that another row names too. Expected "
            f"one row per image; remove the others:{_lines(twice)}"
        )
    return [paths[0] for paths in found]


def _notes(
    chosen: dict[str, str | None], index: ImageIndex, file_name: str, *, num_rows: int
) -> list[str]:
    read = ", ".join(f"{role} from {column}" for role, column in chosen.items() if column)
    notes = [f"Read from {file_name}: {read}."]
    others = len(index.images) - num_rows
    if others > 0:
        notes.append(f"{others:,} images below the folder are not in {file_name} and not read.")
    return notes


def _listed(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - _SHOWN_ROWS} more" if len(numbers) > _SHOWN_ROWS else ""
    return ", ".join(f"{number:,}" for number in numbers[:_SHOWN_ROWS]) + more


def _lines(names: Sequence[str]) -> str:
    """Distinct names, one per line."""
    different = list(dict.fromkeys(names))
    hidden = len(different) - _SHOWN_NAMES
    more = [f"and {hidden:,} more"] if hidden > 0 else []
    return "".join(f"\n  {name}" for name in different[:_SHOWN_NAMES] + more)
