"""Publishes a trained network and its description as a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from app.core.backends.running import AnyNetwork
from app.core.bundles.bundle import Bundle
from app.core.bundles.heatmap import Heatmap
from app.core.bundles.manifest import FORMAT_WITH_REFERENCE, Manifest
from app.core.bundles.network_input import Input
from app.core.bundles.training_data import Data
from app.core.images.reading import ReadOptions
from model_training.bundling import export
from model_training.bundling.data_record import data_record
from model_training.bundling.predictions import findings_table, predictions_table
from model_training.config import TrainingConfig
from model_training.console import say
from model_training.data.splits import split_table
from model_training.evaluation import evaluation
from model_training.evaluation.evaluation import Outcome
from model_training.evaluation.finding_evaluation import FindingsOutcome
from model_training.fitting.task import make_task
from model_training.preparation.accepted import ANY_FILM, Accepted
from model_training.preparation.films import Films, network_input
from model_training.reference.build import (
    Built,
    TooFewFilmsError,
    build_reference,
)
from model_training.reference.faults import learned_as_right
from model_training.reference.held_out_pictures import with_pictures
from model_training.reference.known_cases import known_cases
from model_training.reference.similar_films import with_contradictions
from model_training.training.experiment import Trained


@dataclass(frozen=True, slots=True)
class Description:
    """What only a person can say about a model; written to bundle and card.

    Attributes:
        title: Such as `Pneumonia on chest radiographs`; by default the class names.
        data_name: Name of the data.
        source: Where the data come from.
        licence: The data's licence.
        accepted: Which films the model is for.
        samples: Folder of images to ship with the bundle.
        remarks: Markdown for the card: what was tried, and with what result.
        not_tested: What the model was not tested on, for the card.
        pictures: Whether the licence allows to ship small pictures of held-out images.
        display_names: Names under which classes are displayed, by class.
    """

    title: str | None = None
    data_name: str = "data"
    source: str = "not stated"
    licence: str = "not stated"
    accepted: Accepted = ANY_FILM
    samples: Path | None = None
    remarks: str = ""
    not_tested: tuple[str, ...] = ()
    pictures: bool = False
    display_names: Mapping[str, str] = field(default_factory=dict)


def publish(
    out: Path,
    films: Films,
    trained: Trained,
    outcome: Outcome | FindingsOutcome,
    *,
    config: TrainingConfig,
    description: Description,
    work: Path,
    more: Mapping[str, int] | None = None,
) -> Bundle:
    """Writes a trained network as a bundle.

    Args:
        out: Folder of the bundle.
        films: The data, with their split.
        trained: Network and history.
        outcome: Scores, threshold and calibration; with findings, of each.
        config: The settings.
        description: Title, source, licence and the like.
        work: Temporary folder on the same file system.
        more: Further entries of the manifest about the training.
    """
    size = network_input(config, description.accepted)
    reference = build_reference_of(trained.network, films, config, size)
    manifest = Manifest(
        format=FORMAT_WITH_REFERENCE,
        name=out.name,
        task=make_task(
            films.classes,
            description.title,
            films.task,
            display_names=description.display_names,
        ),
        input=size,
        heatmap=Heatmap(layer=trained.network.heatmap_layer, scale=outcome.heatmap_scale),
        **decisions(outcome),
        reference=None if reference is None else reference.section,
        data=describe_data(films, description),
        training=config.as_dict()
        | {
            "parameters": trained.network.model.count_params(),
            "epochs_run": len(trained.history),
            "best_epoch": evaluation.best_epoch(trained.history),
            "minutes": trained.minutes,
        }
        | dict(more or {}),
        versions=export.library_versions(),
        files={},
    )
    contents = contents_of(
        manifest,
        trained.network,
        films,
        outcome,
        history=trained.history,
        notes=films.split.notes,
        reference=reference,
        config=config,
        description=description,
    )
    return export.publish(
        out, contents, work=work / "bundle", check_pixels=films.pixels[films.rows[:16]]
    )


def contents_of(
    manifest: Manifest,
    network: AnyNetwork,
    films: Films,
    outcome: Outcome | FindingsOutcome,
    *,
    history: pd.DataFrame,
    notes: list[str],
    reference: Built | None,
    config: TrainingConfig,
    description: Description,
) -> export.Contents:
    """The contents of a bundle whose films were scored, with their tables.

    Args:
        manifest: With the task, the decisions and the section of the reference.
        network: The network.
        films: The films, with their split.
        outcome: Their scores.
        history: One row per epoch.
        notes: Lines about the data for the card.
        reference: As built; it is given what follows from the predictions.
        config: How files are read.
        description: What is shipped, and what the card says beside the figures.
    """
    predictions = _predictions(films, outcome)
    if reference is not None:
        reference = _completed(reference, films, manifest, predictions, config, description)
        manifest = manifest.model_copy(update={"reference": reference.section})
    return export.Contents(
        manifest,
        network,
        history,
        predictions,
        notes,
        description.samples,
        split_table(films.split, films.classes, films.digests),
        description.remarks,
        description.not_tested,
        reference,
    )


def describe_data(films: Films, description: Description) -> Data:
    """Counts and fingerprint of the data.

    Args:
        films: The data, with their split.
        description: Name, source and licence of the data.
    """
    return data_record(
        films.cases,
        films.digests,
        films.classes,
        name=description.data_name,
        source=description.source,
        licence=description.licence,
        patients_from=films.patients_from,
    )


def build_reference_of(
    network: AnyNetwork,
    films: Films,
    config: TrainingConfig,
    size: Input,
) -> Built | None:
    """How images are told that are unlike the known ones; None, and why, with too few of these.

    Args:
        network: The network.
        films: The films, with their split.
        config: How files are read, the seed, and which changes are no faults.
        size: The network's input.
    """
    try:
        return build_reference(
            network,
            known_cases(films.cases, films.digests, films.groups),
            network_input=size,
            reading=ReadOptions(config.frame),
            seed=config.seed,
            no_faults=learned_as_right(config.augmentation_options),
        )
    except TooFewFilmsError as error:
        say(f"{error} So images unlike them will not be refused.")
        return None


def _completed(
    built: Built,
    films: Films,
    manifest: Manifest,
    predictions: pd.DataFrame,
    config: TrainingConfig,
    description: Description,
) -> Built:
    """The reference with what follows from the predictions, and pictures if they are shipped."""
    built = with_contradictions(built, manifest, predictions)
    if not description.pictures:
        return built
    cases = known_cases(films.cases, films.digests, films.groups)
    reading = ReadOptions(config.frame)
    return with_pictures(built, cases, manifest, predictions, reading=reading)


def decisions(outcome: Outcome | FindingsOutcome) -> dict[str, Any]:
    """The entries of the manifest that decide about an image.

    Args:
        outcome: What was fitted on the validation films.
    """
    if isinstance(outcome, FindingsOutcome):
        return {"findings": outcome.findings}
    return {"thresholds": outcome.thresholds, "calibration": outcome.calibration}


def _predictions(films: Films, outcome: Outcome | FindingsOutcome) -> pd.DataFrame:
    """The predictions table of validation and test films."""
    if isinstance(outcome, FindingsOutcome):
        return findings_table(
            films.cases,
            films.digests,
            films.groups,
            films.classes,
            films.findings.astype(np.float64),
            outcome.class_logits,
            outcome.probabilities,
        )
    return predictions_table(
        films.cases,
        films.digests,
        films.groups,
        films.classes,
        outcome.class_logits,
        outcome.probabilities,
    )
