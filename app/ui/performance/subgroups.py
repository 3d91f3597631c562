"""The subgroups on the Performance page: sensitivity and specificity of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.bundles.task import Task
from app.core.evidence.evidence import Results
from app.core.performance import formatting
from app.core.performance.classifications import SubgroupResult, subgroup_results
from app.core.performance.predictions import HeldOut, subgroups_of
from app.ui import components
from app.ui.cache import performance as cached
from app.ui.performance.details import column_of


def show(held_out: HeldOut, results: Results, *, threshold: float | None) -> None:
    """Sensitivity and specificity, or proportion correct, for each subgroup.

    Args:
        held_out: The predictions of the split.
        results: The model, or results without one.
        threshold: The decision threshold; None with more than two classes.
    """
    groupings = subgroups_of(cached.predictions(results), split=held_out.split)
    found = subgroup_results(held_out, threshold=threshold, subgroups=_pick(groupings))
    trained = isinstance(results, Bundle)
    _table(found, results.manifest.task, held_out.unit, trained=trained)


def _pick(groupings: Mapping[str, NDArray[np.str_]]) -> NDArray[np.str_]:
    """The subgroup of each image; where there are several groupings, the user chooses."""
    names = list(groupings)
    if len(names) == 1:
        return groupings[names[0]]
    chosen = st.segmented_control(
        "Compared by", names, default=names[0], required=True,
        key=f"performance_subgroups_{'_'.join(names)}", persist_state="session",
    )  # fmt: skip
    return groupings[str(chosen)]


def _table(results: Sequence[SubgroupResult], task: Task, unit: str, *, trained: bool) -> None:
    if not results:
        what = (
            "train with a manifest that has a `subgroup` column"
            if trained
            else "add the results with the column of a subgroup"
        )
        st.info(
            "The predictions have no subgroups. To compare, for example, sexes, ages or scanners, "
            f"{what}."
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
            column_of(unit): f"{result.right.num_patients:,}",
        }
        for result in results
    ]
    components.table(
        rows,
        key="performance_subgroups",
        figures=["Value", "95 % interval", "Images", column_of(unit)],
    )
    st.caption(
        "Small subgroups have wide intervals. If two intervals overlap widely, these images do "
        "not show a difference between the subgroups."
    )
