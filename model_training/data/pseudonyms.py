"""DICOM PatientIDs as pseudonyms: the same for the images of one patient, and no way back.

A PatientID is short and often only a number, so that its plain hash is found again by trying
them all. The pseudonym is a keyed hash (HMAC-SHA256). Its key is drawn once, is kept readable
by its owner only, and is in no bundle. Without it a pseudonym tells nothing; whoever deletes it
makes sure of that for good, and whoever copies it gets the same pseudonyms on another machine.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from app.core.errors import DatasetError
from app.core.images import dicom
from app.core.images.silence import without_warnings
from app.core.settings import read_settings

KEY_FILE = "patient.key"  # in the folder OVERREAD_HOME

_KEY_BYTES = 32
_MAGIC_BYTES = 132
_SHOWN_DIGITS = 16  # 64 bits: a million patients collide with a chance of 1 in 37 million


def dicom_patient_id(file: Path) -> str:
    """The PatientID that a file states; empty if it states none or is not DICOM."""
    import pydicom

    try:
        with file.open("rb") as stream:
            if not dicom.is_dicom(stream.read(_MAGIC_BYTES)):
                return ""
        with without_warnings():
            header = pydicom.dcmread(
                file, stop_before_pixels=True, specific_tags=["PatientID"], force=False
            )
        return str(header.get("PatientID") or "").strip()
    except Exception:
        # A damaged file is left out later, with its reason; pydicom raises anything.
        return ""


def pseudonym(patient_id: str, key: bytes) -> str:
    """A name for a patient that only the holder of the key can trace back.

    Args:
        patient_id: As a header states it.
        key: As `patient_key` gives it.
    """
    digest = hmac.new(key, patient_id.encode(), "sha256").hexdigest()
    return f"dicom-{digest[:_SHOWN_DIGITS]}"


def patient_key() -> bytes:
    """The key of this installation, drawn at its first use.

    Raises:
        DatasetError: If it can be neither read nor written.
    """
    file = read_settings().home / KEY_FILE
    try:
        key = file.read_bytes() if file.exists() else _new_key(file)
    except OSError as error:
        raise DatasetError(
            f"The key that hides PatientIDs ({KEY_FILE} in OVERREAD_HOME) can be neither read nor "
            f"written ({type(error).__name__}). Let OVERREAD_HOME name a folder that you may "
            "write to."
        ) from None
    if len(key) != _KEY_BYTES:
        raise DatasetError(
            f"The key that hides PatientIDs ({KEY_FILE} in OVERREAD_HOME) has {len(key)} bytes; "
            f"{_KEY_BYTES} are expected. Restore it, or remove it to have a new one drawn."
        )
    return key


def _new_key(file: Path) -> bytes:
    file.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_bytes(_KEY_BYTES)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was first
        return file.read_bytes()
    with os.fdopen(handle, "wb") as stream:
        stream.write(key)
    return key
