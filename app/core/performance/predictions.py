"""The predictions table of a bundle as arrays: truth, probabilities, patients, files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.bundle import GROUP_ID, Task

SPLITS = ("test", "val")


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """One split of the predictions table.

    Attributes:
        split: Its name in the table, such as `test`.
        y_true: Positions of the true classes, `(num_images,)`.
        probabilities: Calibrated, one column a class, `(num_images, num_classes)`.
        patients: Who an image is of. Images without a patient stand for themselves, or as one
            for the group of near-duplicates that was kept on one side of the split.
        named_patients: The same as the table has it, empty where it names none.
        subgroups: Empty where the table names none.
        image_ids: SHA-256 of the files.
        paths: Where the files lay below the trainer's data folder.
    """

    split: str
    y_true: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    patients: NDArray[np.str_]
    named_patients: NDArray[np.str_]
    subgroups: NDArray[np.str_]
    image_ids: NDArray[np.str_]
    paths: NDArray[np.str_]

    @property
    def num_images(self) -> int:
        """How many images there are."""
        return len(self.y_true)

    @property
    def unit(self) -> str:
        """What `patients` counts: `patient`, or `group` where the table names none."""
        return "patient" if (self.named_patients != "").any() else "group"

    @property
    def num_classes(self) -> int:
        """How many classes the model tells apart, whether or not each occurs."""
        return int(self.probabilities.shape[1])

    def predicted(self, threshold: float | None = None) -> NDArray[np.int64]:
        """Positions of the classes the model calls, `(num_images,)`.

        Args:
            threshold: Probability of the second class from which it is predicted, with two
                classes; None calls the likeliest class.
        """
        if threshold is None:
            return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)
        return (self.probabilities[:, 1] >= threshold).astype(np.int64)


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many images of a class a split holds, and of how many patients."""

    split: str
    label: int
    num_images: int
    num_patients: int


def splits(predictions: pd.DataFrame) -> tuple[str, ...]:
    """The splits the table holds, the test split first."""
    found = set(predictions["split"])
    return tuple(name for name in SPLITS if name in found) + tuple(sorted(found - set(SPLITS)))


def select(predictions: pd.DataFrame, task: Task, *, split: str) -> HeldOut:
    """The rows of one split as arrays."""
    rows = predictions[predictions["split"] == split]
    if task.binary:
        positive = rows["probability"].to_numpy(np.float64)
        probabilities = np.stack([1 - positive, positive], axis=1)
    else:
        probabilities = rows[list(task.classes)].to_numpy(np.float64)
    text = {
        name: rows[name].to_numpy().astype(np.str_)
        for name in ("patient_id", "subgroup", "image_id", "path")
    }
    # In tables that were written before there was this column, an image stands for itself.
    stand_in = text["image_id"]
    if GROUP_ID in rows:
        stand_in = rows[GROUP_ID].to_numpy().astype(np.str_)
    # A prefix keeps a group apart from a patient of the same name.
    patients = [
        f"patient {patient}" if patient else f"group {group}"
        for patient, group in zip(text["patient_id"], stand_in, strict=True)
    ]
    return HeldOut(
        split=split,
        y_true=rows["y_true"].to_numpy(np.int64),
        probabilities=probabilities,
        patients=np.array(patients, dtype=np.str_),
        named_patients=text["patient_id"],
        subgroups=text["subgroup"],
        image_ids=text["image_id"],
        paths=text["path"],
    )


def count_classes(cases: HeldOut) -> tuple[ClassCount, ...]:
    """Images and patients of each class; a patient may have images of several."""
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
    """How many patients the images are of, or those that `which` marks."""
    return len(np.unique(cases.patients if which is None else cases.patients[which]))
