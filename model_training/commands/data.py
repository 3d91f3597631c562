"""The options of all commands that read labelled images."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.commands.parsing import given_path, whole_number
from app.core.errors import DatasetError

if TYPE_CHECKING:
    from model_training.data.datasets import Dataset
    from model_training.data.rules import Conflicts

_ROLES = {
    "path": "file name or path of the image",
    "label": "class; or several columns A,B,C, one for each class or finding",
    "patient": "patient, to keep all images of one on the same side of a split",
    "split": "train, val or test",
    "subgroup": "kind of image to report separately, such as a hospital",
}


def add_data_arguments(command: argparse.ArgumentParser, *, name: str = "data") -> None:
    """Declares DATA and the options for reading it.

    Args:
        command: The command.
        name: `data` for a required argument, `--data` for an option.
    """
    command.add_argument(
        name,
        type=given_path,
        metavar="DATA",
        help="folder with train|val|test/CLASS/ or CLASS/ folders of images, or a table of them "
        "(CSV, JSON lines, Excel or Parquet), or a folder that holds such a table",
    )
    options = command.add_argument_group(
        "data", "columns that are not named are recognised; 'none' ignores a column"
    )
    options.add_argument(
        "--table",
        type=given_path,
        metavar="FILE",
        action="append",
        default=[],
        help="table that labels the images in DATA, such as the split.csv of a bundle; several "
        "times with --join",
    )
    options.add_argument(
        "--join", metavar="COLUMN", help="column by which several tables belong together"
    )
    for role, what in _ROLES.items():
        options.add_argument(f"--{role}-column", metavar="NAME", help=what)
    options.add_argument(
        "--patient-pattern",
        type=pattern_or_none,
        metavar="REGEX",
        help="finds the patient in the path relative to DATA, for images whose patient is in no "
        r"column; the first group that matches is the patient, such as '(person\d+)_'; 'none' "
        "ignores paths; default: tries known patterns and reports the one used",
    )
    options.add_argument(
        "--patient-folder",
        type=_level,
        metavar="LEVEL",
        help="the folder that is the patient: 1 is the first below DATA, -1 holds the image",
    )
    options.add_argument(
        "--subgroup-pattern",
        type=pattern_or_none,
        metavar="REGEX",
        help="the same for the subgroup, such as '_(bacteria|virus)_'",
    )
    options.add_argument(
        "--class-names",
        nargs="+",
        type=renaming,
        default=[],
        metavar="OLD=NEW",
        help="new names of classes, such as 0=none 1=tumour; classes with the same name are merged",
    )
    options.add_argument("--positive", metavar="CLASS", help="the positive one of two classes")
    _add_rules(command.add_argument_group("where data can be read in more than one way"))


def _add_rules(group: argparse._ArgumentGroup) -> None:
    """Declares the answers to what data leave open, see `rules.Rules`."""
    group.add_argument(
        "--task",
        choices=("one-of", "any-of"),
        help="each image belongs to one class, or can show any of several findings; default: as "
        "the table says",
    )
    group.add_argument(
        "--conflicts",
        choices=("refuse", "drop"),
        default="refuse",
        help="images with two labels: refuse the data (default) or leave the images out",
    )
    group.add_argument(
        "--uncertain",
        choices=("ignore", "positive", "negative"),
        help="labels of -1: leave them out, or take them for present or absent; default: data that "
        "have them are refused",
    )
    group.add_argument(
        "--blanks",
        choices=("ignore", "negative"),
        help="empty labels: leave them out, or take findings for absent; default: a blank finding "
        "is unknown, a blank class is refused",
    )
    group.add_argument(
        "--missing",
        choices=("refuse", "drop"),
        default="refuse",
        help="rows whose file is not there: refuse the table (default) or leave the rows out",
    )
    group.add_argument(
        "--masks",
        choices=("drop", "keep"),
        default="drop",
        help="files and folders named as masks of others: leave them out (default) or read them",
    )
    group.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="PATTERN",
        help="files or folders not to read, such as 'copy' or '*/lateral/*'; can be repeated",
    )
    group.add_argument(
        "--class-folder",
        type=_level,
        metavar="LEVEL",
        help="the folder that is the class: 1 is the first below DATA, -1 holds the image",
    )
    group.add_argument(
        "--label-separator",
        metavar="TEXT",
        help="between the findings in a cell, such as ';'; 'none' if a cell is one name",
    )
    group.add_argument("--encoding", metavar="NAME", help="of a CSV table, such as cp1252")
    group.add_argument("--sheet", metavar="NAME", help="of an Excel workbook")


def read(
    options: argparse.Namespace,
    *,
    classes: Sequence[str] = (),
    conflicts: Conflicts | None = None,
    any_of: bool = False,
) -> Dataset:
    """The labelled images given on the command line.

    Args:
        options: The parsed options.
        classes: The classes of the model that the data are for, in output order.
        conflicts: What to do with images with two labels instead of what the options say.
        any_of: Whether the command can deal with images that show several findings.

    Raises:
        DatasetError: If the data cannot be read or leave a question open, or if images can show
            several findings and the command cannot deal with them.
    """
    from model_training.data.datasets import read_dataset
    from model_training.data.rules import Rules
    from model_training.data.table_columns import Columns

    given = {role: getattr(options, f"{role}_column") for role in _ROLES}
    dataset = read_dataset(
        options.data,
        positive=options.positive,
        classes_of_model=classes,
        table=options.table,
        columns=Columns(**given) if any(given.values()) else None,
        class_names=dict(options.class_names),
        patient_pattern=options.patient_pattern,
        subgroup_pattern=options.subgroup_pattern,
        rules=Rules(
            task=options.task,
            conflicts=conflicts or options.conflicts,
            uncertain=options.uncertain,
            blanks=options.blanks,
            missing=options.missing,
            masks=options.masks,
            exclude=tuple(options.exclude),
            separator=options.label_separator,
            encoding=options.encoding,
            sheet=options.sheet,
            join=options.join,
            patient_folder=options.patient_folder,
            class_folder=options.class_folder,
        ),
    )
    if dataset.task == "any-of" and not any_of:
        raise DatasetError(
            f"An image can show any of the {len(dataset.classes)} findings "
            f"{list(dataset.classes)}. This command needs one class for each image; choose one "
            "finding with --label-column, or say --task one-of."
        )
    return dataset


def pattern_or_none(text: str) -> str:
    """The value of an option that is a regular expression with a group, or `none`.

    Raises:
        argparse.ArgumentTypeError: If it is neither.
    """
    from model_training.data.name_patterns import compile_pattern

    if text != "none":
        try:
            compile_pattern(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _level(text: str) -> int:
    level = whole_number(text)
    if level == 0:
        raise argparse.ArgumentTypeError("0 is not a level; 1 is the first folder, -1 the last")
    return level


def renaming(text: str) -> tuple[str, str]:
    """The value `OLD=NEW` of an option, as old and new name.

    Raises:
        argparse.ArgumentTypeError: If it is not written so.
    """
    old, equals, new = (part.strip() for part in text.partition("="))
    if not (old and equals and new):
        raise argparse.ArgumentTypeError(f"{text!r} is not OLD=NEW, such as 1=tumour")
    return old, new
