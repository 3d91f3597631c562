"""Adapts a decision, and judges each film by what was fitted without its patient."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.core.adaptation.before_and_after import compare, outcome_of
from app.core.adaptation.enough import require_enough
from app.core.adaptation.films import LocalFilms
from app.core.adaptation.fitting import Decision, fit_decision
from app.core.adaptation.left_out import left_out_sentences
from app.core.adaptation.wanted import Wanted
from app.core.bundles.adaptation import Comparison
from app.core.bundles.decision_rule import Thresholds
from app.core.bundles.task import Task
from app.core.statistics.recalibration import calibrated

NUM_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """An adaptation, and how it does on films that it was not fitted on.

    Attributes:
        decision: Fitted on all films.
        probabilities: Of each film, by what was fitted without its patient, in [0, 1],
            `(num_films, num_classes)`.
        figures: Before and after, on films held out by patient.
    """

    decision: Decision
    probabilities: NDArray[np.float64]
    figures: tuple[Comparison, ...]


def adapt_decision(films: LocalFilms, base: Decision, task: Task, wanted: Wanted) -> Fitted:
    """Fits on all films, and five times on four fifths of the patients to compare on the rest.

    Args:
        films: The labelled films of the place.
        base: What the bundle decides by.
        task: The classes.
        wanted: What the zones are to promise.

    Raises:
        DatasetError: If there are too few films, or one class is missing.
    """
    left_out = left_out_sentences(films.left_out, films.examples)
    require_enough(films.labels, films.units, task, left_out=left_out)
    decision = fit_decision(films, base, wanted)
    folds = _folds(films, wanted.seed)
    num_films = len(films.labels)
    after = [decision] * num_films
    for fold in range(NUM_FOLDS):
        held_out = np.flatnonzero(folds == fold)
        others = films.select(np.flatnonzero(folds != fold))
        part = fit_decision(others, base, wanted, is_part=True)
        fitted = replace(part, thresholds=_with_zones_of(decision.thresholds, part.thresholds))
        for position in held_out:
            after[position] = fitted
    probabilities = np.concatenate(
        [
            calibrated(films.logits[[position]], one.calibration)
            for position, one in enumerate(after)
        ]
    )
    before = calibrated(films.logits, base.calibration)
    figures = compare(
        outcome_of(films, before, [base] * num_films, task),
        outcome_of(films, probabilities, after, task),
        task,
    )
    return Fitted(decision, probabilities, figures)


def _with_zones_of(whole: Thresholds, part: Thresholds) -> Thresholds:
    """The zones of a part without those that all films do not show: they are none of the place."""
    guarantee = part.guarantee
    if guarantee is None:
        return part
    none = {"found": False, "inside": 0}
    changed = {}
    if guarantee.rule_out is not None and not whole.rules_out:
        changed["rule_out"] = guarantee.rule_out.model_copy(update=none)
    if not whole.rules_in:
        changed["rule_in"] = guarantee.rule_in.model_copy(update=none)
    return part.model_copy(update={"guarantee": guarantee.model_copy(update=changed)})


def _folds(films: LocalFilms, seed: int) -> NDArray[np.int64]:
    """The fold of each film; those of a patient are in one, and classes are spread over all."""
    random = np.random.default_rng(seed)
    names, unit = np.unique(films.units.names, return_inverse=True)
    # A patient counts as the rarest of the classes that he has films of.
    rarity = np.argsort(np.argsort(np.bincount(films.labels)))
    rarest = np.full(len(names), len(rarity))
    np.minimum.at(rarest, unit, rarity[films.labels])
    order = np.lexsort((random.random(len(names)), rarest))
    fold = np.empty(len(names), np.int64)
    fold[order] = np.arange(len(names)) % NUM_FOLDS
    return fold[unit]
