"""Patients in the names of files, where a known scheme puts them there."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What stands for a patient whom nobody knows.
NOBODY = frozenset(
    "unknown anonymous anonym anonymized anonymised anon none ? - -1 unbekannt inconnu desconocido "
    "sconosciuto onbekend nobody".split()
)

# Naming schemes that unambiguously contain a patient, with a description. The patient number must
# be followed by something that distinguishes the images of one patient; otherwise it may be an
# image number. `IM-0001-0007`, as exported by DICOM viewers, is not included: its numbers are those
# of series and image, and every patient has a first series.
KNOWN_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "personN, patientN or subjectN": re.compile(
        r"(?:^|/)((?:person|patient|subject|pat)[-_ ]?\d+)(?=[-_ /])", re.IGNORECASE
    ),
    "sub-LABEL (BIDS)": re.compile(r"(?:^|/)(sub-[0-9A-Za-z]+)(?=[_/])"),
    "TCGA-XX-XXXX": re.compile(r"(?:^|/)(TCGA[-_][0-9A-Z]{2}[-_][0-9A-Z]{4})(?=[-_/])"),
}


def captured(pattern: re.Pattern[str], name: str) -> str:
    r"""Text of the first group that matched, or empty text if the pattern is not found.

    Args:
        pattern: With at least one group.
        name: Path of an image relative to its data folder, with `/`.

    Example:
    >>> captured(re.compile(r"(person\d+)_|IM-(\d+)-"), "NORMAL/IM-0115-0001.jpeg")
    '0115'
    """
    match = pattern.search(name)
    return next((group for group in match.groups() if group), "") if match else ""


def patient_in_name(name: str) -> str:
    """The patient that a known scheme puts into a name; empty without one.

    Args:
        name: Path of an image, with `/`.

    Example:
        >>> patient_in_name("PNEUMONIA/person123_bacteria_45.jpeg")
        'person123'
    """
    return next(filter(None, (captured(one, name) for one in KNOWN_PATTERNS.values())), "")
