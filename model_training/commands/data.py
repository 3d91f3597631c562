"""The options of all commands that read labelled images."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_training.data.datasets import Dataset

_ROLES = {
    "path": "file name or path of the image",
    "label": "class",
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
        type=Path,
        metavar="DATA",
        help="folder with train|val|test/CLASS/ or CLASS/ folders of images, or a table of them "
        "(CSV or Parquet), or a folder that holds such a table",
    )
    options = command.add_argument_group(
        "data", "columns that are not named are recognised; 'none' ignores a column"
    )
    options.add_argument(
        "--table",
        type=Path,
        metavar="FILE",
        help="table that labels the images in DATA, such as the split.csv of a bundle",
    )
    for role, what in _ROLES.items():
        options.add_argument(f"--{role}-column", metavar="NAME", help=what)
    options.add_argument(
        "--patient-pattern",
        type=_pattern,
        metavar="REGEX",
        help="finds the patient in the path relative to DATA, for images whose patient is in no "
        r"column; the first group that matches is the patient, such as '(person\d+)_'; 'none' "
        "ignores paths; default: tries known patterns and reports the one used",
    )
    options.add_argument(
        "--subgroup-pattern",
        type=_pattern,
        metavar="REGEX",
        help="the same for the subgroup, such as '_(bacteria|virus)_'",
    )
    options.add_argument(
        "--class-names",
        nargs="+",
        type=_renaming,
        default=[],
        metavar="OLD=NEW",
        help="new names of classes, such as 0=none 1=tumour; classes with the same name are merged",
    )
    options.add_argument("--positive", metavar="CLASS", help="the positive one of two classes")


def read(options: argparse.Namespace) -> Dataset:
    """The labelled images given on the command line.

    Raises:
        DatasetError: As for `datasets.read_dataset`.
    """
    from model_training.data.datasets import read_dataset
    from model_training.data.table_columns import Columns

    given = {role: getattr(options, f"{role}_column") for role in _ROLES}
    return read_dataset(
        options.data,
        positive=options.positive,
        table=options.table,
        columns=Columns(**given) if any(given.values()) else None,
        class_names=dict(options.class_names),
        patient_pattern=options.patient_pattern,
        subgroup_pattern=options.subgroup_pattern,
    )


def _pattern(text: str) -> str:
    from model_training.data.name_patterns import compile_pattern

    if text != "none":
        try:
            compile_pattern(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _renaming(text: str) -> tuple[str, str]:
    old, equals, new = (part.strip() for part in text.partition("="))
    if not (old and equals and new):
        raise argparse.ArgumentTypeError(f"{text!r} is not OLD=NEW, such as 1=tumour")
    return old, new
