"""Pseudonyms for DICOM PatientIDs: equal for the images of one patient, and not reversible.

A PatientID is short and often just a number, so a plain hash could be reversed by trying all of
them. The pseudonym is a keyed hash (HMAC-SHA256). Its key is generated once, readable by its
owner only, and is not part of any bundle. Without the key a pseudonym reveals nothing. Deleting
the key makes this permanent; copying it gives the same pseudonyms on another machine.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from app.core.errors import DatasetError
from app.core.images import dicom_file
from app.core.images.silence import silent
from app.core.settings import read_settings

KEY_FILE = "patient.key"  # in the folder OVERREAD_HOME

_KEY_BYTES = 32
_BEGINNING = 16 * 1024
_PATIENT_ID = 0x00100020
_PSEUDONYM_DIGITS = (
    16  # 64 bits: for a million patients, the chance of a collision is 1 in 37 million
)


def dicom_patient_id(file: Path) -> str:
    """The PatientID of a DICOM file; empty if it has none or is not DICOM."""
    try:
        with file.open("rb") as stream:
            beginning = stream.read(_BEGINNING)
            if not dicom_file.is_dicom(beginning):
                return ""
            with silent():
                # Most headers are short; a deflated file can only be read as a whole.
                return _patient_id(beginning, is_cut=True) or _patient_id(beginning + stream.read())
    except OSError:
        return ""


def _patient_id(data: bytes, *, is_cut: bool = False) -> str:
    try:
        header = dicom_file.header(data)
        if is_cut and max(header.keys(), default=0) <= _PATIENT_ID:
            return ""  # the element may itself be cut
        return str(header.get("PatientID") or "").strip()
    except Exception:
        # Damaged files are left out later, with the reason; pydicom may raise any exception.
        return ""


def pseudonym(patient_id: str, key: bytes) -> str:
    """A name for a patient that only the holder of the key can trace back.

    Args:
        patient_id: From the DICOM header.
        key: As returned by `patient_key`.
    """
    digest = hmac.new(key, patient_id.encode(), "sha256").hexdigest()
    return f"dicom-{digest[:_PSEUDONYM_DIGITS]}"


def patient_key() -> bytes:
    """The key of this installation, generated on first use.

    Raises:
        DatasetError: If it can neither be read nor written.
    """
    file = read_settings().home / KEY_FILE
    try:
        key = file.read_bytes() if file.exists() else _new_key(file)
    except OSError as error:
        raise DatasetError(
            f"The key for pseudonyms of PatientIDs ({KEY_FILE} in OVERREAD_HOME) can be neither "
            f"read nor written ({type(error).__name__}). Set OVERREAD_HOME to a folder that can "
            "be written to."
        ) from None
    if len(key) != _KEY_BYTES:
        raise DatasetError(
            f"The key for pseudonyms of PatientIDs ({KEY_FILE} in OVERREAD_HOME) has {len(key)} "
            f"bytes, expected {_KEY_BYTES}. Restore it, or delete it to generate a new one."
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
