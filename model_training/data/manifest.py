"""Patients and subgroups from a `manifest.csv` beside the folders of the classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pandas as pd

from app.core.errors import DatasetError
from model_training.data.image_files import LabelledImage, name_below
from model_training.data.spelling import composed, stripped
from model_training.data.wrappers import folders_for_tables

MANIFEST = "manifest.csv"


def with_manifest(
    images: list[LabelledImage], folder: Path
) -> tuple[list[LabelledImage], list[str]]:
    """The images with patient and subgroup of the manifest, if there is one, and remarks.

    Args:
        images: As labelled by the folders.
        folder: The data folder; the manifest is in it, or in a folder around all images.

    Raises:
        DatasetError: If the manifest cannot be read or does not match the images.
    """
    places = folders_for_tables(folder, [image.path for image in images])
    place = next((place for place in places if (place / MANIFEST).is_file()), None)
    if place is None:
        return images, []
    manifest = _read_manifest(place / MANIFEST)
    around = composed(name_below(place, folder)) + "/" if place != folder else ""
    names = [composed(image.name).removeprefix(around) for image in images]
    notes = _manifest_notes(manifest, names)
    found = [manifest.get(name, ("", "")) for name in names]
    return [
        replace(image, patient=patient, subgroup=subgroup)
        for image, (patient, subgroup) in zip(images, found, strict=True)
    ], notes


def _read_manifest(path: Path) -> dict[str, tuple[str, str]]:
    """Patient and subgroup by image path."""
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
    table["path"] = [
        PurePosixPath(composed(stripped(name)).replace("\\", "/")).as_posix()
        for name in table["path"]
    ]
    rows = table[["path", "patient_id", "subgroup"]].drop_duplicates()
    repeated = int(rows["path"].duplicated().sum())
    if repeated:
        raise DatasetError(
            f"{MANIFEST} gives {repeated} images two patients or subgroups. Expected one row per "
            "image; remove the wrong ones."
        )
    return {
        name: (stripped(patient), stripped(subgroup))
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
