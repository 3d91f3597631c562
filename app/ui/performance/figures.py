"""What the Performance page opens with: the key figures and their curves, drawn, not computed."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.charts import performance as charts
from app.core.bundles.bundle import Bundle
from app.core.performance import formatting
from app.core.performance.performance import BinaryPerformance, MulticlassPerformance
from app.core.performance.predictions import HeldOut, count_classes, count_patients
from app.core.performance.proportions import ClusteredProportion, DecisionMetrics
from app.core.statistics.metrics import OperatingPoint
from app.ui import components

SPLIT_WORDS = {"test": "Test", "val": "Validation"}
_HEIGHT = 264
_CELL = 56  # height of a row of a larger confusion matrix, in pixels
_ZOOM = "Drag across a split to enlarge it; click twice to return."


def pick_split(splits: Sequence[str]) -> str:
    """The split of the data the page speaks of."""
    return str(
        st.segmented_control(
            "Part",
            splits,
            default=splits[0],
            required=True,
            format_func=lambda split: SPLIT_WORDS.get(split, split),
            key=f"performance_split_{'_'.join(splits)}",
            persist_state="session",
        )
    )


def describe(held_out: HeldOut, bundle: Bundle, threshold: float | None) -> None:
    """Which images the figures are of, and whether they can be taken at face value."""
    chosen_on = bundle.manifest.thresholds.chosen_on
    classes = ", ".join(
        f"{count.num_images:,} {bundle.manifest.task.display_name(name)}"
        for name, count in zip(bundle.manifest.task.classes, count_classes(held_out), strict=True)
    )
    split_name = SPLIT_WORDS.get(held_out.split, held_out.split)
    text = (
        f"{split_name} split: {formatting.counted(held_out.num_images, 'image')} of "
        f"{formatting.counted(count_patients(held_out), held_out.unit)} ({classes}). "
    )
    if held_out.unit == "group":
        text += (
            "Patients are not known: a group is an image with its near-duplicates, and intervals "
            "are too narrow where a patient has several. "
        )
    if chosen_on.lower().startswith(held_out.split):
        text += (
            "The threshold and the calibration were chosen on these very images, so the figures "
            "flatter the model. Report those of the test split."
        )
    elif threshold is not None and threshold != bundle.manifest.thresholds.decision:
        text += (
            "The threshold was moved. One chosen by looking at these figures is no longer tested "
            "by them."
        )
    elif threshold is not None:
        text += f"The threshold was chosen on the {chosen_on} split; these images had no say in it."
    st.caption(text)


def binary_cards(decisions: DecisionMetrics, performance: BinaryPerformance, unit: str) -> None:
    """The eight figures of a two-class model, each with denominator and interval."""
    narrow = _drawn(unit)
    prevalence = (
        f"At the prevalence of this split, {formatting.percent(performance.prevalence)}; "
        "it is another one on a ward."
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
            note="Harmonic mean of sensitivity and PPV: images found count twice, beside those "
            "missed and those false alarms.",
        )


def _over_patients(label: str, proportion: ClusteredProportion, unit: str) -> None:
    note = (
        f"{formatting.counted(proportion.num_patients, unit)}. Wilson interval, widened for "
        f"several images of one {unit} (Rao and Scott 1992)."
    )
    components.proportion(label, proportion, note=note)


def _drawn(unit: str) -> str:
    return (
        f"Bootstrap over {unit}s, 1,000 resamples. Close to 1 and with fewer than about 200 "
        f"{unit}s the interval is too narrow."
    )


def binary_figures(
    matrix: NDArray[np.int64],
    point: OperatingPoint,
    own: OperatingPoint,
    performance: BinaryPerformance,
    words: Sequence[str],
    unit: str,
) -> None:
    """Confusion matrix, ROC and precision-recall, with the threshold on each.

    Args:
        matrix: `(2, 2)`; rows are truth, columns what was predicted.
        point: At the threshold in use.
        own: At the model's own threshold.
        performance: The curves.
        words: The classes as a reader is told them.
        unit: What intervals draw, `HeldOut.unit`.
    """
    left, middle, right = st.columns(3)
    with left:
        components.figure(
            "Confusion matrix",
            charts.confusion_matrix(matrix, words, height=_HEIGHT),
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
    _say_why_no_interval(performance, unit)


def multiclass_figures(
    matrix: NDArray[np.int64],
    decisions: Sequence[DecisionMetrics],
    performance: MulticlassPerformance,
    words: Sequence[str],
    unit: str,
) -> None:
    """Accuracy and mean auc, confusion matrix, a ROC curve and a row of figures a class.

    Args:
        matrix: `(num_classes, num_classes)`; rows are truth, columns what was predicted.
        decisions: Each class against all others.
        performance: Curves and areas.
        words: The classes as a reader is told them.
        unit: What intervals draw, `HeldOut.unit`.
    """
    correct = decisions[0].accuracy
    height = max(_HEIGHT, _CELL * (len(words) + 1))
    cards, left, right = st.columns([1, 2, 2])
    with cards:
        components.proportion("Accuracy", correct)
        components.auc("Macro AUC", performance.macro_auc, unit=unit, note=_drawn(unit))
    with left:
        components.figure(
            "Confusion matrix, with proportions of each true class",
            charts.confusion_matrix(matrix, words, height=height),
            key="performance_matrix",
            alt=f"{formatting.out_of(correct)} images given their true class",
        )
    with right:
        names = [
            f"{word} {formatting.figure(auc)}"
            for word, auc in zip(words, performance.auc, strict=True)
        ]
        components.figure(
            "ROC, each class against the others",
            charts.class_rocs(performance.roc, names, height=height),
            key="performance_roc",
            note=_ZOOM,
            alt=f"Area under the curve: {', '.join(names)}",
        )
    class_table(decisions, performance, words, unit)


def _say_why_no_interval(performance: BinaryPerformance, unit: str) -> None:
    if isnan(performance.auc.value):
        st.caption("AUC needs images of both classes; this split holds one.")
    elif performance.auc.degenerate:
        st.caption(
            f"AUC without an interval: every resample of the "
            f"{formatting.counted(performance.auc.num_groups, unit)} gave the same figure. "
            f"These {unit}s hold no counter-example, which does not mean that there is none."
        )


def class_table(
    decisions: Sequence[DecisionMetrics],
    performance: MulticlassPerformance,
    words: Sequence[str],
    unit: str,
) -> None:
    """Sensitivity, PPV and AUC of each class against all others."""
    rows = [
        {
            "Class": word,
            "Sensitivity": formatting.proportion_in_full(decision.sensitivity),
            "PPV": formatting.proportion_in_full(decision.ppv),
            "AUC": f"{formatting.figure(auc)} ({formatting.figure_interval(auc)})",
        }
        for word, decision, auc in zip(words, decisions, performance.auc, strict=True)
    ]
    components.table(rows, key="performance_classes", figures=["Sensitivity", "PPV", "AUC"])
    st.caption("Each class against all others. In brackets 95 % intervals. Proportions: "
               f"Wilson, widened for several images of one {unit} (Rao and Scott 1992). AUC: "
               f"bootstrap over {unit}s.")  # fmt: skip
