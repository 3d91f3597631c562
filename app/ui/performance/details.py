"""The details on the Performance page, below its key figures."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.charts import calibration as calibration_charts
from app.charts import learning as learning_charts
from app.core.bundles.task import Task
from app.core.performance import formatting
from app.core.performance.calibration_check import CalibrationCheck
from app.core.performance.classifications import Histogram
from app.core.performance.learning import LearningCurve
from app.core.performance.predictions import ClassCount
from app.ui import components
from app.ui.performance.splits import SPLIT_LABELS

_HEIGHT = 380
_VIEWS = (
    "Misclassified films", "Calibration", "Subgroups", "Comparison", "Training", "Counts",
)  # fmt: skip


def pick_view(*, trained: bool) -> str:
    """Lets the user choose which details are shown.

    Args:
        trained: Whether it is about a model, whose training is known.
    """
    return str(
        st.segmented_control(
            "Details",
            [view for view in _VIEWS if trained or view != "Training"],
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
    axis = probability_title(task)
    positive = task.display_name(task.classes[1])
    outcome_title = f"Proportion that is {positive}" if task.binary else "Proportion correct"
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
        _histograms("Probabilities", histograms, task, axis, threshold)
    error = check.error.corrected
    reaches_zero = error.low < 0.0005  # as shown
    verdict = " The interval reaches 0: no evidence of a calibration error." if reaches_zero else ""
    st.caption(
        "Left: images per bin above the diagram. Right: misclassified images on the bars. "
        f"Expected calibration error {formatting.figure(error)} (95 % interval "
        f"{formatting.figure_interval(error)}; {formatting.sample_text(error, unit)}), corrected "
        f"for what chance adds; {check.error.counted:.3f} as counted.{verdict} "
        f"Brier score {formatting.figure(check.brier)} (95 % interval "
        f"{formatting.figure_interval(check.brier)}; {formatting.sample_text(check.brier, unit)})."
    )


def scores(histograms: Sequence[Histogram], task: Task, *, threshold: float | None) -> None:
    """Histograms of scores that are no probabilities, whose calibration cannot be judged.

    Args:
        histograms: Images by score.
        task: Classes and their display names.
        threshold: The decision threshold; None with more than two classes.
    """
    st.info(
        "Calibration compares probabilities with what happened. These scores are not "
        "probabilities, so only their distribution is shown."
    )
    axis = probability_title(task, are_probabilities=False)
    _histograms("Scores", histograms, task, axis, threshold)


def _histograms(
    title: str, histograms: Sequence[Histogram], task: Task, axis: str, threshold: float | None
) -> None:
    class_names = [task.display_name(name) for name in task.classes]
    components.figure(
        title,
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
        alt="Number of correctly and incorrectly classified images by score",
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


def count_table(counts: Sequence[ClassCount], task: Task, unit: str, *, trained: bool) -> None:
    """Number of images and patients, or groups, by split and class.

    Args:
        counts: One entry for each split and class.
        task: Classes and their display names.
        unit: What was resampled, see `HeldOut.unit`.
        trained: Whether it is about a model.
    """
    rows = [
        {
            "Split": SPLIT_LABELS.get(count.split, count.split),
            "Class": task.display_name(task.classes[count.label]),
            "Images": f"{count.num_images:,}",
            column_of(unit): f"{count.num_patients:,}",
        }
        for count in counts
    ]
    components.table(rows, key="performance_counts", figures=["Images", column_of(unit)])
    about_training = (
        " There are no predictions for the training split; its counts are on the model card."
        if trained
        else ""
    )
    st.caption(f"A {unit} may have images of several classes.{about_training}")


def column_of(unit: str) -> str:
    """The heading of a column that counts patients, or groups.

    Args:
        unit: What was resampled, see `HeldOut.unit`.
    """
    return f"{unit.capitalize()}s"


def probability_title(task: Task, *, are_probabilities: bool = True) -> str:
    """What the probability or score of an image is of.

    Args:
        task: Classes and their display names.
        are_probabilities: Whether scores can be read as probabilities.
    """
    of = task.display_name(task.classes[1]) if task.binary else "the predicted class"
    return f"Probability of {of}" if are_probabilities else f"Score for {of}"
