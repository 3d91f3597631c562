"""Identifies the patient of each image from columns, paths and DICOM headers.

The first source that gives a patient is used, for each image: the column of a table or
manifest; a pattern given by the user; the PatientID of a DICOM file, as a pseudonym; and a known
pattern of file names, if it matches the whole data set.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.core.errors import DatasetError
from app.core.sources.patient_names import KNOWN_PATTERNS, NOBODY, captured
from model_training.data.image_files import LabelledImage
from model_training.data.name_patterns import compile_pattern, fitting_pattern
from model_training.data.pseudonyms import dicom_patient_id, patient_key, pseudonym
from model_training.data.spelling import composed
from model_training.data.table_columns import NO_COLUMN


@dataclass(frozen=True, slots=True)
class Found:
    """Patients or subgroups of the images.

    Attributes:
        values: One per image; empty if unknown.
        source: Where they were found, for the bundle; empty if nowhere.
        notes: Remarks for the reader.
    """

    values: list[str]
    source: str
    notes: list[str]


def find_patients(
    images: Sequence[LabelledImage],
    classes: Sequence[str],
    pattern: str | None = None,
    *,
    folder: int | None = None,
) -> Found:
    """The patient of each image.

    Args:
        images: As labelled by a folder or table.
        classes: The class of each image.
        pattern: Regular expression to search in the path relative to the data folder; its first
            group that matches is the patient. `none` ignores paths; None tries the known patterns.
        folder: The folder that is the patient, counted from the data folder (1 is the first) or
            from the image (-1 holds it); None if none is.

    Raises:
        DatasetError: If the pattern or folder is found in no path, or PatientIDs cannot be
            pseudonymised.
        ValueError: If the pattern is not a regular expression with a group.
    """
    values = ["" if image.patient.lower() in NOBODY else image.patient for image in images]
    sources, notes = ["a column of the data"] if any(values) else [], []
    if nobody := Counter(image.patient for image in images if image.patient.lower() in NOBODY):
        notes += [
            f"{count:,} of {len(images):,} images have the patient {name!r}: taken as not known."
            for name, count in nobody.items()
        ]
    if folder is not None:
        taken = _take_folders(values, images, folder)
        sources.append(f"folders of level {folder}")
        notes.append(f"Patients of {_of(taken, images)} come from --patient-folder {folder}.")
    if pattern is not None and pattern != NO_COLUMN:
        taken = _take_captured(values, images, compile_pattern(pattern), option="--patient-pattern")
        sources.append(f"paths, by the pattern {pattern}")
        notes.append(f"Patients of {_of(taken, images)} come from --patient-pattern {pattern}.")
    if taken := _take_dicom(values, images, notes):
        sources.append("DICOM PatientID, as keyed hashes")
        notes.append(
            f"Patients of {_of(taken, images)} come from DICOM PatientIDs, as keyed hashes."
        )
    unknown = [index for index, value in enumerate(values) if not value]
    if pattern is None and folder is None and unknown:
        key, remark = fitting_pattern(
            [images[index].name for index in unknown], [classes[index] for index in unknown]
        )
        if key:
            taken = _take_captured(values, images, KNOWN_PATTERNS[key])
            sources.append(f"file names such as {key}")
            notes.append(
                f"Patients of {_of(taken, images)} come from file names such as {key}; "
                "--patient-pattern sets another pattern, or none."
            )
        elif remark:
            notes.append(f"{remark} Use --patient-pattern to set another pattern.")
    return Found([composed(value) for value in values], "; ".join(sources), notes)


def find_subgroups(images: Sequence[LabelledImage], pattern: str | None = None) -> Found:
    """The subgroup of each image: from its column, else from its path.

    Args:
        images: As labelled by a folder or table.
        pattern: Regular expression to search in the path relative to the data folder; its first
            group that matches is the subgroup. `none` or None ignores paths.

    Raises:
        DatasetError: If the pattern is found in no path.
        ValueError: If the pattern is not a regular expression with a group.
    """
    values = [composed(image.subgroup) for image in images]
    if pattern is None or pattern == NO_COLUMN:
        return Found(values, "", [])
    taken = _take_captured(values, images, compile_pattern(pattern), option="--subgroup-pattern")
    note = f"Subgroups of {_of(taken, images)} come from --subgroup-pattern {pattern}."
    return Found([composed(value) for value in values], f"paths, by the pattern {pattern}", [note])


def _take_captured(
    values: list[str],
    images: Sequence[LabelledImage],
    pattern: re.Pattern[str],
    *,
    option: str = "",
) -> int:
    """Fills empty values from the paths; returns their number.

    Raises:
        DatasetError: If the pattern comes from an option and is found in no path.
    """
    found = [captured(pattern, composed(image.name)) for image in images]
    if option and not any(found):
        raise DatasetError(
            f"{option} {pattern.pattern} is found in none of the {len(images):,} paths. Paths are "
            "relative to the data folder, such as train/CLASS/person12_3.png; correct the pattern."
        )
    empty = [index for index, value in enumerate(values) if not value and found[index]]
    for index in empty:
        values[index] = found[index]
    return len(empty)


def _take_folders(values: list[str], images: Sequence[LabelledImage], level: int) -> int:
    """Fills empty values from a level of folders; returns their number.

    Raises:
        DatasetError: If no path has that level.
    """
    index = level - 1 if level > 0 else level
    folders = [PurePosixPath(image.name).parts[:-1] for image in images]
    found = [parts[index] if -len(parts) <= index < len(parts) else "" for parts in folders]
    if not any(found):
        raise DatasetError(
            f"--patient-folder {level} is in none of the {len(images):,} paths. 1 is the first "
            "folder below the data folder, and -1 the folder that holds the image."
        )
    empty = [place for place, value in enumerate(values) if not value and found[place]]
    for place in empty:
        values[place] = found[place]
    return len(empty)


def _take_dicom(values: list[str], images: Sequence[LabelledImage], notes: list[str]) -> int:
    """Fills empty values from DICOM headers; returns their number."""
    stated = {
        index: patient
        for index, value in enumerate(values)
        if not value and (patient := dicom_patient_id(images[index].path))
    }
    if len(set(stated.values())) < 2:
        if len(stated) > 1:
            notes.append(
                f"All {len(stated):,} DICOM files with a PatientID have the same one, as in "
                "anonymised exports; it is not used."
            )
        return 0
    key = patient_key()
    for index, patient in stated.items():
        values[index] = pseudonym(patient, key)
    return len(stated)


def _of(number: int, images: Sequence[LabelledImage]) -> str:
    return f"{number:,} of {len(images):,} images"
