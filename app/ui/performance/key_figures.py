"""The key figures of the Performance page: of two classes at a threshold, or of several classes."""

from __future__ import annotations

from app.core.bundles.bundle import Bundle
from app.core.evidence.evidence import Results
from app.core.performance.predictions import HeldOut
from app.core.statistics import metrics
from app.ui.cache import performance as cached
from app.ui.performance import figures, prevalence, taking


def of_two_classes(held_out: HeldOut, results: Results, threshold: float) -> None:
    """Cards and curves at a threshold, and what they become at another prevalence.

    Args:
        held_out: The predictions of the split.
        results: The model, or results without one.
        threshold: The decision threshold.
    """
    truth, score = held_out.y_true, held_out.probabilities[:, 1]
    task, own = results.manifest.task, results.manifest.thresholds.decision
    names = [task.display_name(name) for name in task.classes]
    performance = cached.binary_performance(results, held_out.split)
    decisions = cached.decision_metrics(results, held_out.split, threshold)
    figures.binary_cards(decisions, performance, held_out.unit)
    figures.binary_figures(
        metrics.confusion_matrix(truth, held_out.predicted(threshold), num_classes=2),
        metrics.operating_point(truth, score, threshold=threshold),
        metrics.operating_point(truth, score, threshold=own),
        performance,
        names,
        held_out.unit,
    )
    prevalence.at_own_site(decisions, performance.prevalence, names[1])
    if isinstance(results, Bundle):
        taking.offer_threshold(results, threshold)


def of_classes(held_out: HeldOut, results: Results) -> None:
    """Figures of each of several classes against all others.

    Args:
        held_out: The predictions of the split.
        results: The model, or results without one.
    """
    task, split = results.manifest.task, held_out.split
    names = [task.display_name(name) for name in task.classes]
    decisions = [
        cached.decision_metrics(results, split, None, label) for label in range(len(task.classes))
    ]
    figures.multiclass_figures(
        metrics.confusion_matrix(
            held_out.y_true, held_out.predicted(), num_classes=len(task.classes)
        ),
        decisions,
        cached.multiclass_performance(results, split),
        names,
        held_out.unit,
    )
    prevalence.of_one_class(decisions, names)
