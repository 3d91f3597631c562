"""How often the promises of the zones are kept, in simulated samples whose true rates are known.

    python -m benchmarks.zones [--draws 500]

Each row draws samples of one kind, finds the zones as `app.core.statistics.zones` does, and counts
the samples for which every promise holds in the population. With a confidence of 95 %, the target
is 94 % of 500. What does not meet it is the last row: patients taken for independent films.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.commands.parsing import whole_number
from app.core.adaptation.wanted import Promised, Wanted, count_labels, promised
from app.core.statistics.calibration import sigmoid
from app.core.statistics.zones import Units, find_zones
from benchmarks.calls import parser
from benchmarks.table import Row, print_table
from model_training.evaluation.decision_fitting import validation_zones

TARGET = 0.94
MISS_RATE, PRECISION = 0.05, 0.90
# Films of the population in which a promise is checked; its rates are off by less than 0.1 %.
_POPULATION = 200_000


@dataclass(frozen=True, slots=True)
class Films:
    """Labels 0 or 1, scores in [0, 1] and patients, each `(num_films,)`."""

    labels: NDArray[np.int64]
    scores: NDArray[np.float64]
    patients: NDArray[np.int64]


Draw = Callable[[np.random.Generator, int], Films]


def independent(positives: float, distance: float, *, decimals: int | None = None) -> Draw:
    """Films whose logits are normal in either class, `distance` apart.

    Args:
        positives: Proportion of positives, in (0, 1).
        distance: Between the means of both classes, in standard deviations.
        decimals: Scores are rounded to so many, which makes many of them equal; None for not.
    """

    def draw(random: np.random.Generator, number: int) -> Films:
        labels = (random.random(number) < positives).astype(np.int64)
        scores = sigmoid(random.normal((labels - 0.5) * distance, 1.0))
        if decimals is not None:
            scores = scores.round(decimals)
        return Films(labels, scores, np.arange(number))

    return draw


def clustered(positives: float, distance: float, films: int) -> Draw:
    """Patients with several films of one label, whose logits share most of their variance.

    Args:
        positives: Proportion of positives, in (0, 1).
        distance: Between the means of both classes, in standard deviations.
        films: Of each patient.
    """

    def draw(random: np.random.Generator, number: int) -> Films:
        patients = np.repeat(np.arange(number // films), films)
        labels = (random.random(number // films) < positives).astype(np.int64)[patients]
        own = random.normal(0, np.sqrt(0.8), number // films)[patients]
        noise = random.normal(0, np.sqrt(0.2), len(patients))
        return Films(labels, sigmoid((labels - 0.5) * distance + own + noise), patients)

    return draw


def not_monotone(random: np.random.Generator, number: int) -> Films:
    """Films where the very highest scores are less often positive than those below.

    Args:
        random: The source of the draws.
        number: Number of films.
    """
    scores = random.random(number)
    chance = np.where(scores > 0.9, 0.85, np.where(scores > 0.5, 0.95, 0.05))
    return Films((random.random(number) < chance).astype(np.int64), scores, np.arange(number))


@dataclass(frozen=True, slots=True)
class Kept:
    """Samples whose promises hold, and those that have a rule-out and a rule-in zone."""

    both: int = 0
    with_rule_out: int = 0
    with_rule_in: int = 0


def count_kept(
    draw: Draw, size: int, draws: int, *, by_patient: bool = True, by_counts: bool = False
) -> Kept:
    """Counts the samples whose promises hold in the population.

    Args:
        draw: The kind of sample.
        size: Films in each sample.
        draws: Number of samples.
        by_patient: Whether the patients of the films are taken into account.
        by_counts: Whether the strictest promises are made that each sample's labels can show,
            instead of the usual ones.
    """
    random = np.random.default_rng(0)
    population = draw(random, _POPULATION)
    both = rule_out = rule_in = 0
    for number in range(draws):
        sample = draw(random, size)
        units = Units(sample.patients.astype(str))
        rates = Promised(MISS_RATE, PRECISION)
        if by_counts:
            counts = count_labels(sample.labels, units, is_binary=True)
            rates = promised(Wanted(None, None), counts, is_binary=True)
        zones = find_zones(
            sample.labels,
            sample.scores,
            decision=0.5,
            miss_rate=rates.miss_rate,
            precision=rates.precision,
            units=units if by_patient else None,
            seed=number,
        )
        promised_out, promised_in = zones.guarantee.rule_out, zones.guarantee.rule_in
        positive = population.labels == 1
        missed = (population.scores[positive] < zones.low).mean()
        inside = population.scores >= zones.high
        found_out = promised_out is not None and promised_out.found
        holds_out = not found_out or missed <= rates.miss_rate
        holds_in = not promised_in.found or positive[inside].mean() >= rates.precision
        both += bool(holds_out and holds_in)
        rule_out += found_out
        rule_in += promised_in.found
    return Kept(both, rule_out, rule_in)


def count_clear_kept(draw: Draw, size: int, draws: int) -> Kept:
    """The same for the clear zone of several classes: a label of 1 is a correct prediction.

    What is promised follows from the films, as in training.

    Args:
        draw: The kind of sample.
        size: Films in each sample.
        draws: Number of samples.
    """
    random = np.random.default_rng(0)
    population = draw(random, _POPULATION)
    kept = found = 0
    for _ in range(draws):
        sample = draw(random, size)
        shares = _of_three_classes(sample.scores)
        zones = validation_zones([(1 - sample.labels, shares)], decision=0.0, units=None)
        clear = zones.guarantee.rule_in
        inside = _of_three_classes(population.scores).max(axis=1) >= zones.high
        wrong = 1 - population.labels[inside].mean() if inside.any() else 0.0
        kept += bool(not clear.found or wrong <= clear.promised)
        found += clear.found
    return Kept(kept, 0, found)


def _of_three_classes(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of three classes, the first of which is the likeliest."""
    first = (1 + scores) / 2
    return np.stack([first, (1 - first) * 0.6, (1 - first) * 0.4], axis=1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the simulations; returns 1 if promises are broken too often.

    Args:
        arguments: Command line without the program name; None uses `sys.argv`.
    """
    command = parser(__spec__.name if __spec__ else "benchmarks.zones", __doc__ or "")
    command.add_argument("--draws", type=whole_number, default=500, help="samples of each kind")
    draws = command.parse_args(arguments).draws
    rows = []
    for what, draw, size in (
        ("100 films, half positive", independent(0.5, 3.0), 100),
        ("300 films, 40 % positive", independent(0.4, 2.4), 300),
        ("300 films, 10 % positive", independent(0.1, 3.0), 300),
        ("2,000 films, 75 % positive", independent(0.75, 3.0), 2000),
        ("300 films, scores of two decimals", independent(0.4, 2.4, decimals=2), 300),
        ("900 films of 300 patients", clustered(0.4, 2.4, films=3), 900),
        ("300 films, the highest scores less often positive", not_monotone, 300),
    ):
        kept = count_kept(draw, size, draws)
        rows.append(_row(what, kept, draws, TARGET))
    for what, draw, size in (
        ("100 films, 16 % positive, the strictest promises", independent(0.16, 1.0), 100),
        ("100 films, half positive, the strictest promises", independent(0.5, 1.5), 100),
        ("200 films, 25 % positive, the strictest promises", independent(0.25, 1.5), 200),
        ("300 films of 100 patients, the strictest promises", clustered(0.3, 1.5, films=3), 300),
    ):
        kept = count_kept(draw, size, draws, by_counts=True)
        rows.append(_row(what, kept, draws, TARGET))
    for correct, size in ((0.9, 400), (0.92, 137)):
        kept = count_clear_kept(independent(correct, 1.5), size, draws)
        what = f"{size} predictions of several classes, {100 * correct:g} % correct"
        rows.append(_row(what, kept, draws, TARGET))
    kept = count_kept(clustered(0.4, 2.4, films=3), 900, draws, by_patient=False)
    rows.append(_row("900 films of 300 patients, taken for 900", kept, draws, None))
    return print_table(rows)


def _row(what: str, kept: Kept, draws: int, target: float | None) -> Row:
    zones = f"rule-out found in {kept.with_rule_out}, rule-in in {kept.with_rule_in}"
    return Row(f"{what} ({kept.both} of {draws} kept; {zones})", kept.both / draws, target)


if __name__ == "__main__":
    sys.exit(main())
