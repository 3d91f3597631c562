"""Labelled images with their results, as figures and tables take them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.bundles.findings import column
from app.core.errors import DatasetError, Status
from app.core.gate.reason_words import reasons_in_words
from app.core.performance.findings import LabelledFindings
from app.core.performance.predictions import HeldOut
from app.core.performance.sampling_units import sampling_units
from app.core.results.rows import row
from app.core.review.findings import results_of_finding
from app.core.scoring.prediction import Prediction
from app.core.scoring.result import Result
from model_training.data.datasets import Case
from model_training.reports.patients import describe_patients


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Labelled images with their results.

    Attributes:
        bundle: The bundle that scored them.
        classes: Names of the classes that the cases' labels index.
        cases: The labelled images.
        results: One per case, in the same order.
        groups: Group of each image that was scored, as returned by `scoring.split_groups`,
            shape `(num_scored,)`.
    """

    bundle: Bundle
    classes: tuple[str, ...]
    cases: list[Case]
    results: list[Result]
    groups: NDArray[np.int64]

    @property
    def refused(self) -> Counter[str]:
        """Number of images without a score, by reason code."""
        return Counter(result.reason_code for result in self.results if result.prediction is None)

    def without_score(self, status: Status) -> list[tuple[Case, str]]:
        """The images of one status, each with its reason code, in order.

        Args:
            status: `refused` by the gate or the decoder, `unreadable` or `failed`.
        """
        return [
            (case, result.reason_code)
            for case, result in zip(self.cases, self.results, strict=True)
            if result.status == status
        ]

    @property
    def image_ids(self) -> list[str]:
        """SHA-256 of each scored image."""
        return [result.image_id for result in self.results if result.prediction is not None]

    @property
    def patients(self) -> str:
        """The number of patients of the scored images, as worded by `describe_patients`.

        Raises:
            DatasetError: If none was scored.
        """
        ids = [case.patient_id for case, _, _ in self._with_prediction()]
        return describe_patients(sampling_units(ids, self.groups), [bool(one) for one in ids])

    def held_out(self) -> HeldOut:
        """The scored images, with classes in the bundle's order; empty if there are no images.

        Raises:
            DatasetError: If there are images, and none was scored.
        """
        task = self.bundle.manifest.task
        predicted = self._with_prediction() if self.cases else []
        return HeldOut(
            split="evaluated",
            y_true=np.array(
                [task.classes.index(self.classes[case.label]) for case, _, _ in predicted], np.int64
            ),
            probabilities=np.array(
                [prediction.class_probabilities for _, _, prediction in predicted], np.float64
            ).reshape(len(predicted), len(task.classes)),
            patients=sampling_units([case.patient_id for case, _, _ in predicted], self.groups),
            named_patients=np.array([case.patient_id for case, _, _ in predicted], np.str_),
            subgroups=np.array([case.subgroup for case, _, _ in predicted], np.str_),
            image_ids=np.array([result.image_id for _, result, _ in predicted], np.str_),
            paths=np.array([case.name for case, _, _ in predicted], np.str_),
        )

    def of_finding(self, finding: str) -> Scored:
        """The images that are labelled for one finding, as scored by a model with two classes.

        Args:
            finding: A finding that both the bundle and the data have.

        Raises:
            ValueError: If one of them does not have it.
        """
        bundle, given = self.bundle.of_finding(finding), self.classes.index(finding)
        place = self.bundle.manifest.task.classes.index(finding)
        cases, results, predicted = [], [], []
        for case, result in zip(self.cases, self.results, strict=True):
            presence = case.findings[given]
            if result.prediction is not None:
                predicted.append(presence is not None)
            if presence is not None:
                cases.append(replace(case, label=presence, findings=()))
                results.append(result)
        return Scored(
            bundle,
            bundle.manifest.task.classes,
            cases,
            results_of_finding(results, place),
            self.groups[np.array(predicted, bool)],
        )

    def together(self) -> LabelledFindings:
        """The scored images for all findings that the data have.

        Raises:
            DatasetError: If none was scored.
        """
        places = [self.bundle.manifest.task.classes.index(name) for name in self.classes]
        predicted = self._with_prediction()
        patient_ids = [case.patient_id for case, _, _ in predicted]
        return LabelledFindings(
            split="evaluated",
            labels=np.array([case.findings for case, _, _ in predicted], np.float64),
            probabilities=np.array(
                [prediction.class_probabilities for _, _, prediction in predicted]
            )[:, places],
            patients=sampling_units(patient_ids, self.groups),
            named_patients=np.array(patient_ids),
        )

    def table(self) -> pd.DataFrame:
        """The results table with patient, subgroup and truth, one row per image, refused or not."""
        known = pd.DataFrame(
            {
                "patient_id": [case.patient_id for case in self.cases],
                "subgroup": [case.subgroup for case in self.cases],
                **self._truth(),
            }
        )
        return pd.DataFrame([row(result, self.bundle) for result in self.results]).join(known)

    def _truth(self) -> dict[str, Any]:
        if not self.bundle.manifest.task.any_of:
            return {"truth": [self.classes[case.label] for case in self.cases]}
        return {
            column("truth", name): pd.Series(
                [case.findings[number] for case in self.cases], dtype="Int64"
            )
            for number, name in enumerate(self.classes)
        }

    def _with_prediction(self) -> list[tuple[Case, Result, Prediction]]:
        predicted = [
            (case, result, result.prediction)
            for case, result in zip(self.cases, self.results, strict=True)
            if result.prediction is not None
        ]
        if not predicted:
            raise DatasetError(
                f"None of the {len(self.cases)} images could be scored: "
                f"{reasons_in_words(self.refused)}. {self._advice()}"
            )
        return predicted

    def _advice(self) -> str:
        """What to do where no image was scored."""
        if all(result.status == "failed" for result in self.results):
            return (
                f"That is the fault of {self.bundle.name!r}, not of the images: check it with "
                "`overread verify`, and train or export it again."
            )
        return f"Expected images like those {self.bundle.name!r} was trained on; check the folder."
