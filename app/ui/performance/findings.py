"""The findings of an `any-of` model on the Performance page: which one, and all together."""

from __future__ import annotations

from math import isfinite

import streamlit as st

from app.charts import findings as charts
from app.core.bundles.bundle import Bundle
from app.core.evidence.evidence import Results
from app.core.markdown import escape_markdown
from app.core.performance import formatting, predictions
from app.core.performance.findings import CoOccurrence, LabelledFindings, co_occurrence
from app.core.performance.sampling_units import about_units
from app.ui import components, quality
from app.ui.cache import performance as cached
from app.ui.performance.splits import SPLIT_LABELS, pick_split, split_title

_ALL = "All findings"


def pick_finding(bundle: Results) -> str | None:
    """Lets the user choose the finding that the page describes; None for all together.

    Args:
        bundle: An `any-of` model, or results without one.
    """
    task = bundle.manifest.task
    place, _ = st.columns([1, 2])
    chosen = place.selectbox(
        "Finding",
        [_ALL, *task.classes],
        format_func=lambda name: name if name == _ALL else task.display_name(name),
        key=f"performance_finding_{bundle.sha256[:12]}",
        persist_state="session",
    )
    return None if chosen == _ALL else chosen


def say_missing_splits(bundle: Results, finding: str) -> None:
    """Says so if no image of a split is labelled for a finding.

    Args:
        bundle: An `any-of` model, or results without one.
        finding: One of its findings.
    """
    own = predictions.splits(cached.predictions(bundle.of_finding(finding)))
    for split in predictions.splits(cached.predictions(bundle)):
        if split not in own:
            shown = bundle.manifest.task.display_name(finding)
            st.info(f"No {_in_words(split)} images are labelled for {escape_markdown(shown)}.")


def show_all(bundle: Results) -> None:
    """The mean AUC, a table of the findings, and how often they occur together.

    Args:
        bundle: An `any-of` model, or results without one.
    """
    splits = predictions.splits(cached.predictions(bundle))
    if not splits:
        if isinstance(bundle, Bundle):
            quality.say_no_figures(bundle)
        return
    split = pick_split(splits)
    cases = cached.labelled_findings(bundle, split)
    _describe(cases, bundle)
    mean, _ = st.columns([1, 3])
    average = cached.mean_finding_auc(bundle, split)
    with mean:
        components.auc("Mean AUC", average, unit=cases.unit)
    if not isfinite(average.value):
        st.caption(
            "There is a mean only if every finding has images with it and images without it."
        )
    findings = [bundle.of_finding(name) for name in bundle.manifest.task.classes]
    sizes = [cached.held_out(finding, split).num_images for finding in findings]
    methods = dict.fromkeys(formatting.interval_method(size, cases.unit) for size in sizes)
    st.markdown("**Findings**")
    components.table(
        [_row(finding, split) for finding in findings],
        key="performance_findings",
        figures=["Shown by", "AUC", "Threshold", "Sensitivity", "Specificity"],
    )
    st.caption(
        "Each finding on the images that are labelled for it, at its own threshold. In brackets "
        f"95 % intervals. AUC: {' or '.join(methods)}. Proportions: Wilson, widened for several "
        f"images of one {cases.unit} (Rao and Scott 1992). Choose a finding above for its curves, "
        "calibration and misclassified films."
    )
    _show_co_occurrence(co_occurrence(cases), bundle)


def _describe(cases: LabelledFindings, bundle: Results) -> None:
    text = f"{split_title(cases.split)}: {formatting.counted(cases.num_images, 'image')}. "
    if about := about_units(cases.named_patients):
        text += f"{about} "
    chosen_on = {one.thresholds.chosen_on for one in bundle.manifest.findings.values()}
    if any(one.lower().startswith(cases.split) for one in chosen_on):
        text += (
            "The thresholds and calibrations were chosen on these images, so the figures are "
            "optimistic. Report those of the test split."
        )
    st.caption(text)


def _row(finding: Results, split: str) -> dict[str, str]:
    """One finding, as a bundle with two classes."""
    task, threshold = finding.manifest.task, finding.manifest.thresholds.decision
    held_out = cached.held_out(finding, split)
    name = task.display_name(task.classes[1])
    if not held_out.num_images:
        return {
            "Finding": name,
            "Shown by": f"no {_in_words(split)} images",
            "AUC": formatting.NO_FIGURE,
            "Threshold": formatting.threshold(threshold),
            "Sensitivity": formatting.NO_FIGURE,
            "Specificity": formatting.NO_FIGURE,
        }
    decisions = cached.decision_metrics(finding, split, threshold)
    auc = cached.finding_auc(finding, split)
    return {
        "Finding": name,
        "Shown by": f"{int(held_out.y_true.sum()):,} of {held_out.num_images:,} labelled",
        "AUC": f"{formatting.figure(auc)} ({formatting.figure_interval(auc)})",
        "Threshold": formatting.threshold(threshold),
        "Sensitivity": formatting.proportion_in_full(decisions.sensitivity),
        "Specificity": formatting.proportion_in_full(decisions.specificity),
    }


def _in_words(split: str) -> str:
    return SPLIT_LABELS.get(split, split).lower()


def _show_co_occurrence(found: CoOccurrence, bundle: Results) -> None:
    task = bundle.manifest.task
    components.figure(
        "Co-occurrence, as labelled",
        charts.co_occurrence_matrix(found, [task.display_name(name) for name in task.classes]),
        key="performance_co_occurrence",
        alt="How many of the images with one finding also show another",
    )
    st.caption(
        "Of the images that show the finding of the row and are labelled for that of the column, "
        "those that show both; on the diagonal, images with the finding among all labelled ones. "
        "Missing labels are not counted."
    )
