"""The number of patients in words, careful not to count images as patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.performance.formatting import counted


def describe_patients(patients: Sequence[str] | NDArray[np.str_], known: Sequence[bool]) -> str:
    """The text that follows a number of images.

    Args:
        patients: Patient of each image, shape `(num_images,)`; without a known patient, the image
            or its group of near-duplicates.
        known: Whether the patient of each image is known.

    Returns:
        Such as ` of 12 patients`, ` in 80 groups (patients not known)`, without the groups where
        each is a single image, or ` (30 of 12 patients, 88 of unknown ones)`.
    """
    is_known = np.asarray(known, bool)
    number = len(np.unique(np.asarray(patients)[is_known]))
    unknown = int((~is_known).sum())
    if not unknown:
        return f" of {counted(number, 'patient')}"
    if not number:
        groups = len(np.unique(np.asarray(patients)))
        grouped = f" in {counted(groups, 'group')}" if groups < len(is_known) else ""
        return f"{grouped} (patients not known)"
    known_images = len(is_known) - unknown
    return f" ({known_images:,} of {counted(number, 'patient')}, {unknown:,} of unknown ones)"
