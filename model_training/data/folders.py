"""Images in folders named after their classes, with an optional manifest."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pandas as pd

from app.core.bundles.bundle import CaseSplit
from app.core.errors import DatasetError
from app.core.sources.left_out import LeftOut
from model_training.data.image_files import HIDDEN, LabelledImage, images_below, name_below
from model_training.data.table_columns import SPLIT_NAMES

MANIFEST = "manifest.csv"
MASKS = "masks"  # a folder next to the classes in some data sets


def read_folders(folder: Path) -> tuple[list[LabelledImage], list[str]]:
    """The images of `train|val|test/CLASS/` or `CLASS/` folders, by name, and remarks.

    Raises:
        DatasetError: If there is no such folder, or its manifest does not match its images.
    """
    files, notes = _labelled_files(folder)
    manifest = _read_manifest(folder / MANIFEST)
    names = [name_below(path, folder) for _, _, path in files]
    if manifest is not None:
        notes += _manifest_notes(manifest, names)
    found = []
    for (class_name, split, path), name in zip(files, names, strict=True):
        patient, subgroup = (manifest or {}).get(name, ("", ""))
        found.append(LabelledImage(path, name, class_name, patient, split, subgroup))
    return found, notes


def _labelled_files(folder: Path) -> tuple[list[tuple[str, CaseSplit, Path]], list[str]]:
    """`(class, split, path)` of each image, by name, and which folders were skipped."""
    if not folder.is_dir():
        raise DatasetError(
            f"There is no folder {folder.name!r}. Expected a folder with CLASS/ or "
            "train|val|test/CLASS/ folders; check the path."
        )
    notes = []
    children = _folders(folder)
    splits: dict[Path, CaseSplit] = {
        child: SPLIT_NAMES.get(child.name.lower(), "") for child in children
    }
    class_folders: list[tuple[CaseSplit, Path]] = [("", child) for child in children]
    if any(splits.values()):
        class_folders = [
            (split_name, child)
            for split, split_name in splits.items()
            if split_name
            for child in _folders(split)
        ]
        others = sum(not split_name for split_name in splits.values())
        if others:
            notes.append(
                f"{others} folder{'s' if others > 1 else ''} next to train, val and test "
                f"{'are' if others > 1 else 'is'} not read."
            )
    left_out = LeftOut()
    files = [
        (child.name, split, path)
        for split, child in class_folders
        for path in images_below(child, left_out)
    ]
    return files, [*notes, str(left_out)] if left_out else notes


def _folders(folder: Path) -> list[Path]:
    return sorted(
        child
        for child in folder.iterdir()
        if child.is_dir() and child.name != MASKS and not child.name.startswith(HIDDEN)
    )


def _read_manifest(path: Path) -> dict[str, tuple[str, str]] | None:
    """Patient and subgroup by image path; None if there is no manifest."""
    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except ValueError as error:
        # The message of pandas may quote a row.
        raise DatasetError(
            f"{MANIFEST} cannot be read as a table ({type(error).__name__}). Expected CSV, UTF-8, "
            "with the columns path and patient_id; save it again."
        ) from None
    lacking = {"path", "patient_id"} - set(table.columns)
    if lacking:
        raise DatasetError(
            f"{MANIFEST} lacks the columns {sorted(lacking)}; found {list(table.columns)}. "
            "Add them, or remove the file to take patients from the file names."
        )
    if "subgroup" not in table:
        table["subgroup"] = ""
    table["path"] = [PurePosixPath(name.replace("\\", "/")).as_posix() for name in table["path"]]
    rows = table[["path", "patient_id", "subgroup"]].drop_duplicates()
    repeated = int(rows["path"].duplicated().sum())
    if repeated:
        raise DatasetError(
            f"{MANIFEST} gives {repeated} images two patients or subgroups. Expected one row per "
            "image; remove the wrong ones."
        )
    return {
        name: (patient.strip(), subgroup.strip())
        for name, patient, subgroup in rows.itertuples(index=False)
    }


def _manifest_notes(manifest: dict[str, tuple[str, str]], names: list[str]) -> list[str]:
    lacking = sum(name not in manifest for name in names)
    if lacking == len(names):
        raise DatasetError(
            f"None of the {len(names)} images is in {MANIFEST}, which has {len(manifest)} rows. "
            "Expected paths below the data folder, such as train/CLASS/film.png; correct them, or "
            "remove the file to take patients from the file names."
        )
    return [f"{lacking} of {len(names)} images are not in {MANIFEST}."] if lacking else []
