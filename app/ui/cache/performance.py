"""Cached performance of a model on its held-out images."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.core.evidence.evidence import Evidence, Results
from app.core.performance.calibration_check import CalibrationCheck, check_calibration
from app.core.performance.findings import LabelledFindings, mean_auc, select_findings
from app.core.performance.performance import (
    BinaryPerformance,
    MulticlassPerformance,
    evaluate_binary,
    evaluate_multiclass,
)
from app.core.performance.predictions import HeldOut, select
from app.core.performance.proportions import DecisionMetrics, evaluate_decisions
from app.core.statistics import intervals
from app.core.statistics.bootstrap import Interval
from app.ui.cache.names import NAMED_BY


# With 200,000 rows, a table or a split of it takes up to 100 megabytes.
@st.cache_resource(max_entries=4, show_spinner="Reading the predictions")
def _table(sha256: str, _bundle: Results) -> pd.DataFrame:
    return _bundle.table()


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=8, show_spinner="Reading the predictions")
def predictions(bundle: Results) -> pd.DataFrame:
    """The bundle's predictions table."""
    return bundle.predictions(_table(bundle.sha256, bundle))


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=16, show_spinner=False)
def held_out(bundle: Results, split: str) -> HeldOut:
    """The predictions of one split.

    Args:
        bundle: The model, or results without one.
        split: Name of the split, such as `test`.
    """
    return select(
        predictions(bundle),
        bundle.manifest.task,
        split=split,
        are_probabilities=not isinstance(bundle, Evidence) or bundle.are_probabilities,
    )


@st.cache_resource(
    hash_funcs=NAMED_BY, max_entries=16, show_spinner="Bootstrapping confidence intervals"
)
def binary_performance(bundle: Results, split: str) -> BinaryPerformance:
    """Threshold-independent performance of a two-class model.

    Args:
        bundle: The model, or results without one.
        split: Name of the split, such as `test`.
    """
    return evaluate_binary(held_out(bundle, split))


@st.cache_resource(
    hash_funcs=NAMED_BY, max_entries=16, show_spinner="Bootstrapping confidence intervals"
)
def multiclass_performance(bundle: Results, split: str) -> MulticlassPerformance:
    """Threshold-independent performance of a model with more than two classes.

    Args:
        bundle: The model, or results without one.
        split: Name of the split, such as `test`.
    """
    return evaluate_multiclass(held_out(bundle, split))


# One entry per slider position; fast enough not to need a spinner.
@st.cache_resource(hash_funcs=NAMED_BY, max_entries=64, show_spinner=False)
def decision_metrics(
    bundle: Results, split: str, threshold: float | None, label: int = 1
) -> DecisionMetrics:
    """Sensitivity, PPV and others at a decision threshold.

    Args:
        bundle: The model, or results without one.
        split: Name of the split, such as `test`.
        threshold: Decision threshold in [0, 1]; None predicts the most likely class.
        label: Position of the class that counts as positive.
    """
    return evaluate_decisions(held_out(bundle, split), threshold=threshold, label=label)


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=16, show_spinner="Checking the calibration")
def calibration(bundle: Results, split: str) -> CalibrationCheck:
    """Calibration of a model.

    Args:
        bundle: The model, or results without one.
        split: Name of the split, such as `test`.
    """
    return check_calibration(held_out(bundle, split))


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=16, show_spinner=False)
def labelled_findings(bundle: Results, split: str) -> LabelledFindings:
    """The predictions of one split for all findings.

    Args:
        bundle: An `any-of` model, or results without one.
        split: Name of the split, such as `test`.
    """
    return select_findings(predictions(bundle), bundle.manifest.task, split=split)


@st.cache_resource(
    hash_funcs=NAMED_BY, max_entries=16, show_spinner="Bootstrapping confidence intervals"
)
def mean_finding_auc(bundle: Results, split: str) -> Interval:
    """The mean AUC of all findings.

    Args:
        bundle: An `any-of` model, or results without one.
        split: Name of the split, such as `test`.
    """
    return mean_auc(labelled_findings(bundle, split))


@st.cache_resource(
    hash_funcs=NAMED_BY, max_entries=256, show_spinner="Bootstrapping confidence intervals"
)
def finding_auc(finding: Results, split: str) -> Interval:
    """The AUC of one finding.

    Args:
        finding: As returned by `Bundle.of_finding`.
        split: Name of the split, such as `test`.
    """
    cases = held_out(finding, split)
    return intervals.auc(cases.y_true, cases.probabilities[:, 1], groups=cases.patients)
