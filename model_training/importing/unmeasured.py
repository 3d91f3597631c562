"""Publishes an imported network of whose quality nothing is known, and says so everywhere."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from app.core.bundles.bundle import Bundle
from app.core.bundles.decision_rule import NOT_CHOSEN, Calibration, Finding, Thresholds
from app.core.bundles.findings import FINDING_COLUMNS, column
from app.core.bundles.heatmap import Heatmap
from app.core.bundles.manifest import FORMAT_OF_GRAPH, FORMAT_WITHOUT_FIGURES, Manifest
from app.core.bundles.predictions_table import GROUP_ID, PREDICTION_COLUMNS
from app.core.bundles.task import Task
from app.core.bundles.training_data import Data
from model_training.bundling import export
from model_training.fitting.publishing import Description
from model_training.fitting.task import make_task
from model_training.importing.description import Provenance, about_training, network_input
from model_training.importing.imported import Imported
from model_training.importing.refusal import NotImportedError

_SPLITS = ("train", "val", "test")


def publish_unmeasured(
    out: Path, imported: Imported, *, description: Description, provenance: Provenance
) -> Bundle:
    """Writes an imported network as a bundle without figures, whose every answer is uncertain.

    Args:
        out: Folder of the bundle; must not exist.
        imported: The network.
        description: Title, source, licence and the like.
        provenance: Where the network is from, and how a film is fitted to it.

    Raises:
        BundleError: If the network read back scores differently.
        NotImportedError: If the names of the classes cannot be used.
    """
    task = task_of(imported, description)
    manifest = Manifest(
        format=FORMAT_OF_GRAPH if imported.is_graph else FORMAT_WITHOUT_FIGURES,
        quality="unknown",
        name=out.name,
        task=task,
        input=network_input(imported, provenance, description),
        heatmap=Heatmap(layer=imported.network.heatmap_layer, scale=None),
        **_decisions(task),
        data=_no_data(task, description),
        training=about_training(imported, provenance),
        versions=export.library_versions(),
        files={},
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    shape = (4, manifest.input.height, manifest.input.width, manifest.input.channels)
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    contents = export.Contents(
        manifest,
        imported.network,
        history=pd.DataFrame({"epoch": pd.Series(dtype=int)}),
        predictions=_no_predictions(task),
        notes=list(imported.notes),
        samples=description.samples,
        remarks=description.remarks,
        not_tested=("Any image at all: nothing was measured.", *description.not_tested),
    )
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as work:
        return export.publish(out, contents, work=Path(work) / "bundle", check_pixels=pixels)


def task_of(imported: Imported, description: Description) -> Task:
    """The task of an imported network.

    Args:
        imported: The network and its classes.
        description: Its title, and names under which classes are displayed.

    Raises:
        NotImportedError: If the names of the classes cannot be used.
    """
    try:
        return make_task(
            imported.classes,
            description.title,
            imported.task,
            display_names=description.display_names,
        )
    except ValidationError as error:
        problems = "; ".join(str(problem["msg"]) for problem in error.errors())
        raise NotImportedError(
            f"The names of the classes cannot be used: {problems}. Choose others with --classes."
        ) from None


def _decisions(task: Task) -> dict[str, Any]:
    """Thresholds that promise nothing: all answers lie between the edges of the zones."""
    decided = task.any_of or task.binary
    thresholds = Thresholds(
        decision=0.5 if decided else 0.0,
        uncertain_low=0.0,
        uncertain_high=1.0,
        rule=f"{'a probability of 0.5' if decided else 'the most likely class'}, {NOT_CHOSEN}",
        chosen_on=NOT_CHOSEN,
    )
    calibration = Calibration(method="temperature", temperature=1.0, fitted_on=NOT_CHOSEN)
    if not task.any_of:
        return {"thresholds": thresholds, "calibration": calibration}
    finding = Finding(thresholds=thresholds, calibration=calibration)
    return {"findings": dict.fromkeys(task.classes, finding)}


def _no_data(task: Task, description: Description) -> Data:
    none = {split_name: dict.fromkeys(task.classes, 0) for split_name in _SPLITS}
    return Data(
        name="none",
        source=description.source,
        licence=description.licence,
        fingerprint="",
        counts=none,
        patients=dict.fromkeys(_SPLITS, 0),
        labelled=none if task.any_of else {},
    )


def _no_predictions(task: Task) -> pd.DataFrame:
    """A table of predictions with all of its columns and no row."""
    if task.any_of:
        shared = [name for name in PREDICTION_COLUMNS if name not in FINDING_COLUMNS]
        own = [column(name, finding) for finding in task.classes for name in FINDING_COLUMNS]
        return pd.DataFrame(columns=[*shared, GROUP_ID, *own])
    by_class = task.classes if len(task.classes) > 2 else ()
    return pd.DataFrame(columns=[*PREDICTION_COLUMNS, GROUP_ID, *by_class])
