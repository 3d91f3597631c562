"""Who each image is of, as far as columns, paths and DICOM headers tell, and where that is from.

Each image's patient comes from the first of these that tells one: the column of a table or
manifest; a pattern that was named; the PatientID of a DICOM file, as a pseudonym; and a known
pattern of file names, if it fits the whole data set.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.errors import DatasetError
from model_training.data.image_files import LabelledImage
from model_training.data.name_patterns import (
    KNOWN_PATTERNS,
    captured,
    compile_pattern,
    fitting_pattern,
)
from model_training.data.pseudonyms import dicom_patient_id, patient_key, pseudonym
from model_training.data.table_columns import NO_COLUMN


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for each image.

    Attributes:
        values: Patient or subgroup of each image; empty where none is known.
        source: What told them, for the bundle; empty where nothing did.
        notes: Remarks for the reader.
    """

    values: list[str]
    source: str
    notes: list[str]


def find_patients(
    images: Sequence[LabelledImage], classes: Sequence[str], pattern: str | None = None
) -> Found:
    """The patient of each image.

    Args:
        images: As a folder or a table labels them.
        classes: The class of each image.
        pattern: Regular expression that is searched in the path below the data folder; its
            first group that took part is the patient. `none` takes none from paths; without
            one the known patterns are tried.

    Raises:
        DatasetError: If the pattern is found in no path, or PatientIDs cannot be hidden.
        ValueError: If the pattern is not a regular expression with a group.
    """
    values = [image.patient for image in images]
    sources, notes = ["a column of the data"] if any(values) else [], []
    if pattern is not None and pattern != NO_COLUMN:
        taken = _take_captured(values, images, compile_pattern(pattern), option="--patient-pattern")
        sources.append(f"paths, by the pattern {pattern}")
        notes.append(f"Patients of {_of(taken, images)} are told by --patient-pattern {pattern}.")
    if taken := _take_dicom(values, images, notes):
        sources.append("DICOM PatientID, as keyed hashes")
        notes.append(f"Patients of {_of(taken, images)} are DICOM PatientIDs, as keyed hashes.")
    unknown = [index for index, value in enumerate(values) if not value]
    if pattern is None and unknown:
        key, remark = fitting_pattern(
            [images[index].name for index in unknown], [classes[index] for index in unknown]
        )
        if key:
            taken = _take_captured(values, images, KNOWN_PATTERNS[key])
            sources.append(f"file names such as {key}")
            notes.append(
                f"Patients of {_of(taken, images)} are told by file names such as {key}; "
                "--patient-pattern names another pattern, or none."
            )
        elif remark:
            notes.append(f"{remark} --patient-pattern can name a pattern that does.")
    return Found(values, "; ".join(sources), notes)


def find_subgroups(images: Sequence[LabelledImage], pattern: str | None = None) -> Found:
    """The subgroup of each image: that of its column, else what the pattern finds in its path.

    Args:
        images: As a folder or a table labels them.
        pattern: Regular expression that is searched in the path below the data folder; its
            first group that took part is the subgroup. None and `none` take none from paths.

    Raises:
        DatasetError: If the pattern is found in no path.
        ValueError: If the pattern is not a regular expression with a group.
    """
    values = [image.subgroup for image in images]
    if pattern is None or pattern == NO_COLUMN:
        return Found(values, "", [])
    taken = _take_captured(values, images, compile_pattern(pattern), option="--subgroup-pattern")
    note = f"Subgroups of {_of(taken, images)} are told by --subgroup-pattern {pattern}."
    return Found(values, f"paths, by the pattern {pattern}", [note])


def _take_captured(
    values: list[str],
    images: Sequence[LabelledImage],
    pattern: re.Pattern[str],
    *,
    option: str = "",
) -> int:
    """Fills the values that are empty from the paths; how many it could.

    Raises:
        DatasetError: If the pattern was named by an option and is found nowhere.
    """
    found = [captured(pattern, image.name) for image in images]
    if option and not any(found):
        raise DatasetError(
            f"{option} {pattern.pattern} is found in none of the {len(images):,} paths. It is "
            "searched for in the path below the data folder, such as train/CLASS/person12_3.png; "
            "correct it."
        )
    empty = [index for index, value in enumerate(values) if not value and found[index]]
    for index in empty:
        values[index] = found[index]
    return len(empty)


def _take_dicom(values: list[str], images: Sequence[LabelledImage], notes: list[str]) -> int:
    """Fills the values that are empty from DICOM headers; how many it could."""
    stated = {
        index: patient
        for index, value in enumerate(values)
        if not value and (patient := dicom_patient_id(images[index].path))
    }
    if len(set(stated.values())) < 2:
        if len(stated) > 1:
            notes.append(
                f"All {len(stated):,} DICOM files that state a PatientID state the same one, as "
                "anonymised exports do; it is not used."
            )
        return 0
    key = patient_key()
    for index, patient in stated.items():
        values[index] = pseudonym(patient, key)
    return len(stated)


def _of(number: int, images: Sequence[LabelledImage]) -> str:
    return f"{number:,} of {len(images):,} images"
