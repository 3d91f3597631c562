"""Image files below a folder, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.core.bundles.predictions_table import CaseSplit
from app.core.sources import folder_listing
from app.core.sources.left_out import LeftOut

HIDDEN = (".", "__MACOSX")

# What is known of one finding in one image: present (1), absent (0), or nothing (None).
Presence = Literal[0, 1] | None


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One image as labelled by a folder or a table; empty where nothing is given.

    Attributes:
        path: The file.
        name: Path relative to the data folder, with `/`.
        label: As written there.
        patient: Patient.
        split: `train`, `val` or `test`.
        subgroup: Kind of image that is reported on its own.
        findings: What is known of each finding: present (1), absent (0) or nothing (None); empty
            where the image has a label instead.
    """

    path: Path
    name: str
    label: str
    patient: str
    split: CaseSplit
    subgroup: str
    findings: tuple[Presence, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelledImages:
    """What a folder or a table says of its images.

    Attributes:
        images: The images.
        notes: Remarks for the reader.
        findings: Names of the findings; empty where each image belongs to one class.
        column: The column that the labels are from; empty where there is not one alone.
    """

    images: list[LabelledImage]
    notes: list[str]
    findings: tuple[str, ...] = ()
    column: str = ""


def images_below(folder: Path, left_out: LeftOut | None = None) -> list[Path]:
    """The images anywhere below a folder, by name, recognised and found as the app does it.

    Args:
        folder: The folder; links are followed, hidden files are not listed.
        left_out: Counts what is not an image or cannot be read as one.
    """
    counted = left_out if left_out is not None else LeftOut()
    images = []
    for source in folder_listing.images_in(folder, counted):
        if source.problem is not None:
            counted.add(source.name, source.problem.code.replace("_", " "))
        elif source.path is not None:
            images.append(source.path)
    return images


def name_below(path: Path, folder: Path) -> str:
    """Path relative to the folder, with `/`; a path elsewhere is unchanged.

    Args:
        path: A file.
        folder: The data folder.
    """
    shown = path.relative_to(folder) if path.is_relative_to(folder) else path
    # A name that is not UTF-8 could not be written into the predictions table.
    return shown.as_posix().encode("utf-8", "backslashreplace").decode()
