"""The details on the Performance page, below its key figures."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.charts import calibration as calibration_charts
from app.charts import learning as learning_charts
from app.core.bundles.task import Task
from app.core.performance import formatting
from app.core.performance.calibration_check import CalibrationCheck
from app.core.performance.classifications import Histogram, SubgroupResult
from app.core.performance.learning import LearningCurve
from app.core.performance.predictions import ClassCount
from app.ui import components
from app.ui.performance.figures import SPLIT_LABELS

_HEIGHT = 380
_VIEWS = ("Misclassified films", "Calibration", "Subgroups", "Training", "Counts")


def pick_view() -> str:
    """Lets the user choose which details are shown."""
    return str(
        st.segmented_control(
            "Details",
            _VIEWS,
            default=_VIEWS[0],
            required=True,
            key="performance_view",
            persist_state="session",
            label_visibility="collapsed",
        )
    )


def calibration(
    check: CalibrationCheck,
    histograms: Sequence[Histogram],
    task: Task,
    *,
    threshold: float | None,
    unit: str,
) -> None:
    """Reliability diagram and histograms of the probability, with a summary.

    Args:
        check: The calibration of the model.
        histograms: Images by probability.
        task: Classes and their display names.
        threshold: The decision threshold; None with more than two classes.
        unit: What was resampled, see `HeldOut.unit`.
    """
    class_names = [task.display_name(name) for name in task.classes]
    axis = probability_title(task)
    outcome_title = f"Proportion that is {class_names[1]}" if task.binary else "Proportion correct"
    left, right = st.columns(2)
    with left:
        components.figure(
            "Reliability",
            calibration_charts.reliability(
                check.bins, x_title=axis, y_title=outcome_title, height=_HEIGHT
            ),
            key="performance_reliability",
            alt="Observed against predicted frequency in ten bins of probability",
        )
    with right:
        components.figure(
            "Probabilities",
            calibration_charts.probability_histograms(
                histograms,
                [
                    "all classes" if histogram.label is None else class_names[histogram.label]
                    for histogram in histograms
                ],
                axis=axis,
                threshold=threshold,
                height=_HEIGHT,
            ),
            key="performance_histograms",
            alt="Number of correctly and incorrectly classified images by probability",
        )
    verdict = "more than" if check.error > check.error_by_chance else "no more than"
    st.caption(
        "Left: images per bin above the diagram. Right: misclassified images on the bars. "
        f"Expected calibration error {check.error:.3f} on "
        f"{formatting.counted(check.num_images, 'image')}, {verdict} expected by chance: in 95 % "
        f"of such samples a perfectly calibrated model stays below {check.error_by_chance:.3f}. "
        f"Brier score {formatting.figure(check.brier)} (95 % interval "
        f"{formatting.figure_interval(check.brier)}; {formatting.sample_text(check.brier, unit)})."
    )


def training(curves: Sequence[LearningCurve], *, best_epoch: int | None) -> None:
    """The learning curves, with the epoch whose weights were kept.

    Args:
        curves: One curve per metric.
        best_epoch: The epoch whose weights were kept; None if not recorded.
    """
    if not curves:
        st.info("This model has no training history.")
        return
    components.figure(
        "Learning curves",
        learning_charts.learning_curves(curves, best_epoch=best_epoch, height=_HEIGHT),
        key="performance_learning",
        alt="Training and validation metrics by epoch",
    )
    st.caption(
        "Training metrics use augmented images and dropout, validation metrics neither, so "
        "training may look worse than validation."
    )


def subgroup_table(results: Sequence[SubgroupResult], task: Task, unit: str) -> None:
    """Sensitivity and specificity, or proportion correct, for each subgroup.

    Args:
        results: One entry for each subgroup and true class.
        task: Classes and their display names.
        unit: What was resampled, see `HeldOut.unit`.
    """
    if not results:
        st.info(
            "The predictions have no subgroups. To compare, for example, sexes, ages or scanners, "
            "train with a manifest that has a `subgroup` column."
        )
        return
    names = ("Specificity", "Sensitivity") if task.binary else ("Sensitivity",) * len(task.classes)
    rows = [
        {
            "Subgroup": result.subgroup or "none given",
            "Truth": task.display_name(task.classes[result.label]),
            "Figure": names[result.label],
            "Value": formatting.percent(result.right),
            "95 % interval": formatting.percent_interval(result.right),
            "Images": formatting.count_of_total(result.right),
            _column(unit): f"{result.right.num_patients:,}",
        }
        for result in results
    ]
    components.table(
        rows,
        key="performance_subgroups",
        figures=["Value", "95 % interval", "Images", _column(unit)],
    )
    st.caption(
        "Small subgroups have wide intervals. If two intervals overlap widely, these images do "
        "not show a difference between the subgroups."
    )


def count_table(counts: Sequence[ClassCount], task: Task, unit: str) -> None:
    """Number of images and patients, or groups, by split and class.

    Args:
        counts: One entry for each split and class.
        task: Classes and their display names.
        unit: What was resampled, see `HeldOut.unit`.
    """
    rows = [
        {
            "Split": SPLIT_LABELS.get(count.split, count.split),
            "Class": task.display_name(task.classes[count.label]),
            "Images": f"{count.num_images:,}",
            _column(unit): f"{count.num_patients:,}",
        }
        for count in counts
    ]
    components.table(rows, key="performance_counts", figures=["Images", _column(unit)])
    st.caption(
        f"A {unit} may have images of several classes. There are no predictions for the training "
        "split; its counts are on the model card."
    )


def _column(unit: str) -> str:
    return f"{unit.capitalize()}s"


def probability_title(task: Task) -> str:
    """What the probability of an image is of.

    Args:
        task: Classes and their display names.
    """
    of = task.display_name(task.classes[1]) if task.binary else "the predicted class"
    return f"Probability of {of}"
