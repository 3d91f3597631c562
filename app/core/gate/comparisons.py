"""Each comparison of a folder with the reference: its effect, and the smallest one that matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.core.gate.home_folders import refused_by_chance
from app.core.gate.image_statistics import NAMES
from app.core.gate.sample import Sample
from app.core.gate.statistic_space import LEAST_STEPS, on_one_scale
from app.core.gate.two_samples import energy, kolmogorov_smirnov, proportions
from app.core.statistics.design_effect import design_effect
from app.core.statistics.metrics import Proportion

ALPHA = 0.05
# Directions in which the training films vary most; beyond, what differs drowns in noise.
_DIRECTIONS = 32

# Effects that matter are larger than these. Random halves of held-out chest films by patient differ
# by up to 0.33 (a gap of distributions), 0.005 (features) and 0.2 (proportions).
LEAST_GAP = 0.35
LEAST_APART = 0.015
LEAST_MOVED = 0.2
LEAST_REFUSED = 0.1
Test = Literal["energy", "kolmogorov-smirnov", "fisher", "chi-square"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One comparison of a folder with the reference.

    Attributes:
        what: `features`, `distance`, `probability`, `answers`, `refused`, the name of an image
            statistic, or `statistics` for all of them together.
        test: The test.
        effect: Its effect size, 0 if alike to 1: the share of the mean distance between films that
            is due to the samples (`energy`), the largest gap between the distributions
            (`kolmogorov-smirnov`), or by how much the proportions differ.
        least: The smallest effect that matters: one of the fixed limits, or what a folder of the
            reference's own films differs by, if that is more.
        p: Of the test, corrected for the number of tests by Holm's method.
        folder: Median of the folder, or its proportion; None for several figures or answers.
        reference: The same of the reference.
        matters: Whether it is neither chance nor small.
    """

    what: str
    test: Test
    effect: float
    least: float
    p: float
    folder: float | None
    reference: float | None
    matters: bool


@dataclass(frozen=True, slots=True, eq=False)
class Distributions:
    """The same figure of the folder and of the reference, to be drawn.

    Attributes:
        what: `distance`, `probability` or the name of an image statistic.
        folder: Of films of the folder, `(n,)`.
        reference: Of films of the reference, `(m,)`.
    """

    what: str
    folder: NDArray[np.floating[Any]]
    reference: NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Compared:
    """A difference before the correction, and what is drawn of it."""

    what: str
    test: Test
    effect: float
    least: float
    p: float
    folder: float | None = None
    reference: float | None = None
    is_step: bool = True

    def corrected(self, p: float) -> Difference:
        """The difference, once its p is corrected for the number of tests."""
        matters = self.is_step and p <= ALPHA and self.effect > self.least
        return Difference(
            self.what, self.test, self.effect, self.least, p, self.folder, self.reference, matters
        )


def compare_refusals(
    refused: Proportion, validation: Proportion, reference: Sample, *, seed: int
) -> Compared:
    """Refusals, more than on validation films and than folders of the reference's patients have.

    Slices of one head are often refused together. So films count for fewer, by the factor by which
    refusals at home vary more between patients than film by film; where none or all are refused at
    home, by the number of films a patient has there.

    Args:
        refused: Images of the folder that were refused, of those that could be read.
        validation: The same of validation films.
        reference: Held-out films of the model, with their patients.
        seed: Of the permutations.
    """
    counts = [(one.successes, one.total - one.successes) for one in (refused, validation)]
    effect, _ = proportions(*counts)
    patients = np.unique(reference.groups, return_inverse=True)[1]
    together = design_effect(reference.distances > 1, patients)
    p = _p_of_patients(*counts, a_patient=together or reference.films_a_patient())
    at_home, p_at_home = refused_by_chance(
        reference.distances > 1, reference.groups, refused, seed=seed
    )
    # That fewer are refused is no news.
    is_more = refused.value > validation.value
    return Compared(
        "refused",
        "fisher",
        effect,
        max(LEAST_REFUSED, at_home),
        max(p, p_at_home),
        refused.value,
        validation.value,
        is_more,
    )


def compare_proportions(
    folder: Sequence[int], reference: Sequence[int], *, a_patient: float
) -> Compared:
    """Proportions of the answers, as if the films of a patient all had the same one.

    Args:
        folder: Judged films for each answer.
        reference: The same of the reference.
        a_patient: Films that a patient has, on average.
    """
    effect, _ = proportions(folder, reference)
    p = _p_of_patients(folder, reference, a_patient=a_patient)
    if len(folder) > 2:
        return Compared("answers", "chi-square", effect, LEAST_MOVED, p)
    of_folder, of_reference = (Proportion(one[1], sum(one)).value for one in (folder, reference))
    return Compared("answers", "fisher", effect, LEAST_MOVED, p, of_folder, of_reference)


def _p_of_patients(first: Sequence[int], second: Sequence[int], *, a_patient: float) -> float:
    """Of `two_samples.proportions`, with as many patients for films as the reference has."""
    of_patients = ([round(one / a_patient) for one in counts] for counts in (first, second))
    return proportions(*of_patients)[1]


def compare_films(
    folder: Sample, reference: Sample, figures: dict[str, Distributions], *, seed: int
) -> list[Compared]:
    """Features, distances, probabilities and image statistics; adds their distributions.

    Args:
        folder: Films of the folder.
        reference: Held-out films of the model.
        figures: What can be drawn, by what is compared; is added to.
        seed: Of the permutations.
    """
    found = []
    theirs_at, ours_at = points_of(reference, folder)
    for what, places in theirs_at.items():
        effect, p = energy(places, ours_at[what], seed=seed)
        found.append(Compared(what, "energy", effect, LEAST_APART, p))
    theirs_by_name = figures_of(reference)
    for what, ours in figures_of(folder).items():
        if what not in theirs_by_name:
            continue
        theirs = theirs_by_name[what]
        effect, p = kolmogorov_smirnov(theirs, ours)
        here, there = float(np.median(ours)), float(np.median(theirs))
        is_step = abs(here - there) >= LEAST_STEPS.get(what, 0.0)
        found.append(
            Compared(what, "kolmogorov-smirnov", effect, LEAST_GAP, p, here, there, is_step)
        )
        figures[what] = Distributions(what, ours, theirs)
    # Features have too many dimensions to be drawn; the distance is what stands for them.
    figures["features"] = figures.get("distance", figures["probability"])
    single = [one for one in found if one.what in NAMES]
    if single:
        figures["statistics"] = figures[max(single, key=lambda one: one.effect).what]
    return found


def points_of(
    reference: Sample, folder: Sample
) -> tuple[dict[str, NDArray[np.floating[Any]]], dict[str, NDArray[np.floating[Any]]]]:
    """What is compared in many figures together, by name: of the reference, and of the folder.

    Args:
        reference: Held-out films of the model.
        folder: Films of the folder.

    Returns:
        Arrays `(num_films, num_figures)`.
    """
    theirs: dict[str, NDArray[np.floating[Any]]] = {
        "features": reference.coordinates[:, :_DIRECTIONS]
    }
    ours: dict[str, NDArray[np.floating[Any]]] = {"features": folder.coordinates[:, :_DIRECTIONS]}
    if all(_has_statistics(one) for one in (reference, folder)):
        theirs["statistics"], ours["statistics"] = on_one_scale(
            reference.statistics,
            folder.statistics,
            num_patients=len(np.unique(reference.groups)),
        )
    return theirs, ours


def _has_statistics(films: Sample) -> bool:
    """Whether every statistic of every film is known."""
    is_full = films.statistics.shape[1:] == (len(NAMES),)
    return is_full and bool(np.isfinite(films.statistics).all())


def figures_of(films: Sample) -> dict[str, NDArray[np.floating[Any]]]:
    """The figures of films that have one for each, `(num_films,)`, by name."""
    found: dict[str, NDArray[np.floating[Any]]] = {
        "distance": films.distances,
        "probability": films.scores,
    }
    if films.statistics.shape[1:] == (len(NAMES),):
        found |= {name: films.statistics[:, index] for index, name in enumerate(NAMES)}
    return {name: figures for name, figures in found.items() if np.isfinite(figures).all()}
