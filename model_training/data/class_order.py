"""Which classes or findings there are, in output order, and whether their names can be used."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.core.bundles.predictions_table import GROUP_ID, PREDICTION_COLUMNS
from app.core.errors import DatasetError
from app.core.results.rows import TAKEN_NAMES
from model_training.data.image_files import Presence as Presence
from model_training.data.image_files import images_below as images_below
from model_training.data.like_names import alike_but_for_marks
from model_training.data.positive_class import positive_of


def class_order(names: set[str], positive: str | None, column: str) -> tuple[tuple[str, ...], str]:
    """The classes in output order, and why the last of two is the positive one.

    Args:
        names: Of the classes that have images.
        positive: The positive class that was asked for; None if none was.
        column: The column of the labels; empty for folders.

    Raises:
        DatasetError: If there are fewer than two, a name is taken, or the positive one is unclear.
    """
    classes = sorted(names)
    if len(classes) < 2:
        found = f"one class only ({classes[0]})" if classes else "no class"
        raise DatasetError(
            f"The data contain images of {found}; at least two classes are needed. "
            "Expected CLASS/ folders, train|val|test/CLASS/ folders, or a table (CSV, JSON lines, "
            "Excel or Parquet) with one file name and label per row; --label-column names the "
            "column of a table."
        )
    _require_free_names(classes, TAKEN_NAMES)
    if positive is not None and positive not in names:
        raise DatasetError(
            f"There is no class {positive!r} for --positive; found {classes}. Choose one of them."
        )
    if len(classes) > 2:
        if positive is not None:
            raise DatasetError(
                f"--positive needs exactly two classes; found {len(classes)}: {classes}. "
                "Leave it out, or merge classes with --class-names."
            )
        return tuple(classes), ""
    chosen = positive_of(classes, positive, column=column)
    ordered = tuple(sorted(classes, key=lambda name: name == chosen.name))
    return ordered, f"The positive class is {chosen.name}: {chosen.reason}"


def require_findings(classes: tuple[str, ...], positive: str | None) -> None:
    """Checks the names of findings.

    Args:
        classes: The findings.
        positive: The positive class that was asked for, which findings do not have.

    Raises:
        DatasetError: If they cannot be told apart or listed, or a name is taken.
    """
    if positive is not None:
        raise DatasetError(
            "--positive is for two classes; in these data an image can show any of "
            f"{len(classes)} findings. Leave it out."
        )
    if len(classes) < 2 or len(set(classes)) < len(classes):
        raise DatasetError(
            f"The data have the findings {list(classes)}; expected at least two, of different "
            "names. For one finding, name its column with --label-column."
        )
    unusable = [name for name in classes if "|" in name or name.lower() == "none"]
    if unusable:
        raise DatasetError(
            f"The findings {unusable} cannot be listed. Rename them with --class-names."
        )
    _require_distinct(classes)
    _require_free_names(classes)


def _require_distinct(findings: tuple[str, ...]) -> None:
    """Refuses findings that would look the same on a page."""
    for alike in alike_but_for_marks(findings):
        raise DatasetError(
            f"The findings {alike} differ in nothing but case, blanks, punctuation or accents. "
            "Rename one of them in the table, choose the columns with --label-column, or tell them "
            "apart with --class-names."
        )


def _require_free_names(classes: Sequence[str], more: Collection[str] = ()) -> None:
    reserved = sorted({*classes} & {*PREDICTION_COLUMNS, GROUP_ID, *more})
    if reserved:
        raise DatasetError(
            f"The classes {reserved} have the same names as columns of the tables of predictions "
            "and results. Rename them with --class-names."
        )
