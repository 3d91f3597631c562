"""Which films of a worklist are of one patient: by DICOM PatientID, else by the names of files."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.core.errors import ImageError
from app.core.images import dicom_file, dicom_patient
from app.core.review.lru_cache import LruCache
from app.core.review.open_worklist import OpenWorklist
from app.core.sources.patient_names import NOBODY, patient_in_name
from app.core.sources.source import Source

# Most headers are shorter.
_BEGINNING = 16 * 1024
# With it nobody finds a PatientID by trying all of them.
_SALT = secrets.token_bytes(16)
_BY_HEADER, _BY_NAME = "by DICOM PatientID", "by file name"


@dataclass(frozen=True, slots=True)
class Patient:
    """Whose film it is.

    Attributes:
        key: The same for all films of a patient in this process; tells nothing of who it is.
        how: How that is known.
        taken: Day of the study, if the file states it.
    """

    key: bytes
    how: str
    taken: date | None


_patients: LruCache[tuple[str, int], Mapping[int, Patient]] = LruCache(8)


def patient_of(opened: OpenWorklist, item: int) -> Patient | None:
    """The patient of a film; None if neither its header nor its name tells.

    Args:
        opened: The worklist.
        item: Position of the film.
    """
    source = opened.source(item)
    stated = _stated(source)
    if stated.patient_id and stated.patient_id.lower() not in NOBODY:
        return Patient(_hidden("header", stated.patient_id), _BY_HEADER, stated.taken)
    if named := patient_in_name(source.name):
        return Patient(_hidden("name", named), _BY_NAME, stated.taken)
    return None


def known_patients(opened: OpenWorklist) -> Mapping[int, Patient] | None:
    """The patients of a worklist by film; None if they are not looked up yet.

    Args:
        opened: The worklist.
    """
    return _patients.find((opened.worklist.id, len(opened)))


def look_up_patients(opened: OpenWorklist) -> Mapping[int, Patient]:
    """The same; reads the beginning of each file, once.

    Args:
        opened: The worklist.
    """

    def look_up() -> Mapping[int, Patient]:
        found = {item: patient_of(opened, item) for item in range(len(opened))}
        return {item: one for item, one in found.items() if one is not None}

    return _patients.get((opened.worklist.id, len(opened)), look_up)


def films_of_patient(patients: Mapping[int, Patient], item: int) -> list[int]:
    """The other films of a film's patient: earlier ones, the latest first; then later ones.

    Those without a day come last, in the order of the worklist.

    Args:
        patients: Of the worklist.
        item: Position of the film.
    """
    own = patients.get(item)
    if own is None:
        return []
    others = [one for one, of in patients.items() if one != item and of.key == own.key]
    return sorted(others, key=lambda one: _place(patients[one].taken, own.taken))


def _place(taken: date | None, own: date | None) -> tuple[int, int]:
    if taken is None:
        return 2, 0
    is_later = own is not None and taken > own
    return int(is_later), taken.toordinal() if is_later else -taken.toordinal()


def _stated(source: Source) -> dicom_patient.Patient:
    try:
        if source.path is None or source.content is not None:
            return dicom_patient.patient(source.read())
        with source.path.open("rb") as file:
            beginning = file.read(_BEGINNING)
        is_cut = len(beginning) == _BEGINNING
        found = dicom_patient.patient(beginning, is_cut=is_cut)
        return found if found.patient_id or not is_cut else _stated_in_full(source, beginning)
    except (ImageError, OSError):
        return dicom_patient.NOBODY


def _stated_in_full(source: Source, beginning: bytes) -> dicom_patient.Patient:
    """Of a long header, or of a deflated file, which can only be read as a whole."""
    if not dicom_file.is_dicom(beginning):
        return dicom_patient.NOBODY
    return dicom_patient.patient(source.read())


def _hidden(kind: str, text: str) -> bytes:
    return hashlib.blake2b(f"{kind}:{text}".encode(), key=_SALT, digest_size=16).digest()
