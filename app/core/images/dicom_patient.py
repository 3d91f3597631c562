"""Whose film a DICOM file is, and of which day: to find others of the same patient in a worklist.

Both are compared in memory alone. They are never logged, and only the day is shown.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from app.core.images import dicom_file
from app.core.images.dicom_subject import stated_day
from app.core.images.silence import silent

_PATIENT_ID = 0x00100020


class Patient(NamedTuple):
    """What a file states of the patient.

    Attributes:
        patient_id: Empty if none is stated.
        taken: Day of the study; None if none is stated.
    """

    patient_id: str
    taken: date | None


NOBODY = Patient("", None)


def patient(data: bytes, *, is_cut: bool = False) -> Patient:
    """The patient of a DICOM file; `NOBODY` if it states none, is damaged or not DICOM.

    Args:
        data: The file or its beginning.
        is_cut: Whether more follows.
    """
    if not dicom_file.is_dicom(data):
        return NOBODY
    try:
        with silent():
            header = dicom_file.header(data)
            if is_cut and max(header.keys(), default=0) <= _PATIENT_ID:
                return NOBODY  # the element may itself be cut
            found = str(header.get("PatientID") or "").strip()
            return Patient(found, stated_day(header, "StudyDate"))
    except Exception:  # pydicom may raise any for a damaged file
        return NOBODY
