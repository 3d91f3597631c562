"""One table of several data folders, to train one model on all of them.

    python -m tools.combined_table BRAIN BRAIN-LGG --class-names 0=none 1=tumour --out combined.csv
    overread-train fit PARENT --table combined.csv ...

PARENT is the folder that holds the data folders. Each is read as by `overread-train`; its name
becomes the subgroup, so that it is drawn evenly into the splits and reported separately.

With `--split-of BUNDLE`, images that the bundle knows stay in its split and the others are drawn,
so that a training can start from its weights without having seen the images it is tested on.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from os.path import commonpath
from pathlib import Path

import pandas as pd

from app.commands.parsing import Parser, given_path
from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_files import file_sha256
from app.core.errors import DatasetError, OverreadError
from model_training.commands.data import renaming
from model_training.data.datasets import Dataset, read_dataset
from model_training.data.splits import split_by_patient
from model_training.evaluation.overlap import seen_in_training
from model_training.evaluation.scoring import split_groups


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the table; returns 1 if a folder cannot be read."""
    parser = Parser(prog="python -m tools.combined_table", description=_first_line())
    parser.add_argument("folders", nargs="+", type=given_path, metavar="FOLDER")
    parser.add_argument(
        "--class-names", nargs="+", type=renaming, default=[], metavar="OLD=NEW",
        help="new names of classes; those that are not in a folder are ignored for it",
    )  # fmt: skip
    parser.add_argument(
        "--once", action="store_true",
        help="of near-duplicates whose patient is unknown, keep the first only",
    )  # fmt: skip
    parser.add_argument(
        "--split-of", type=given_path, metavar="BUNDLE",
        help="keep the split of this bundle and draw one for the other images, 15 %% of the "
        "patients for val and 20 %% for test; default: no split",
    )  # fmt: skip
    parser.add_argument("--out", required=True, type=given_path, metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        known = seen_in_training(load_bundle(options.split_of)) if options.split_of else None
        table = combined_table(
            options.folders, dict(options.class_names), once=options.once, known=known
        )
    except OverreadError as error:
        print(error, file=sys.stderr)
        return 1
    table.to_csv(options.out, index=False)
    counts = table.groupby(["subgroup", "label"]).agg(
        images=("path", "size"), patients=("patient_id", lambda ids: ids[ids != ""].nunique())
    )
    print(counts.to_string())
    return 0


def combined_table(
    folders: Sequence[Path],
    class_names: Mapping[str, str],
    *,
    once: bool,
    known: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The images of several folders as one table that `overread-train` reads.

    Args:
        folders: Data folders of different names, in one parent folder.
        class_names: New names by class; a class that is not there keeps its name.
        once: Whether of a group of near-duplicates with unknown patients only the first is kept.
        known: Split by SHA-256 of the file: of all images of a folder or of none, for
            which it is drawn by patient. None for a table without splits.

    Returns:
        One row for each image: `path` relative to the parent, `label`, `patient_id` (of the folder
        and the patient, empty where unknown) and `subgroup`, the folder's name; with `known`, also
        `split`.

    Raises:
        DatasetError: If a folder cannot be read, holds findings instead of classes, or does not
            lie in the parent of the others.
    """
    parent = Path(commonpath([folder.resolve().parent for folder in folders]))
    if any(folder.resolve().parent != parent for folder in folders):
        raise DatasetError(
            f"The folders {[folder.name for folder in folders]} do not lie in one folder. Expected "
            "data folders side by side; copy or link them there."
        )
    return pd.concat(
        [_rows(folder.resolve(), class_names, once=once, known=known) for folder in folders],
        ignore_index=True,
    )


def _rows(
    folder: Path, class_names: Mapping[str, str], *, once: bool, known: Mapping[str, str] | None
) -> pd.DataFrame:
    dataset = read_dataset(folder)
    if dataset.task != "one-of":
        raise DatasetError(f"{folder.name!r} holds findings. Expected one class for each image.")
    names = [class_names.get(name, name) for name in dataset.classes]
    table = pd.DataFrame(
        {
            "path": [f"{folder.name}/{case.name}" for case in dataset.cases],
            "label": [names[case.label] for case in dataset.cases],
            "patient_id": [
                f"{folder.name}/{case.patient_id}" if case.patient_id else ""
                for case in dataset.cases
            ],
            "subgroup": folder.name,
        }
    )
    if known is not None:
        table["split"] = _split(dataset, known)
    return table[_first_of_each(dataset)] if once else table


def _split(dataset: Dataset, known: Mapping[str, str]) -> list[str]:
    """The known split of each case, or one drawn by patient for a folder of which none is known.

    Raises:
        DatasetError: If it is known of some of the cases only.
    """
    digests = [file_sha256(case.path) for case in dataset.cases]
    splits = [known.get(digest, "") for digest in digests]
    if all(splits):
        return splits
    if any(splits):
        raise DatasetError(
            f"The split of {splits.count('')} of {len(splits)} images is not known. Expected "
            "folders of which the bundle knows all images or none."
        )
    drawn = split_by_patient(
        dataset, digests=digests, validation_fraction=0.15, test_fraction=0.2, seed=1
    )
    return [case.split for case in drawn.cases]


def _first_of_each(dataset: Dataset) -> list[bool]:
    """Whether each case has a known patient or is the first of its near-duplicates."""
    seen: set[int] = set()
    kept = []
    for case, group in zip(dataset.cases, split_groups(dataset.cases).tolist(), strict=True):
        kept.append(bool(case.patient_id) or group not in seen)
        seen.add(group)
    return kept


def _first_line() -> str:
    return (__doc__ or "").splitlines()[0]


if __name__ == "__main__":
    raise SystemExit(main())
