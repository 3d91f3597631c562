"""The image of each row of a table, and one row for each image."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.core.bundles.predictions_table import CaseSplit
from app.core.errors import DatasetError
from app.core.sources.file_names import image_ending
from model_training.data.cells import Mark
from model_training.data.image_index import ImageIndex
from model_training.data.rules import Rules

_MAX_LISTED = 200

# Columns of tables with one row for each box that was drawn.
_BOX = re.compile(r"(x|y|width|height|w|h|[xy]_?(min|max|[12])|bbox.*|left|top)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        written: The name of the image as the table has it.
        path: The image.
        label: Its class, or empty where it can show several findings.
        marks: What is known of each finding; else empty.
        patient: Patient, or empty.
        split: Split, or empty.
        subgroup: Subgroup, or empty.
    """

    written: str
    path: Path
    label: str
    marks: tuple[Mark, ...]
    patient: str
    split: CaseSplit
    subgroup: str

    @property
    def answer(self) -> object:
        """What two rows of one image must agree on."""
        return (self.label, self.marks)


def has_boxes(columns: Sequence[str]) -> bool:
    """Whether a table has one row for each box, by the names of its columns."""
    return sum(bool(_BOX.fullmatch(column)) for column in columns) >= 3 or any(
        re.fullmatch(r"b(ounding)?[ _-]?box(es)?", column, re.IGNORECASE) for column in columns
    )


def resolve(
    names: Sequence[str], index: ImageIndex, rules: Rules, file_name: str, *, by_folder: bool
) -> tuple[list[list[Path]], list[str]]:
    """The images of each row, none where it is left out, and remarks.

    Args:
        names: The names in the table.
        index: Finds the images.
        rules: What to do where an image is missing.
        file_name: Name of the table, for messages.
        by_folder: Whether the names are those of folders, whose images all belong to the row.

    Raises:
        DatasetError: If images are missing or a name is that of several.
    """
    find = index.find_below if by_folder else index.find
    found: dict[str, Sequence[object]] = {name: find(name) for name in set(names)}
    what = "folders of images" if by_folder else "images"
    missing = [name for name in names if not found[name]]
    notes = []
    if missing:
        where = f"exist below {index.folder.resolve().name!r}"
        if len(missing) == len(names):
            raise DatasetError(
                f"None of the {len(names)} {what} that {file_name} names {where}. Name the folder "
                f"of the images, or the right column with --path-column"
                f"{_near_misses(missing, index)}:{_lines(names)}"
            )
        if rules.missing == "refuse":
            raise DatasetError(
                f"{len(missing)} of the {len(names)} {what} that {file_name} names do not {where}. "
                "Copy them there, remove their rows, or leave them out with --missing drop"
                f"{_near_misses(missing, index)}:{_lines(missing)}"
            )
        notes.append(f"Left out: the files of {len(missing):,} of {len(names):,} rows are missing.")
    several = [name for name in names if len(found[name]) > 1]
    if several:
        how = "its folders" if by_folder else "its folders and extension"
        raise DatasetError(
            f"{len(several)} names in {file_name} match several {what} each. Give each with {how}:"
            f"{_lines(several)}"
        )
    if not by_folder:
        return [index.find(name) for name in names], notes
    images = [index.find_below(name) for name in names]
    return [below[0] if below else [] for below in images], notes


def _near_misses(missing: Sequence[str], index: ImageIndex) -> str:
    """A remark on images that are there with almost the same name, or empty text."""
    endings = [(name, len(image_ending(name))) for name in missing]
    pairs = [(name, index.find(name[:-length])) for name, length in endings if length]
    found = [(name, paths[0].name) for name, paths in pairs if len(paths) == 1]
    if not found:
        return _with_zeros(missing, index)
    written, there = found[0]
    return (
        f". Of {len(found)} a file with another extension is there, such as {there} for {written}: "
        "names without an extension would match"
    )


def _with_zeros(missing: Sequence[str], index: ImageIndex) -> str:
    """A remark on images whose names have zeros in front, which spreadsheets leave out."""
    padded = {path.name.lstrip("0"): path.name for path in index.images if path.name[0] == "0"}
    padded |= {PurePosixPath(short).stem: name for short, name in padded.items()}
    found = [(name, padded[name]) for name in missing if name in padded]
    if not found:
        return ""
    written, there = found[0]
    return (
        f". Of {len(found)} a file with zeros in front is there, such as {there} for {written}: a "
        "spreadsheet may have left them out"
    )


def rows_by_image(
    rows: Sequence[Row], rules: Rules, file_name: str, *, boxes: bool
) -> tuple[list[list[Row]], list[str]]:
    """The rows of each image in order, and remarks.

    Rows that say the same are one. Of a table of boxes, different labels of an image are findings
    in it, and stay together. Any other difference contradicts.

    Args:
        rows: The rows.
        rules: What to do where rows contradict each other.
        file_name: Name of the table, for messages.
        boxes: Whether the table has a row for each box.

    Raises:
        DatasetError: If rows of one image contradict each other.
    """
    by_path: dict[Path, list[Row]] = defaultdict(list)
    for row in rows:
        by_path[row.path].append(row)
    repeated = len(rows) - len(by_path)
    if not repeated:
        return [[row] for row in rows], []
    _require_one_person(by_path, file_name)
    images = [list({row.answer: row for row in same}.values()) for same in by_path.values()]
    differing = [same for same in images if len(same) > 1]
    note = f"{repeated:,} of {len(rows):,} rows name an image again"
    if not differing:
        return images, [f"{note}, with the same label."]
    if rules.task != "one-of" and (boxes or rules.task == "any-of"):
        return images, [
            f"{note}; {_images(len(differing))} rows with different labels, all of which count as "
            "findings in it."
        ]
    if rules.conflicts == "refuse":
        raise _contradicting(differing, file_name)
    if rules.conflicts == "keep":
        return [[row] for same in images for row in same], [
            f"{note}; {_images(len(differing))} rows with different labels."
        ]
    return [same for same in images if len(same) == 1], [
        f"{note}.",
        f"Left out: {len(differing):,} images, whose rows in {file_name} have different labels.",
    ]


def union(marks: Sequence[tuple[Mark, ...]]) -> tuple[Mark, ...]:
    """What several rows together say of each finding: what is there in one of them is there."""
    order = (Mark.PRESENT, Mark.UNCERTAIN, Mark.ABSENT, Mark.BLANK)
    return tuple(min(found, key=order.index) for found in zip(*marks, strict=True))


def _require_one_person(by_path: dict[Path, list[Row]], file_name: str) -> None:
    for what in ("patient", "split", "subgroup"):
        twice = [
            same[0].written
            for same in by_path.values()
            if len({getattr(row, what) for row in same}) > 1
        ]
        if twice:
            raise DatasetError(
                f"{_images(len(twice))} rows with a different {what} in {file_name}. Expected "
                f"one {what} for each image; correct them:{_lines(twice)}"
            )


def _contradicting(differing: list[list[Row]], file_name: str) -> DatasetError:
    lines = [
        f"{', '.join(dict.fromkeys(row.written for row in same))}"
        + (f": {', '.join(dict.fromkeys(row.label for row in same))}" if same[0].label else "")
        for same in differing
    ]
    return DatasetError(
        f"{_images(len(differing))} rows with different labels in {file_name}. Correct them, "
        "leave these images out with --conflicts drop, or, if an image can show several findings, "
        f"say --task any-of:{_lines(lines)}"
    )


def _images(number: int) -> str:
    return "1 image has" if number == 1 else f"{number:,} images have"


def _lines(names: Sequence[str]) -> str:
    """Distinct names, one per line."""
    different = list(dict.fromkeys(names))
    hidden = len(different) - _MAX_LISTED
    more = [f"and {hidden:,} more"] if hidden > 0 else []
    return "".join(f"\n  {name}" for name in different[:_MAX_LISTED] + more)
