"""Each finding of an `any-of` bundle as a question of its own, with two answers.

Everything that is worked out for a model with two classes, from thresholds to ROC curves, is
worked out for a finding by the same code: it gets the manifest and the predictions of a model
with the classes `no <finding>` and `<finding>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from app.core.bundles.manifest import Manifest
from app.core.bundles.task import Task

# Columns of the predictions table that exist for each finding, see `column`.
FINDING_COLUMNS = ("y_true", "logit", "probability")


def column(name: str, finding: str) -> str:
    """Name of a finding's column in a table, such as `probability:effusion`.

    Args:
        name: What the column holds.
        finding: Name of the finding.
    """
    return f"{name}:{finding}"


def absent(finding: str) -> str:
    """Name of the class of images that do not show a finding."""
    return f"no {finding}"


def finding_task(task: Task, finding: str) -> Task:
    """The question about one finding: absent or present.

    Args:
        task: An `any-of` task.
        finding: One of its classes.

    Raises:
        ValueError: If there is no such finding.
    """
    _require_finding(task, finding)
    display_name = task.display_name(finding)
    return Task(
        title=f"{task.title}: {display_name}",
        classes=(absent(finding), finding),
        positive=finding,
        display_names={
            absent(finding): f"No {_inside_a_sentence(display_name)}",
            finding: display_name,
        },
    )


def finding_manifest(manifest: Manifest, finding: str) -> Manifest:
    """The manifest as that of a model with two classes: the finding is absent or present.

    Args:
        manifest: That of an `any-of` bundle.
        finding: One of its findings.

    Raises:
        ValueError: If there is no such finding.
    """
    task = finding_task(manifest.task, finding)
    without, present = task.classes
    labelled, decided = manifest.data.labelled, manifest.findings[finding]
    scale = manifest.heatmap.scale
    if isinstance(scale, dict):
        scale = scale[finding]
    counts = {
        split: {without: labelled[split][finding] - found[finding], present: found[finding]}
        for split, found in manifest.data.counts.items()
        if split in labelled
    }
    return manifest.model_copy(
        update={
            "task": task,
            "heatmap": manifest.heatmap.model_copy(update={"scale": scale}),
            "one_of_thresholds": decided.thresholds,
            "one_of_calibration": decided.calibration,
            "findings": {},
            "data": manifest.data.model_copy(update={"counts": counts, "labelled": {}}),
        }
    )


def with_missing_labels(predictions: pd.DataFrame, findings: Sequence[str]) -> pd.DataFrame:
    """The predictions table with the labels of findings as 0, 1, or NaN where not labelled.

    Args:
        predictions: As read from its file, in which an empty cell is a missing label.
        findings: Names of the findings.

    Raises:
        ValueError: If a label is not a number.
    """
    labels = {
        name: pd.to_numeric(predictions[name].replace("", np.nan)).astype(np.float64)
        for name in (column("y_true", finding) for finding in findings)
        if name in predictions
    }
    return predictions.assign(**labels)


def finding_predictions(predictions: pd.DataFrame, finding: str) -> pd.DataFrame:
    """The predictions for one finding, in the columns of a table with two classes.

    Args:
        predictions: As returned by `with_missing_labels`.
        finding: One of the findings.

    Returns:
        One row for each image that is labelled for the finding.
    """
    own = {column(name, finding): name for name in FINDING_COLUMNS}
    shared = [name for name in predictions if str(name).partition(":")[0] not in FINDING_COLUMNS]
    table = predictions[[*shared, *own]].rename(columns=own)
    table = table[table["y_true"].notna()]
    types: dict[str, Any] = {"y_true": np.int64}
    return table.astype(types).reset_index(drop=True)


def _require_finding(task: Task, finding: str) -> None:
    if not task.any_of or finding not in task.classes:
        raise ValueError(
            f"`finding` must be a finding of an any-of task. Received {finding!r}; the task is "
            f"{task.kind} and has {list(task.classes)}."
        )


def _inside_a_sentence(word: str) -> str:
    """The word without its capital, unless it is an abbreviation such as `TB`."""
    return word[:1].lower() + word[1:] if word[1:2].islower() else word
