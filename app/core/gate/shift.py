"""How a folder differs from the films that a model was tested on, and whether that matters.

What differs matters only if it is neither chance, corrected for the number of tests, nor small, nor
less than what folders of the reference's own films differ by: films of one patient are alike, and
whose films a folder holds is not known. Except for the proportions themselves, the reference is
taken in the proportions in which the model answers in the folder: more sick people are no other
kind of film.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.core.gate import shift_words
from app.core.gate.home_folders import largest_effects, refused_by_chance
from app.core.gate.image_statistics import NAMES
from app.core.gate.reservoir import Reservoir
from app.core.gate.sample import Sample, matched
from app.core.gate.statistic_space import LEAST_STEPS, on_one_scale
from app.core.gate.two_samples import energy, holm, kolmogorov_smirnov, proportions
from app.core.statistics.metrics import Proportion

# Images of a folder that are needed, and of them judged films, to compare it.
FEWEST = 50
FEWEST_JUDGED = 20
ALPHA = 0.05
# More films make no test better that counts only if the difference is large.
_MOST_COMPARED = 500
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


@dataclass(frozen=True, slots=True, eq=False)
class Shift:
    """How a folder differs from the reference.

    Attributes:
        refused: Images that the gate refused, of those that could be read; also those that a
            reader has judged all the same.
        reference_refused: The same of validation films.
        reasons: Refused images by the code of the reason, the most frequent first.
        answers: Judged films for each answer that one can give, in order.
        reference_answers: The same of the reference.
        num_compared: Films of the folder whose features, scores and statistics were compared.
        num_reference: Films of the reference they were compared with.
        is_matched: Whether these give the model's answers in the proportions of the folder.
        differences: Every comparison; empty if there were too few images.
        sentence: What a reader must know; empty if nothing matters.
        detail: What was compared, in a sentence.
        drawn: What shows the difference best; None if nothing matters or nothing can be drawn.
    """

    refused: Proportion
    reference_refused: Proportion
    reasons: tuple[tuple[str, int], ...]
    answers: tuple[int, ...]
    reference_answers: tuple[int, ...]
    num_compared: int
    num_reference: int
    is_matched: bool
    differences: tuple[Difference, ...]
    sentence: str
    detail: str
    drawn: Distributions | None

    @property
    def matters(self) -> bool:
        """Whether a difference is neither chance nor small, or every image was refused."""
        return bool(self.sentence)


@dataclass(frozen=True, slots=True)
class _Compared:
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
        matters = self.is_step and p <= ALPHA and self.effect > self.least
        return Difference(
            self.what, self.test, self.effect, self.least, p, self.folder, self.reference, matters
        )


def compare(
    reservoir: Reservoir,
    reference: Sample,
    *,
    reference_refused: Proportion,
    answers: Sequence[str],
    place: str = "",
    is_adaptable: bool = True,
    seed: int = 0,
) -> Shift:
    """Compares a folder with the reference of a model.

    Args:
        reservoir: What became of the folder's images.
        reference: Held-out films of the model, with their patients.
        reference_refused: How many validation films the gate refuses.
        answers: What the model can answer, as it is displayed, in the order of `Sample.answers`.
        place: Where the model was adapted to; empty if it was not.
        is_adaptable: Whether it is one that can be adapted.
        seed: Of which films of the reference stand for their patients, and of permutations.
    """
    rng = np.random.default_rng(seed)
    home, folder = reference.familiar(), reservoir.sample()
    refused = Proportion(reservoir.num_refused, reservoir.num_seen)
    given = tuple(reservoir.answers[index] for index in range(len(answers)))
    given_home = tuple(int((home.answers == index).sum()) for index in range(len(answers)))
    found: list[_Compared] = []
    figures: dict[str, Distributions] = {}
    num_compared = num_reference = 0
    is_matched = False
    if refused.total >= FEWEST:
        found.append(_refusals(refused, reference_refused, reference, seed=seed))
        seen = Distributions("distance", reservoir.distances(), reference.distances)
        if len(seen.folder) and np.isfinite(seen.reference).all():
            figures["refused"] = seen
    is_comparable = folder is not None and min(len(folder), len(home)) >= FEWEST_JUDGED
    if refused.total >= FEWEST and folder is not None and is_comparable:
        by_chance = largest_effects(
            home, _figures(home), _points(home, folder)[0], num=len(folder), seed=seed
        )
        found.append(_proportions(given, given_home, a_patient=home.films_a_patient()))
        figures["answers"] = Distributions("probability", folder.scores, home.scores)
        folder = _fewer(folder, rng)
        alike = matched(home, folder, fewest=FEWEST_JUDGED, rng=rng)
        is_matched, home = alike is not None, _fewer(alike or home, rng)
        num_compared, num_reference = len(folder), len(home)
        found += _films(folder, home, figures, seed=seed)
        found = [replace(one, least=max(one.least, by_chance.get(one.what, 0.0))) for one in found]
    corrected = holm([one.p for one in found])
    differences = tuple(one.corrected(p) for one, p in zip(found, corrected, strict=True))
    told = shift_words.Told(
        refused=refused,
        reference_refused=reference_refused,
        reasons=Counter(reservoir.refused),
        answers=tuple(zip(answers, given, given_home, strict=True)),
        matter={
            one.what: (one.effect, one.folder, one.reference) for one in differences if one.matters
        },
        is_no_chance={
            one.what: (one.effect, one.folder, one.reference)
            for one in differences
            if one.p <= ALPHA
        },
        num_compared=num_compared,
        num_reference=num_reference,
        num_tests=len(differences),
        fewest=FEWEST,
        place=place,
        is_adaptable=is_adaptable,
    )
    return Shift(
        refused=refused,
        reference_refused=reference_refused,
        reasons=tuple(reservoir.refused.most_common()),
        answers=given,
        reference_answers=given_home,
        num_compared=num_compared,
        num_reference=num_reference,
        is_matched=is_matched,
        differences=differences,
        sentence=shift_words.sentence(told),
        detail=shift_words.detail(told),
        drawn=_most_telling(differences, figures),
    )


def _fewer(sample: Sample, rng: np.random.Generator) -> Sample:
    if len(sample) <= _MOST_COMPARED:
        return sample
    return sample.take(np.sort(rng.choice(len(sample), _MOST_COMPARED, replace=False)))


def _refusals(
    refused: Proportion, validation: Proportion, reference: Sample, *, seed: int
) -> _Compared:
    """Refusals, more than on validation films and than folders of the reference's patients have."""
    effect, p = proportions(
        (refused.successes, refused.total - refused.successes),
        (validation.successes, validation.total - validation.successes),
    )
    at_home, p_of_patients = refused_by_chance(
        reference.distances > 1, reference.groups, refused, seed=seed
    )
    # That fewer are refused is no news.
    is_more = refused.value > validation.value
    return _Compared(
        "refused",
        "fisher",
        effect,
        max(LEAST_REFUSED, at_home),
        max(p, p_of_patients),
        refused.value,
        validation.value,
        is_more,
    )


def _proportions(folder: Sequence[int], reference: Sequence[int], *, a_patient: float) -> _Compared:
    """Proportions of the answers, as if the films of a patient all had the same one."""
    effect, _ = proportions(folder, reference)
    _, p = proportions(
        *([round(one / a_patient) for one in counts] for counts in (folder, reference))
    )
    if len(folder) > 2:
        return _Compared("answers", "chi-square", effect, LEAST_MOVED, p)
    of_folder, of_reference = (Proportion(one[1], sum(one)).value for one in (folder, reference))
    return _Compared("answers", "fisher", effect, LEAST_MOVED, p, of_folder, of_reference)


def _films(
    folder: Sample, reference: Sample, figures: dict[str, Distributions], *, seed: int
) -> list[_Compared]:
    """Features, distances, probabilities and image statistics; adds their distributions."""
    found = []
    theirs_at, ours_at = _points(reference, folder)
    for what, places in theirs_at.items():
        effect, p = energy(places, ours_at[what], seed=seed)
        found.append(_Compared(what, "energy", effect, LEAST_APART, p))
    theirs_by_name = _figures(reference)
    for what, ours in _figures(folder).items():
        if what not in theirs_by_name:
            continue
        theirs = theirs_by_name[what]
        effect, p = kolmogorov_smirnov(theirs, ours)
        here, there = float(np.median(ours)), float(np.median(theirs))
        is_step = abs(here - there) >= LEAST_STEPS.get(what, 0.0)
        found.append(
            _Compared(what, "kolmogorov-smirnov", effect, LEAST_GAP, p, here, there, is_step)
        )
        figures[what] = Distributions(what, ours, theirs)
    # Features have too many dimensions to be drawn; the distance is what stands for them.
    figures["features"] = figures.get("distance", figures["probability"])
    single = [one for one in found if one.what in NAMES]
    if single:
        figures["statistics"] = figures[max(single, key=lambda one: one.effect).what]
    return found


def _points(
    reference: Sample, folder: Sample
) -> tuple[dict[str, NDArray[np.floating[Any]]], dict[str, NDArray[np.floating[Any]]]]:
    """What is compared in many figures together, by name: of the reference, and of the folder."""
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


def _figures(films: Sample) -> dict[str, NDArray[np.floating[Any]]]:
    """The figures of films that have one for each, by name."""
    found: dict[str, NDArray[np.floating[Any]]] = {
        "distance": films.distances,
        "probability": films.scores,
    }
    if films.statistics.shape[1:] == (len(NAMES),):
        found |= {name: films.statistics[:, index] for index, name in enumerate(NAMES)}
    return {name: figures for name, figures in found.items() if np.isfinite(figures).all()}


def _most_telling(
    differences: Sequence[Difference], figures: dict[str, Distributions]
) -> Distributions | None:
    """Of what the films are like, the largest difference; else features, refusals, answers."""
    matter = [one for one in differences if one.matters]
    of_films = [one for one in matter if one.test == "kolmogorov-smirnov"]
    chosen = sorted(of_films, key=lambda one: -one.effect) or matter[::-1]
    return figures.get(chosen[0].what) if chosen else None
