"""The figures of a cross-validation: by fold, over the folds, and pooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.findings import column
from app.core.performance.sampling_units import sampling_units, unit_of
from app.core.statistics.bootstrap import Interval, bootstrap_interval
from app.core.statistics.bootstrap_areas import auc_interval, auc_intervals
from app.core.statistics.curves import macro_auc
from model_training.crossval.fold import UNSHIFTED, VIEWS, Fold, pooled_probabilities
from model_training.evaluation import finding_figures
from model_training.evaluation.figures import as_numbers
from model_training.preparation.films import Films
from model_training.reports.patients import describe_patients

_RESAMPLES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """The figures of a cross-validation.

    Attributes:
        folds: One row per fold: `fold`, `images`, `patients` (or `groups`), `epochs`, then the
            figures on its held-out images, with its own threshold and calibration.
        views: One row per view of the images: mean over the folds and, as `worst ...`, the
            worst fold for each figure.
        pooled: Out-of-fold AUC (one-vs-rest macro mean for more than two classes, mean over
            findings), with its confidence interval over patients or groups.
        worst_view: The view with the lowest mean AUC.
        patients: Number of patients of all held-out images, as worded by `describe_patients`.
        unit: `patient` if the patients of all held-out images are known, else `group`: a patient
            or, where he is not known, an image with its near-duplicates.
    """

    folds: pd.DataFrame
    views: pd.DataFrame
    pooled: Interval
    worst_view: str
    patients: str
    unit: str

    @property
    def figures(self) -> list[str]:
        """The columns of `folds` that are figures."""
        counts = ("fold", "images", f"{self.unit}s", "epochs")
        return [str(name) for name in self.folds if name not in counts]


def summarise(folds: Sequence[Fold], films: Films) -> Summary:
    """Figures of every fold and view, and of all out-of-fold predictions together.

    Args:
        folds: The folds.
        films: The data they were trained on.
    """
    positions = np.concatenate([fold.positions for fold in folds])
    patient_ids = [films.cases[index].patient_id for index in positions]
    unit = unit_of(patient_ids)
    rows = [
        {
            "fold": number,
            "images": len(fold.positions),
            f"{unit}s": len(np.unique(_units(fold.positions, films))),
            "epochs": len(fold.history),
            **fold_figures(fold, films),
        }
        for number, fold in enumerate(folds, start=1)
    ]
    table = pd.DataFrame(rows)
    views = pd.DataFrame([_view_row(view, folds, films) for view in VIEWS])
    main = next(name for name in ("AUC", "macro AUC", "mean AUC") if name in table)
    worst = str(views["view"].iloc[int(views[main].fillna(np.inf).to_numpy(float).argmin())])
    patients = describe_patients(_units(positions, films), [bool(one) for one in patient_ids])
    return Summary(table, views, _pooled(folds, films), worst, patients, unit)


def fold_figures(fold: Fold, films: Films, view: str = UNSHIFTED) -> dict[str, float]:
    """Figures of a fold on its held-out images, by name; proportions are in [0, 1].

    Args:
        fold: The fold.
        films: The data it was trained on.
        view: One of `VIEWS`.
    """
    probabilities = fold.probabilities(view)
    if isinstance(fold.decided, dict):
        return finding_figures.as_numbers(
            films.findings[fold.positions], probabilities, films.classes
        )
    return as_numbers(
        films.labels[fold.positions],
        probabilities,
        threshold=fold.decided.thresholds.decision,
    )


def predictions_table(folds: Sequence[Fold], films: Films) -> pd.DataFrame:
    """Out-of-fold predictions, one row per image: fold, patient, truth, logit, probability.

    Args:
        folds: The folds.
        films: The data they were trained on.
    """
    probabilities = pooled_probabilities(folds, len(films.cases))
    tables = []
    for number, fold in enumerate(folds, start=1):
        cases = [films.cases[index] for index in fold.positions]
        logits = fold.logits[UNSHIFTED]
        table = pd.DataFrame(
            {
                "fold": number,
                "image_id": [films.digests[index] for index in fold.positions],
                "path": [case.name for case in cases],
                "patient_id": [case.patient_id for case in cases],
                "subgroup": [case.subgroup for case in cases],
            }
        )
        if isinstance(fold.decided, dict):
            tables.append(table.assign(**_finding_columns(fold, films, probabilities)))
            continue
        table["y_true"] = [case.label for case in cases]
        table["threshold"] = fold.decided.thresholds.decision
        if logits.shape[1] == 2:
            table["logit"] = np.round(logits[:, 1] - logits[:, 0], 6)
        for label, name in enumerate(films.classes):
            if logits.shape[1] > 2 or label == 1:
                column = name if logits.shape[1] > 2 else "probability"
                table[column] = np.round(probabilities[fold.positions, label], 9)
        tables.append(table)
    return pd.concat(tables, ignore_index=True).sort_values("path", ignore_index=True)


def _finding_columns(
    fold: Fold, films: Films, probabilities: NDArray[np.float64]
) -> dict[str, Any]:
    """Label, threshold, logit and probability of each finding."""
    labels, logits = films.findings[fold.positions], fold.logits[UNSHIFTED]
    columns: dict[str, Any] = {}
    decided = fold.decided if isinstance(fold.decided, dict) else {}
    for number, (name, finding) in enumerate(decided.items()):
        columns[column("y_true", name)] = pd.Series(labels[:, number], dtype="Int64")
        columns[column("threshold", name)] = finding.thresholds.decision
        columns[column("logit", name)] = np.round(logits[:, number], 6)
        columns[column("probability", name)] = np.round(probabilities[fold.positions, number], 9)
    return columns


def _units(positions: NDArray[np.int64], films: Films) -> NDArray[np.str_]:
    """The patient of each image, else its group, `(num_positions,)`.

    Not the group alone: near-duplicates of two patients are one group, but two patients.
    """
    patient_ids = [films.cases[index].patient_id for index in positions]
    return sampling_units(patient_ids, films.groups[positions])


def _view_row(view: str, folds: Sequence[Fold], films: Films) -> dict[str, object]:
    figures = pd.DataFrame([fold_figures(fold, films, view) for fold in folds])
    row: dict[str, object] = {"view": view}
    for name in map(str, figures):
        lower_is_worse = name != "calibration error"
        row[name] = figures[name].mean()
        row[f"worst {name}"] = figures[name].min() if lower_is_worse else figures[name].max()
    return row


def _pooled(folds: Sequence[Fold], films: Films) -> Interval:
    positions = np.concatenate([fold.positions for fold in folds])
    probabilities = pooled_probabilities(folds, len(films.cases))[positions]
    groups = _units(positions, films)
    if films.task == "any-of":
        return auc_intervals(films.findings[positions], probabilities, groups=groups)[0]
    labels = films.labels[positions]
    if probabilities.shape[1] == 2:
        return auc_interval(labels, probabilities[:, 1], groups=groups)

    def statistic(rows: NDArray[np.int64], _: NDArray[np.float64]) -> float:
        return macro_auc(labels[rows], probabilities[rows])

    rows = np.arange(len(labels))
    return bootstrap_interval(
        statistic, rows, rows.astype(float), groups=groups, num_resamples=_RESAMPLES
    )
