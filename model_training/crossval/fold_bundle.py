"""Publishes the networks of a cross-validation as one bundle."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from app.core.bundles.bundle import Bundle
from app.core.networks.network import silence_tensorflow
from model_training.config import TrainingConfig
from model_training.crossval.fold import UNSHIFTED, VIEWS, Fold, load_networks, pooled_logits
from model_training.data.splits import Split
from model_training.evaluation import evaluation
from model_training.evaluation.evaluation import Outcome
from model_training.evaluation.finding_evaluation import (
    FindingsOutcome,
    fit_findings_on_validation,
)
from model_training.fitting.publishing import Description, publish
from model_training.fitting.run_folder import check_out
from model_training.preparation.films import Films
from model_training.training.experiment import Trained


def publish_ensemble(
    folds: Sequence[Fold],
    films: Films,
    out: Path,
    *,
    config: TrainingConfig,
    description: Description,
) -> Bundle:
    """Merges the networks of the folds and publishes them; the logit is the mean of theirs.

    Threshold and calibration are chosen on the cases of the folds, each scored by the one
    network that was not trained on its patient. The test split, which was in no fold, is
    scored by the merged network.

    Args:
        folds: As returned by `folds.crossvalidate`, with the test split left out.
        films: The data they were trained on.
        out: Folder of the bundle; must not exist.
        config: The settings of each fold.
        description: Title, source and licence for the model card.
    """
    silence_tensorflow()
    from model_training.networks.ensemble import merge

    check_out(out, description.samples)
    in_folds = np.concatenate([fold.positions for fold in folds])
    splits = np.full(len(films.cases), "test", dtype="<U5")
    splits[in_folds] = "val"
    films = _with_notes(films.with_splits(splits.tolist()), len(folds))
    network = merge(load_networks(folds))
    views = VIEWS if config.shifted_validation else (UNSHIFTED,)
    logits = pooled_logits(folds, len(films.cases))
    by_view = [pooled_logits(folds, len(films.cases), view)[in_folds] for view in views]
    test = films.positions("test")
    logits[test] = evaluation.score(network, films.pixels, films.rows[test])
    outcome: Outcome | FindingsOutcome
    if films.task == "any-of":
        outcome = fit_findings_on_validation(
            network,
            films.pixels,
            films.rows,
            films.classes,
            logits=logits,
            validation=in_folds,
            views=by_view,
            validation_labels=films.findings[in_folds],
            threshold_rule=config.threshold_rule,
            units=films.units(in_folds),
        )
    else:
        outcome = evaluation.fit_on_validation(
            network,
            films.pixels,
            films.rows,
            logits=logits,
            validation=in_folds,
            validation_logits=np.concatenate(by_view),
            validation_labels=np.tile(films.labels[in_folds], len(views)),
            threshold_rule=config.threshold_rule,
            units=films.units(in_folds),
        )
    work = out.parent / f".{out.name}-training"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        return publish(
            out,
            films,
            Trained(network, _mean_history(folds), sum(fold.minutes for fold in folds)),
            outcome,
            config=config,
            description=description,
            work=work,
            more={"members": len(folds)},
        )
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _with_notes(films: Films, num_folds: int) -> Films:
    notes = [
        *films.split.notes,
        f"The network is an ensemble of {num_folds} networks, and its logit is the mean of theirs. "
        f"Each was trained without one of {num_folds} folds of the patients; the rows of `val` "
        "are scored by the network that did not see that patient, and those of `test` by all.",
    ]
    return replace(films, split=Split(films.cases, notes))


def _mean_history(folds: Sequence[Fold]) -> pd.DataFrame:
    """The mean of the folds' figures by epoch, up to the length of the shortest fold."""
    shortest = min(len(fold.history) for fold in folds)
    tables = [fold.history.iloc[:shortest] for fold in folds]
    return pd.concat(tables).groupby(level=0).mean().astype({"epoch": int})
