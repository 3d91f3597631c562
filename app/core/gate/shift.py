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
from app.core.gate.home_folders import largest_effects
from app.core.gate.image_statistics import NAMES
from app.core.gate.reservoir import Reservoir
from app.core.gate.sample import Sample, matched
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
# By how much the median of an image statistic must differ besides, in its unit: where all films of
# the reference are of one size, those one pixel larger are entirely apart, and no other films.
_LEAST_STEP = {
    "size": 0.2, "aspect": 0.1, "mean": 0.03, "contrast": 0.02, "entropy": 0.3, "levels": 0.05,
    "black": 0.03, "white": 0.03, "sharpness": 0.15, "noise": 0.5, "blockiness": 0.25,
    "surround": 0.05, "symmetry": 0.05, "colour": 0.03, "border": 0.02, "frame": 0.1, "line": 0.1,
    "parts": 0.1, "letters": 0.3, "paper": 0.05, "steps": 0.03,
}  # fmt: skip

Test = Literal["energy", "kolmogorov-smirnov", "fisher", "chi-square"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One comparison of a folder with the reference.

    Attributes:
        what: `features`, `distance`, `probability`, `answers`, `refused`, or the name of an image
            statistic.
        test: The test.
        effect: Its effect size, 0 if alike to 1: the share of the mean distance between films that
            is due to the samples (`energy`), the largest gap between the distributions
            (`kolmogorov-smirnov`), or by how much the proportions differ.
        least: The smallest effect that matters: one of the fixed limits, or what a folder of the
            reference's own films differs by, if that is more.
        p: Of the test, corrected for the number of tests by Holm's method.
        folder: Median of the folder, or its proportion; None for features and several answers.
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
        refused: Images that were refused, of those that could be read.
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
    seed: int = 0,
) -> Shift:
    """Compares a folder with the reference of a model.

    Args:
        reservoir: What became of the folder's images.
        reference: Held-out films of the model, with their patients.
        reference_refused: How many validation films the gate refuses.
        answers: What the model can answer, as it is displayed, in the order of `Sample.answers`.
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
        found.append(_refusals(refused, reference_refused))
        seen = Distributions("distance", reservoir.distances(), reference.distances)
        if len(seen.folder) and np.isfinite(seen.reference).all():
            figures["refused"] = seen
    if refused.total >= FEWEST and folder is not None and len(folder) >= FEWEST_JUDGED:
        by_chance = largest_effects(
            replace(home, coordinates=home.coordinates[:, :_DIRECTIONS]),
            _figures(home),
            num=len(folder),
            seed=seed,
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
        num_compared=num_compared,
        num_reference=num_reference,
        num_tests=len(differences),
        fewest=FEWEST,
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


def _refusals(refused: Proportion, reference: Proportion) -> _Compared:
    effect, p = proportions(
        (refused.successes, refused.total - refused.successes),
        (reference.successes, reference.total - reference.successes),
    )
    # That fewer are refused is no news.
    is_more = refused.value > reference.value
    return _Compared(
        "refused", "fisher", effect, LEAST_REFUSED, p, refused.value, reference.value, is_more
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
    effect, p = energy(
        reference.coordinates[:, :_DIRECTIONS], folder.coordinates[:, :_DIRECTIONS], seed=seed
    )
    found = [_Compared("features", "energy", effect, LEAST_APART, p)]
    theirs_by_name = _figures(reference)
    for what, ours in _figures(folder).items():
        if what not in theirs_by_name:
            continue
        theirs = theirs_by_name[what]
        effect, p = kolmogorov_smirnov(theirs, ours)
        here, there = float(np.median(ours)), float(np.median(theirs))
        is_step = abs(here - there) >= _LEAST_STEP.get(what, 0.0)
        found.append(
            _Compared(what, "kolmogorov-smirnov", effect, LEAST_GAP, p, here, there, is_step)
        )
        figures[what] = Distributions(what, ours, theirs)
    # Features have too many dimensions to be drawn; the distance is what stands for them.
    figures["features"] = figures.get("distance", figures["probability"])
    return found


def _figures(films: Sample) -> dict[str, NDArray[np.floating[Any]]]:
    """The figures of films that have one for each, by name."""
    found: dict[str, NDArray[np.floating[Any]]] = {
        "distance": films.distances,
        "probability": films.scores,
    }
    if films.statistics.shape[1] == len(NAMES):
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
