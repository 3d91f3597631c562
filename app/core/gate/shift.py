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

import numpy as np

from app.core.gate import shift_words
from app.core.gate.comparisons import (
    ALPHA,
    Compared,
    Difference,
    Distributions,
    compare_films,
    compare_proportions,
    compare_refusals,
    figures_of,
    points_of,
)
from app.core.gate.home_folders import largest_effects
from app.core.gate.reservoir import Reservoir
from app.core.gate.sample import Sample, matched
from app.core.gate.two_samples import holm
from app.core.statistics.metrics import Proportion

# Images of a folder that are needed, and of them judged films, to compare it.
FEWEST = 50
FEWEST_JUDGED = 20
# More films make no test better that counts only if the difference is large.
_MOST_COMPARED = 500
# Of which films of the reference stand for their patients, and of permutations.
_SEED = 0


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
        paragraphs: What a reader must know; none if nothing matters.
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
    paragraphs: tuple[str, ...]
    detail: str
    drawn: Distributions | None

    @property
    def matters(self) -> bool:
        """Whether a difference is neither chance nor small, or every image was refused."""
        return bool(self.paragraphs)

    @property
    def sentence(self) -> str:
        """All that a reader must know; empty if nothing matters."""
        return " ".join(self.paragraphs)


def compare(
    reservoir: Reservoir,
    reference: Sample,
    *,
    reference_refused: Proportion,
    answers: Sequence[str],
    place: str = "",
    is_adaptable: bool = True,
) -> Shift:
    """Compares a folder with the reference of a model.

    Args:
        reservoir: What became of the folder's images.
        reference: Held-out films of the model, with their patients.
        reference_refused: How many validation films the gate refuses.
        answers: What the model can answer, as it is displayed, in the order of `Sample.answers`.
        place: Where the model was adapted to; empty if it was not.
        is_adaptable: Whether it is one that can be adapted.
    """
    rng = np.random.default_rng(_SEED)
    home, folder = reference.familiar(), reservoir.sample()
    refused = Proportion(reservoir.num_refused, reservoir.num_seen)
    given = tuple(reservoir.answers[index] for index in range(len(answers)))
    given_home = tuple(int((home.answers == index).sum()) for index in range(len(answers)))
    found: list[Compared] = []
    figures: dict[str, Distributions] = {}
    num_compared = num_reference = 0
    is_matched = False
    if refused.total >= FEWEST:
        found.append(compare_refusals(refused, reference_refused, reference, seed=_SEED))
        seen = Distributions("distance", reservoir.distances(), reference.distances)
        if len(seen.folder) and np.isfinite(seen.reference).all():
            figures["refused"] = seen
    is_comparable = folder is not None and min(len(folder), len(home)) >= FEWEST_JUDGED
    if refused.total >= FEWEST and folder is not None and is_comparable:
        by_chance = largest_effects(
            home, figures_of(home), points_of(home, folder)[0], num=len(folder), seed=_SEED
        )
        found.append(compare_proportions(given, given_home, a_patient=home.films_a_patient()))
        figures["answers"] = Distributions("probability", folder.scores, home.scores)
        folder = _fewer(folder, rng)
        alike = matched(home, folder, fewest=FEWEST_JUDGED, rng=rng)
        is_matched, home = alike is not None, _fewer(alike or home, rng)
        num_compared, num_reference = len(folder), len(home)
        found += compare_films(folder, home, figures, seed=_SEED)
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
        paragraphs=shift_words.paragraphs(told),
        detail=shift_words.detail(told),
        drawn=_most_telling(differences, figures),
    )


def _fewer(sample: Sample, rng: np.random.Generator) -> Sample:
    if len(sample) <= _MOST_COMPARED:
        return sample
    return sample.take(np.sort(rng.choice(len(sample), _MOST_COMPARED, replace=False)))


def _most_telling(
    differences: Sequence[Difference], figures: dict[str, Distributions]
) -> Distributions | None:
    """Of what the films are like, the largest difference; else features, refusals, answers."""
    matter = [one for one in differences if one.matters]
    of_films = [one for one in matter if one.test == "kolmogorov-smirnov"]
    chosen = sorted(of_films, key=lambda one: -one.effect) or matter[::-1]
    return figures.get(chosen[0].what) if chosen else None
