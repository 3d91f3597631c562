"""What a DICOM header says of the part shown, of the view and of the patient's age.

Nothing else of the patient is read here, and only known terms and numbers leave this file.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from app.core.images import body_parts
from app.core.images.reading import Subject

if TYPE_CHECKING:
    from pydicom import Dataset

# PS3.5 6.2: an age is three digits and a unit.
_AGE = re.compile(r"(\d{1,3})([DWMY])")
_UNITS_A_YEAR = {"D": 365.25, "W": 365.25 / 7, "M": 12.0, "Y": 1.0}
_DATE = re.compile(r"(\d{4})[.:-]?(\d{2})[.:-]?(\d{2})")
_OLDEST = 130.0


def subject(dataset: Dataset) -> Subject:
    """Body part, view and age that a file states; None for each that is not stated or not known."""
    part, view = _text(dataset, "BodyPartExamined"), _text(dataset, "ViewPosition")
    return Subject(
        body_parts.body_part(part) if part else None,
        body_parts.view(view) if view else None,
        _age(dataset),
    )


def _age(dataset: Dataset) -> float | None:
    """In years; from the dates of birth and study where the age itself is not stated."""
    stated = _AGE.fullmatch(_text(dataset, "PatientAge").upper())
    if stated:
        age = int(stated[1]) / _UNITS_A_YEAR[stated[2]]
    else:
        born, taken = stated_day(dataset, "PatientBirthDate"), stated_day(dataset, "StudyDate")
        if born is None or taken is None:
            return None
        age = (taken - born).days / 365.25
    return age if 0 <= age <= _OLDEST else None


def stated_day(dataset: Dataset, keyword: str) -> date | None:
    """A date that a header states; None if it states none, or no valid one.

    Args:
        dataset: The header.
        keyword: Of the element.
    """
    parts = _DATE.fullmatch(_text(dataset, keyword))
    try:
        return date(int(parts[1]), int(parts[2]), int(parts[3])) if parts else None
    except ValueError:
        return None


def _text(dataset: Dataset, keyword: str) -> str:
    try:
        return str(dataset.get(keyword) or "").strip()
    except Exception:  # an element that is not valid says nothing, and the pixels may be fine
        return ""
