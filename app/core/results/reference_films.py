"""The held-out films that a bundle ships, as a folder is compared with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import REFERENCE_SAMPLE
from app.core.bundles.findings import column
from app.core.bundles.task import Task
from app.core.errors import BundleError
from app.core.gate.image_statistics import NAMES
from app.core.gate.known_films import read_sample_table
from app.core.gate.reference import load_reference
from app.core.gate.reservoir import Answer
from app.core.gate.sample import Sample
from app.core.networks.class_logits import class_probabilities
from app.core.performance.predictions import group_of_each
from app.core.performance.sampling_units import sampling_units
from app.core.scoring.prediction import Prediction, predict_findings
from app.core.statistics.decisions import predicted_classes
from app.core.statistics.recalibration import recalibrated

_DISTANCE, _GROUP = "distance", "group"
_OF_FINDINGS = ("no finding", "a finding")


def reference_films(bundle: Bundle) -> Sample | None:
    """The held-out films that a bundle ships; None if it has none.

    Raises:
        BundleError: If the reference of the bundle cannot be used.
    """
    reference = load_reference(bundle)
    if reference is None or REFERENCE_SAMPLE not in bundle.manifest.files:
        return None
    table = read_sample_table(bundle, num_films=len(reference.sample))
    scores, answers = _answers(table, bundle)
    has_distances = _DISTANCE in table
    # Divided by the limit of the bundle, which an adaptation may have raised.
    reach = 1.0 if bundle.adaptation is None else bundle.adaptation.reach
    return Sample(
        # Of bundles that do not say, all films of the reference count as familiar.
        distances=_numbers(table, [_DISTANCE])[:, 0] / reach
        if has_distances
        else np.full(len(table), np.nan),
        coordinates=reference.sample.astype(np.float32),
        statistics=_numbers(table, [name for name in NAMES if name in table]).astype(np.float32),
        scores=scores,
        answers=answers,
        groups=_patients(table, bundle),
    )


def answer_names(task: Task) -> tuple[str, ...]:
    """What a model can answer, as it is displayed: its classes, or whether there is a finding."""
    if task.any_of:
        return _OF_FINDINGS
    return tuple(task.display_name(name) for name in task.classes)


def answer_of(prediction: Prediction) -> Answer:
    """What a folder is compared by: probability and answer, or whether there is a finding.

    Args:
        prediction: Of an image.
    """
    if prediction.findings:
        return Answer(prediction.probability, int(prediction.zone == "positive"))
    return Answer(prediction.probability, prediction.class_index)


def _answers(table: pd.DataFrame, bundle: Bundle) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Shown probability and answer of each film, as they are of one that is scored."""
    manifest, task = bundle.manifest, bundle.manifest.task
    if task.any_of:
        rows = _probabilities(table, [column("probability", name) for name in task.classes])
        found = [
            answer_of(predict_findings(manifest, probabilities=row, raw_probabilities=row))
            for row in rows.tolist()
        ]
        return np.array([one.score for one in found]), np.array([one.answer for one in found])
    if task.binary:
        both = _shown(class_probabilities(_probabilities(table, ["probability"])[:, 0]), bundle)
        return both[:, 1], predicted_classes(both, manifest.thresholds.decision)
    of_classes = _shown(_probabilities(table, list(task.classes)), bundle)
    return of_classes.max(axis=1), predicted_classes(of_classes)


def _shown(probabilities: NDArray[np.float64], bundle: Bundle) -> NDArray[np.float64]:
    """Probabilities as they are shown: by the calibration of the place, if there is one."""
    if bundle.adaptation is None:
        return probabilities
    return recalibrated(
        probabilities,
        before=bundle.adaptation.base_calibration,
        after=bundle.adaptation.calibration,
    )


def _patients(table: pd.DataFrame, bundle: Bundle) -> NDArray[np.str_]:
    """Patient of each film, or what stands for one, `(n,)`: the table of films names none."""
    predictions = replace(bundle, adapted_in=None).predictions()
    known = dict(zip(predictions["image_id"], group_of_each(predictions), strict=True))
    # Named as those are: a group is not the patient of the same name.
    others = sampling_units([""] * len(table), table[_GROUP])
    pairs = zip(table["image_id"], others.tolist(), strict=True)
    return np.array([known.get(image_id, group) for image_id, group in pairs], np.str_)


def _numbers(table: pd.DataFrame, names: list[str]) -> NDArray[np.float64]:
    """Columns of the table of held-out films, `(n, len(names))`.

    Raises:
        BundleError: If one is missing, or holds anything but numbers.
    """
    try:
        return table[names].astype(np.float64).to_numpy()
    except (KeyError, ValueError):
        raise BundleError(
            f"{REFERENCE_SAMPLE} of the bundle lacks a number in the columns {names}. Add the "
            "reference again with `overread-train reference`."
        ) from None


def _probabilities(table: pd.DataFrame, names: list[str]) -> NDArray[np.float64]:
    """The same of columns that hold probabilities.

    Raises:
        BundleError: If one is missing, or holds anything but numbers from 0 to 1.
    """
    found = _numbers(table, names)
    if not ((found >= 0) & (found <= 1)).all():
        raise BundleError(
            f"{REFERENCE_SAMPLE} of the bundle contains probabilities that are not numbers from 0 "
            "to 1. Add the reference again with `overread-train reference`."
        )
    return found
