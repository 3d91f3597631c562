"""What counts as one independent unit in an interval: a patient, else a group of images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

_UNKNOWN = (
    "Patients are unknown: a group is an image with its near-duplicates, and intervals are too "
    "narrow if a patient has several groups."
)
_SOME_UNKNOWN = (
    "Some patients are unknown: a group is a patient or, where that is unknown, an image with its "
    "near-duplicates. Intervals are too narrow if a patient has several groups."
)


def sampling_units(patient_ids: Sequence[str], group_ids: ArrayLike) -> NDArray[np.str_]:
    """The unit of each image, over which intervals are computed.

    Images of one patient resemble each other, and so do near-duplicates. Where the patient is
    known he is the unit, else the group of near-duplicates that the image belongs to.

    Args:
        patient_ids: Shape `(num_images,)`; empty where the patient is not known.
        group_ids: Shape `(num_images,)`; equal for images that are kept in one split.

    Returns:
        A name for each unit, shape `(num_images,)`.
    """
    patients = pd.Series(patient_ids, dtype=str)
    groups = pd.Series(np.asarray(group_ids).astype(np.str_), dtype=str)
    # A prefix keeps a group apart from a patient of the same name.
    units = ("patient " + patients).where(patients.to_numpy() != "", "group " + groups)
    return units.to_numpy().astype(np.str_)


def unit_of(patient_ids: Sequence[str] | NDArray[np.str_]) -> str:
    """What the units of images are: `patient` if all of them are known, else `group`.

    Args:
        patient_ids: Shape `(num_images,)`; empty where the patient is not known.
    """
    return "patient" if _known(patient_ids).all() else "group"


def about_units(patient_ids: Sequence[str] | NDArray[np.str_]) -> str:
    """What a group is, where not all patients are known; else empty.

    Args:
        patient_ids: Shape `(num_images,)`; empty where the patient is not known.
    """
    known = _known(patient_ids)
    if known.all():
        return ""
    return _SOME_UNKNOWN if known.any() else _UNKNOWN


def _known(patient_ids: Sequence[str] | NDArray[np.str_]) -> NDArray[np.bool_]:
    return np.not_equal(np.asarray(patient_ids, np.str_), "")
