"""On which images shortcuts are looked for, and what is said where they cannot be."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.errors import DatasetError
from model_training.audit.shortcuts import Shortcut, border_scores, find_shortcuts
from model_training.data.datasets import Dataset
from model_training.data.folds import folds_by_patient

# With fewer images of a class, the interval of an AUC would span nearly everything.
MIN_IMAGES_FOR_SHORTCUTS = 10

_BORDER_FOLDS = 5


def search_shortcuts(
    dataset: Dataset,
    facts: pd.DataFrame,
    thumbnails: NDArray[np.uint8],
    patients: NDArray[np.int64],
) -> tuple[list[Shortcut], str]:
    """Shortcuts in the images a model would be trained on, and a note which images these are.

    Args:
        dataset: The images.
        facts: As `survey.Survey.facts`, one row per image.
        thumbnails: As `survey.Survey.thumbnails`, uint8 grey `(num_images, side, side)`.
        patients: Group of images that must stay on one side of a split, `(num_images,)`.
    """
    if dataset.task == "any-of":
        return [], (
            "Not computed: an image can show any of the findings. Inspect one of them by itself "
            "with --label-column."
        )
    splits = np.array([case.split for case in dataset.cases])
    split_name = "train" if (splits == "train").any() else ""
    inside = np.flatnonzero(splits == split_name)
    labels = np.array([dataset.cases[row].label for row in inside], np.int64)
    where = " of the train split" if split_name else ""
    counts = np.bincount(labels, minlength=len(dataset.classes))
    if counts.min() < MIN_IMAGES_FOR_SHORTCUTS:
        return [], (
            f"Not computed: {counts.min()} images{where} are "
            f"{dataset.classes[int(counts.argmin())]}; {MIN_IMAGES_FOR_SHORTCUTS} are needed."
        )
    note = f"Computed on the {len(inside):,} images{where}."
    if not all(dataset.cases[row].patient_id for row in inside):
        note += " Where the patient is unknown, near-duplicates count as one patient."
    border = None
    try:
        folds = folds_by_patient(
            Dataset(dataset.classes, [dataset.cases[row] for row in inside]),
            patients[inside],
            num_folds=_BORDER_FOLDS,
            seed=0,
        )
        border = border_scores(thumbnails[inside], labels, folds, num_classes=len(dataset.classes))
    except DatasetError:
        note += f" The border was not tested: a class has fewer than {_BORDER_FOLDS} patients."
    shortcuts = find_shortcuts(
        facts.iloc[inside], border, labels, classes=dataset.classes, groups=patients[inside]
    )
    return shortcuts, note
