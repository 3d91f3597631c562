"""How good a model is on the images it was not trained on."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.performance.performance import (
    BinaryPerformance,
    CalibrationCheck,
    MulticlassPerformance,
    check_calibration,
    evaluate_binary,
    evaluate_multiclass,
)
from app.core.performance.predictions import HeldOut, select
from app.core.performance.proportions import DecisionMetrics, evaluate_decisions
from app.ui.cache.names import NAMED_BY


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=8, show_spinner="Reading the predictions")
def predictions(bundle: Bundle) -> pd.DataFrame:
    """The bundle's predictions table."""
    return bundle.predictions()


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=16, show_spinner=False)
def held_out(bundle: Bundle, split: str) -> HeldOut:
    """One split of the bundle's predictions, such as `test`."""
    return select(predictions(bundle), bundle.manifest.task, split=split)


@st.cache_resource(
    hash_funcs=NAMED_BY, max_entries=16, show_spinner="Bootstrapping confidence intervals"
)
def binary_performance(bundle: Bundle, split: str) -> BinaryPerformance:
    """Curves and AUC of a two-class bundle on one split, such as `test`."""
    return evaluate_binary(held_out(bundle, split))


@st.cache_resource(
    hash_funcs=NAMED_BY, max_entries=16, show_spinner="Bootstrapping confidence intervals"
)
def multiclass_performance(bundle: Bundle, split: str) -> MulticlassPerformance:
    """Curves and AUC of a bundle of more classes on one split, such as `test`."""
    return evaluate_multiclass(held_out(bundle, split))


# One entry a place of the slider; quick enough to need no spinner.
@st.cache_resource(hash_funcs=NAMED_BY, max_entries=64, show_spinner=False)
def decision_metrics(
    bundle: Bundle, split: str, threshold: float | None, label: int = 1
) -> DecisionMetrics:
    """Sensitivity, PPV and so on at a decision threshold.

    Args:
        bundle: The model.
        split: Such as `test`.
        threshold: In [0, 1]; None where the most probable class is predicted.
        label: Index of the class that counts as positive.
    """
    return evaluate_decisions(held_out(bundle, split), threshold=threshold, label=label)


@st.cache_resource(
    hash_funcs=NAMED_BY, max_entries=16, show_spinner="Comparing probabilities with outcomes"
)
def calibration(bundle: Bundle, split: str) -> CalibrationCheck:
    """How well the bundle's probabilities are calibrated on one split, such as `test`."""
    return check_calibration(held_out(bundle, split))
