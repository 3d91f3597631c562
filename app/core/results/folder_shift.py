"""How the results of a folder differ from the films that their bundle was tested on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.atomic_write import write_whole
from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import REFERENCE_SAMPLE
from app.core.bundles.findings import column
from app.core.bundles.reference_section import Reference
from app.core.bundles.task import Task
from app.core.errors import BundleError
from app.core.gate.familiarity import UNFAMILIAR
from app.core.gate.image_statistics import NAMES
from app.core.gate.known_films import read_sample_table
from app.core.gate.reference import load_reference
from app.core.gate.reservoir import Answer, Reservoir
from app.core.gate.sample import Sample
from app.core.gate.shift import Shift, compare
from app.core.networks.class_logits import class_probabilities
from app.core.performance.predictions import group_of_each
from app.core.performance.sampling_units import sampling_units
from app.core.scoring.prediction import Prediction, predict_findings
from app.core.scoring.result import Result
from app.core.statistics.decisions import predicted_classes
from app.core.statistics.metrics import Proportion
from app.core.statistics.recalibration import recalibrated

_DISTANCE, _GROUP = "distance", "group"
_OF_FINDINGS = ("no finding", "a finding")
# A rule refused it, and a reader judged it all the same.
_OVERRIDDEN = "overridden"


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


def add_result(reservoir: Reservoir, result: Result) -> None:
    """Adds an image to what is compared; one that could not be read does not count.

    An image that a reader has judged in spite of the gate counts as refused: it is as foreign to
    the model as before. One that was put right first counts as the film that it is then.

    Args:
        reservoir: The images so far.
        result: What became of the next one.
    """
    if result.chosen.override:
        reservoir.add_refused(_code_of_overridden(result), result.observation)
    elif result.prediction is not None:
        reservoir.add(result.observation, _answer(result.prediction))
    elif result.status == "refused":
        reservoir.add_refused(result.reason_code, result.observation)


def compare_results(results: Iterable[Result], bundle: Bundle) -> Shift | None:
    """How a folder differs from the reference of a bundle; None if the bundle has none.

    Args:
        results: What became of the images of the folder.
        bundle: The bundle that judged them.

    Raises:
        BundleError: If the reference of the bundle cannot be used.
    """
    if bundle.manifest.reference is None:
        return None
    reservoir = Reservoir()
    for result in results:
        add_result(reservoir, result)
    return compare_folder(reservoir, bundle)


def compare_folder(reservoir: Reservoir, bundle: Bundle) -> Shift | None:
    """How a folder differs from the reference of a bundle; None if the bundle has none.

    Args:
        reservoir: The images of the folder.
        bundle: The bundle that judged them.

    Raises:
        BundleError: If the reference of the bundle cannot be used.
    """
    films, section = reference_films(bundle), bundle.manifest.reference
    if films is None or section is None:
        return None
    return compare(
        reservoir,
        films,
        reference_refused=_refused_at_home(
            films, section, is_adapted=bundle.adaptation is not None
        ),
        answers=answer_names(bundle.manifest.task),
        place=bundle.adaptation.place if bundle.adaptation is not None else "",
        is_adaptable=not bundle.manifest.task.any_of,
    )


def _refused_at_home(films: Sample, section: Reference, *, is_adapted: bool) -> Proportion:
    """How many held-out films are refused, by the limit that is in force.

    The counts of a bundle are of its own limit. An adaptation's is wider, so the films that the
    bundle ships are counted again, if their distances are known.

    Args:
        films: The held-out films, with distances divided by the limit in force.
        section: The reference of the bundle.
        is_adapted: Whether the limit is that of an adaptation.
    """
    if not is_adapted or not np.isfinite(films.distances).all():
        return Proportion(section.refused, section.of)
    return Proportion(int((films.distances > 1).sum()), len(films))


def answer_names(task: Task) -> tuple[str, ...]:
    """What a model can answer, as it is displayed: its classes, or whether there is a finding."""
    if task.any_of:
        return _OF_FINDINGS
    return tuple(task.display_name(name) for name in task.classes)


def shift_path(table: Path) -> Path:
    """Where the comparison of a table's images is written."""
    return table.with_name(f"{table.name}.shift.json")


def write_shift(table: Path, shift: Shift | None, bundle: Bundle) -> None:
    """Writes a comparison beside a table; without one, removes that of an earlier table.

    Args:
        table: The results table.
        shift: The comparison; None if the bundle has no reference.
        bundle: The bundle.
    """
    path = shift_path(table)
    if shift is None:
        path.unlink(missing_ok=True)
        return
    content = json.dumps(as_json(shift, bundle), indent=2, allow_nan=False, ensure_ascii=False)
    write_whole(path, f"{content}\n".encode())


def as_json(shift: Shift, bundle: Bundle) -> dict[str, Any]:
    """A comparison as JSON takes it, with denominators and 95 % intervals.

    Args:
        shift: The comparison.
        bundle: The bundle.
    """
    names = answer_names(bundle.manifest.task)
    counts = zip(names, shift.answers, shift.reference_answers, strict=True)
    totals = sum(shift.answers), sum(shift.reference_answers)
    return {
        "bundle": bundle.name,
        "bundle_sha256": bundle.sha256,
        "matters": shift.matters,
        "sentence": shift.sentence,
        "detail": shift.detail,
        "refused": _proportion(shift.refused),
        "refused_of_validation": _proportion(shift.reference_refused),
        "reasons": dict(shift.reasons),
        "answers": [
            {
                "answer": name,
                "folder": _proportion(Proportion(count, totals[0])),
                "reference": _proportion(Proportion(reference, totals[1])),
            }
            for name, count, reference in counts
        ],
        "films_compared": shift.num_compared,
        "films_of_reference": shift.num_reference,
        "reference_matched_by_answer": shift.is_matched,
        "tests": [
            {
                "what": one.what,
                "test": one.test,
                "effect": round(one.effect, 4),
                "least_effect": round(one.least, 4),
                "p_corrected": float(f"{one.p:.3g}"),
                "folder": _rounded(one.folder),
                "reference": _rounded(one.reference),
                "matters": one.matters,
            }
            for one in shift.differences
        ],
    }


def _proportion(proportion: Proportion) -> dict[str, float | None]:
    low, high = proportion.interval()
    return {
        "count": proportion.successes,
        "of": proportion.total,
        "proportion": _rounded(proportion.value),
        "low": _rounded(low),
        "high": _rounded(high),
    }


def _rounded(value: float | None) -> float | None:
    return round(value, 4) if value is not None and isfinite(value) else None


def _code_of_overridden(result: Result) -> str:
    """Why the gate refused an image that was judged all the same, of which only this is known."""
    is_far = result.observation is not None and result.observation.distance > 1
    return result.reason_code or (UNFAMILIAR if is_far else _OVERRIDDEN)


def _answer(prediction: Prediction) -> Answer:
    if prediction.findings:
        return Answer(prediction.probability, int(prediction.zone == "positive"))
    return Answer(prediction.probability, prediction.class_index)


def _answers(table: pd.DataFrame, bundle: Bundle) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Shown probability and answer of each film, as they are of one that is scored."""
    manifest, task = bundle.manifest, bundle.manifest.task
    if task.any_of:
        rows = _probabilities(table, [column("probability", name) for name in task.classes])
        found = [
            _answer(predict_findings(manifest, probabilities=row, raw_probabilities=row))
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
