"""The key figures and curves at the top of the Performance page."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.charts import performance as charts
from app.core.adaptation.check_words import summary
from app.core.bundles.adaptation import LOCAL
from app.core.bundles.adaptation_checks import read_checks
from app.core.bundles.bundle import Bundle
from app.core.markdown import escape_markdown
from app.core.performance import formatting
from app.core.performance.performance import BinaryPerformance, MulticlassPerformance
from app.core.performance.predictions import HeldOut, count_classes, count_patients
from app.core.performance.promises import promises
from app.core.performance.proportions import (
    ClusteredProportion,
    DecisionMetrics,
    evaluate_zones,
)
from app.core.performance.sampling_units import about_units
from app.core.statistics.bootstrap import Interval
from app.core.statistics.metrics import OperatingPoint
from app.ui import components
from app.ui.performance.splits import SPLIT_LABELS, split_title

_HEIGHT = 264
_CELL = 56  # height of a row of a larger confusion matrix, in pixels
_ZOOM = "Drag to zoom in; double-click to reset."


def describe(held_out: HeldOut, bundle: Bundle, threshold: float | None) -> None:
    """Describes the images behind the figures, and warns if the figures are optimistic.

    Args:
        held_out: The predictions of the split.
        bundle: The model.
        threshold: The current decision threshold; None with more than two classes.
    """
    chosen_on = bundle.manifest.thresholds.chosen_on
    counts = (count.num_images for count in count_classes(held_out))
    classes = escape_markdown(formatting.by_class(counts, bundle.manifest.task))
    text = (
        f"{split_title(held_out.split)}: {formatting.counted(held_out.num_images, 'image')} of "
        f"{formatting.counted(count_patients(held_out), held_out.unit)} ({classes}). "
    )
    if about := about_units(held_out.named_patients):
        text += f"{about} "
    if held_out.split == LOCAL:
        text += (
            "Each was judged by what was fitted without its patient. The threshold shown was "
            "fitted on all of them, so figures at it are a little optimistic."
        )
    elif chosen_on.lower().startswith(held_out.split):
        text += (
            "The threshold and the calibration were chosen on these images, so the figures are "
            "optimistic. Report those of the test split."
        )
    elif threshold is not None and threshold != bundle.manifest.thresholds.decision:
        text += (
            "The threshold was changed. If you choose one by looking at these figures, they no "
            "longer test it."
        )
    elif threshold is not None:
        text += f"The threshold was chosen on the {chosen_on} split, not on these images."
    st.caption(text)


def zone_promises(held_out: HeldOut, bundle: Bundle) -> None:
    """What the zones promise, and what lies in them in this split.

    Args:
        held_out: The predictions of the split.
        bundle: The model.
    """
    thresholds, task = bundle.manifest.thresholds, bundle.manifest.task
    sentences = promises(thresholds, task)
    if not sentences:
        return
    lines = "\n".join(f"- {sentence}" for sentence in sentences)
    here = ""
    if task.binary:
        found = evaluate_zones(held_out, thresholds)
        split_name = SPLIT_LABELS.get(held_out.split, held_out.split).lower()
        here = (
            f"\n- On the {split_name} split, {formatting.proportion_in_full(found.missed)} of the "
            "positives are ruled out, and "
            f"{formatting.proportion_in_full(found.precision)} of the films ruled in are positive. "
            f"{formatting.count_of_total(found.to_be_read)} films are left to be read."
        )
    checks = [summary(one, task) for one in reversed(read_checks(bundle))]
    checked = "".join(f"\n- Checked on other films on {one}" for one in checks)
    with st.expander("What the zones promise"):
        st.markdown(lines + here + checked)


def binary_cards(decisions: DecisionMetrics, performance: BinaryPerformance, unit: str) -> None:
    """Cards with the eight key figures of a two-class model.

    Args:
        decisions: Figures at the decision threshold.
        performance: Figures independent of the threshold.
        unit: What was resampled, see `HeldOut.unit`.
    """
    narrow = _interval_note(performance.auc, unit)
    prevalence = (
        f"At the prevalence of this split, {formatting.percent(performance.prevalence)}; "
        "the clinical prevalence will differ."
    )
    upper, lower = st.columns(4), st.columns(4)
    with upper[0]:
        _over_patients("Sensitivity", decisions.sensitivity, unit)
    with upper[1]:
        _over_patients("Specificity", decisions.specificity, unit)
    with upper[2]:
        components.proportion("PPV", decisions.ppv, note=prevalence)
    with upper[3]:
        components.proportion("NPV", decisions.npv, note=prevalence)
    with lower[0]:
        components.auc("AUC", performance.auc, unit=unit, note=narrow)
    with lower[1]:
        components.auc("Average precision", performance.average_precision, unit=unit, note=narrow)
    with lower[2]:
        _over_patients("Accuracy", decisions.accuracy, unit)
    with lower[3]:
        components.proportion(
            "F1",
            decisions.f1,
            note="Harmonic mean of sensitivity and PPV: 2 TP / (2 TP + FP + FN).",
        )


def _over_patients(label: str, proportion: ClusteredProportion, unit: str) -> None:
    note = (
        f"{formatting.counted(proportion.num_patients, unit)}. Wilson interval, widened for "
        f"several images of one {unit} (Rao and Scott 1992)."
    )
    components.proportion(label, proportion, note=note)


def _interval_note(interval: Interval, unit: str) -> str:
    method = formatting.interval_method(interval.num_cases, unit)
    if not interval.num_resamples:
        return (
            f"Interval {method}. For values close to 1 with fewer than about 200 images of a "
            "class, it is too narrow."
        )
    return (
        f"{method.capitalize()}, {interval.num_resamples:,} resamples. For values close to 1 with "
        f"fewer than about 200 {unit}s, the interval is too narrow."
    )


def binary_figures(
    matrix: NDArray[np.int64],
    point: OperatingPoint,
    own: OperatingPoint,
    performance: BinaryPerformance,
    class_names: Sequence[str],
    unit: str,
) -> None:
    """Confusion matrix, ROC curve and precision-recall curve, with the threshold on each.

    Args:
        matrix: Counts, `(2, 2)`; rows are reference classes, columns predictions.
        point: The model at the current threshold.
        own: The model at its own threshold.
        performance: The curves.
        class_names: Display names of the classes.
        unit: What was resampled, see `HeldOut.unit`.
    """
    left, middle, right = st.columns(3)
    with left:
        components.figure(
            "Confusion matrix",
            charts.confusion_matrix(matrix, class_names, height=_HEIGHT),
            key="performance_matrix",
            alt=f"{point.tp} true positives, {point.fp} false positives, {point.fn} false "
            f"negatives, {point.tn} true negatives",
        )
    with middle:
        components.figure(
            "ROC",
            charts.roc(performance.roc, point, own, height=_HEIGHT),
            key="performance_roc",
            note=_ZOOM,
            alt=f"Sensitivity {formatting.percent(point.sensitivity)} at specificity "
            f"{formatting.percent(point.specificity)}",
        )
    with right:
        components.figure(
            "Precision–recall",
            charts.precision_recall(
                performance.precision_recall, point, own, performance.prevalence, height=_HEIGHT
            ),
            key="performance_precision_recall",
            note=_ZOOM,
            alt=f"PPV {formatting.percent(point.ppv)} at sensitivity "
            f"{formatting.percent(point.sensitivity)}",
        )
    _explain_missing_interval(performance, unit)


def multiclass_figures(
    matrix: NDArray[np.int64],
    decisions: Sequence[DecisionMetrics],
    performance: MulticlassPerformance,
    class_names: Sequence[str],
    unit: str,
) -> None:
    """Accuracy and mean AUC, confusion matrix, ROC curves, and a table of classes.

    Args:
        matrix: Counts, `(num_classes, num_classes)`; rows are reference classes, columns
            predictions.
        decisions: Figures of each class against all others.
        performance: Curves and areas.
        class_names: Display names of the classes.
        unit: What was resampled, see `HeldOut.unit`.
    """
    correct = decisions[0].accuracy
    height = max(_HEIGHT, _CELL * (len(class_names) + 1))
    cards, left, right = st.columns([1, 2, 2])
    with cards:
        components.proportion("Accuracy", correct)
        components.auc(
            "Macro AUC",
            performance.macro_auc,
            unit=unit,
            note=_interval_note(performance.macro_auc, unit),
        )
    with left:
        components.figure(
            "Confusion matrix, with row percentages",
            charts.confusion_matrix(matrix, class_names, height=height),
            key="performance_matrix",
            alt=f"{formatting.count_of_total(correct)} images classified correctly",
        )
    with right:
        names = [
            f"{word} {formatting.figure(auc)}"
            for word, auc in zip(class_names, performance.auc, strict=True)
        ]
        components.figure(
            "ROC, each class against the others",
            charts.class_rocs(performance.roc, names, height=height),
            key="performance_roc",
            note=_ZOOM,
            alt=f"Area under the curve: {', '.join(names)}",
        )
    class_table(decisions, performance, class_names, unit)


def _explain_missing_interval(performance: BinaryPerformance, unit: str) -> None:
    if isnan(performance.auc.value):
        st.caption("AUC needs images of both classes; this split has only one.")
    elif performance.auc.degenerate:
        st.caption(
            f"No interval for the AUC: every resample of the "
            f"{formatting.counted(performance.auc.num_groups, unit)} gave the same value. "
            "This sample has no counter-example, which does not mean that there are none."
        )


def class_table(
    decisions: Sequence[DecisionMetrics],
    performance: MulticlassPerformance,
    class_names: Sequence[str],
    unit: str,
) -> None:
    """Sensitivity, PPV and AUC of each class against all others.

    Args:
        decisions: Sensitivity and PPV of each class.
        performance: AUC of each class.
        class_names: Display names of the classes.
        unit: What was resampled, see `HeldOut.unit`.
    """
    rows = [
        {
            "Class": word,
            "Sensitivity": formatting.proportion_in_full(decision.sensitivity),
            "PPV": formatting.proportion_in_full(decision.ppv),
            "AUC": f"{formatting.figure(auc)} ({formatting.figure_interval(auc)})",
        }
        for word, decision, auc in zip(class_names, decisions, performance.auc, strict=True)
    ]
    method = formatting.interval_method(performance.macro_auc.num_cases, unit)
    components.table(rows, key="performance_classes", figures=["Sensitivity", "PPV", "AUC"])
    st.caption("Each class against all others. In brackets 95 % intervals. Proportions: "
               f"Wilson, widened for several images of one {unit} (Rao and Scott 1992). AUC: "
               f"{method}.")  # fmt: skip
