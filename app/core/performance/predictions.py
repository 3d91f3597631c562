"""A bundle's predictions table as arrays: reference classes, probabilities, patients, files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.predictions_table import GROUP_ID, SUBGROUP
from app.core.bundles.task import Task
from app.core.networks.class_logits import class_probabilities
from app.core.performance.sampling_units import sampling_units, unit_of
from app.core.statistics.bootstrap import patient_codes
from app.core.statistics.decisions import predicted_classes

# All cases of results without a model, which have no splits of a training.
ALL_CASES = "cases"
SPLITS = (ALL_CASES, "test", "val")


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """The predictions of one split. All arrays have one entry for each image.

    Attributes:
        split: Name of the split in the table, such as `test`.
        y_true: Reference class indices, int64 `(num_images,)`.
        probabilities: Calibrated probabilities in [0, 1], `(num_images, num_classes)`; other
            scores, which rank the images alike, where `are_probabilities` says so.
        patients: Unit of resampling of each image, `(num_images,)`: its name, see
            `sampling_units`, or a number that stands for it, which is faster with many images.
        named_patients: Patient of each image, `(num_images,)`; empty if unknown.
        subgroups: Subgroup of each image, `(num_images,)`; empty if unknown.
        image_ids: SHA-256 of each file, `(num_images,)`.
        paths: Path of each file inside the trainer's data folder, `(num_images,)`.
        are_probabilities: Whether scores can be read as probabilities.
    """

    split: str
    y_true: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    patients: NDArray[Any]
    named_patients: NDArray[np.str_]
    subgroups: NDArray[np.str_]
    image_ids: NDArray[np.str_]
    paths: NDArray[np.str_]
    are_probabilities: bool = True

    @property
    def num_images(self) -> int:
        """Number of images."""
        return len(self.y_true)

    @property
    def unit(self) -> str:
        """What `patients` counts: `patient`, or `group` unless every patient is known."""
        return unit_of(self.named_patients)

    @property
    def num_classes(self) -> int:
        """Number of classes of the model, whether or not each occurs."""
        return int(self.probabilities.shape[1])

    def predicted(self, threshold: float | None = None) -> NDArray[np.int64]:
        """Indices of the predicted classes, int64 `(num_images,)`.

        Args:
            threshold: Decision threshold on the probability of the second class, in [0, 1];
                needed, and used, with two classes only.

        Raises:
            ValueError: If there are two classes and no threshold.
        """
        return predicted_classes(self.probabilities, threshold)


@dataclass(frozen=True, slots=True)
class ClassCount:
    """Number of images and patients of one class in a split.

    Attributes:
        split: Name of the split.
        label: Position of the class.
        num_images: Images of the class.
        num_patients: Patients with at least one such image.
    """

    split: str
    label: int
    num_images: int
    num_patients: int


def splits(predictions: pd.DataFrame) -> tuple[str, ...]:
    """The splits in the table, the test split first."""
    found = set(predictions["split"].unique())
    return tuple(name for name in SPLITS if name in found) + tuple(sorted(found - set(SPLITS)))


def select(
    predictions: pd.DataFrame, task: Task, *, split: str, are_probabilities: bool = True
) -> HeldOut:
    """The predictions of one split.

    Args:
        predictions: The bundle's predictions table.
        task: The classes of the model.
        split: Name of the split, such as `test`.
        are_probabilities: Whether scores can be read as probabilities.
    """
    rows = predictions[predictions["split"] == split]
    if task.binary:
        probabilities = class_probabilities(rows["probability"].to_numpy(np.float64))
    else:
        probabilities = rows[list(task.classes)].to_numpy(np.float64)
    text = {
        name: rows[name].to_numpy().astype(np.str_)
        for name in ("patient_id", "subgroup", "image_id", "path")
    }
    return HeldOut(
        split=split,
        y_true=rows["y_true"].to_numpy(np.int64),
        probabilities=probabilities,
        patients=patient_codes(group_of_each(rows), num_cases=len(rows)),
        named_patients=text["patient_id"],
        subgroups=text["subgroup"],
        image_ids=text["image_id"],
        paths=text["path"],
        are_probabilities=are_probabilities,
    )


def group_of_each(rows: pd.DataFrame) -> NDArray[np.str_]:
    """The unit of resampling of each row of a predictions table, see `sampling_units`."""
    # Older tables lack this column: each image is then its own group.
    stand_in = rows[GROUP_ID if GROUP_ID in rows else "image_id"].to_numpy().astype(np.str_)
    return sampling_units(rows["patient_id"].astype(str).tolist(), stand_in)


def subgroups_of(predictions: pd.DataFrame, *, split: str) -> dict[str, NDArray[np.str_]]:
    """What the images of one split can be grouped by.

    Args:
        predictions: The predictions table.
        split: Name of the split, such as `test`.

    Returns:
        Name of the grouping, empty where it has none -> subgroup of each image, `(num_images,)`,
        empty where it is unknown.
    """
    rows = predictions[predictions["split"] == split]
    named = {
        str(name).removeprefix(SUBGROUP): rows[name]
        for name in rows
        if str(name).startswith(SUBGROUP)
    }
    found = named or {"": rows["subgroup"]}
    return {name: values.to_numpy().astype(np.str_) for name, values in found.items()}


def count_classes(cases: HeldOut) -> tuple[ClassCount, ...]:
    """Images and patients of each class. A patient may have images of several classes."""
    return tuple(
        ClassCount(
            split=cases.split,
            label=label,
            num_images=int((cases.y_true == label).sum()),
            num_patients=count_patients(cases, cases.y_true == label),
        )
        for label in range(cases.num_classes)
    )


def count_patients(cases: HeldOut, which: NDArray[np.bool_] | None = None) -> int:
    """Number of patients of all images, or of selected ones.

    Args:
        cases: The predictions of one split.
        which: Images to include, bool `(num_images,)`; None includes all.
    """
    return len(pd.unique(pd.Series(cases.patients if which is None else cases.patients[which])))
