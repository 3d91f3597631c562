"""Whether an adaptation keeps its promises on the other films of the place.

    python -m benchmarks.adapting BUNDLE LABELLED [--films 100] [--draws 20]

From labelled films of one place, some are drawn as `overread adapt --propose` draws them, and the
bundle is adapted to these. What lies in the zones of the others is counted. A promise about the
place can hold and yet be missed in the few films that are left, so both are shown: in how many
draws the count is within the promise, and in how many the others are so bad that they refute it
(an exact test at 2.5 %). No promise may be refuted in more draws than by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from app.commands.parsing import given_path
from app.core.adaptation.films import LocalFilms, score_films
from app.core.adaptation.fitting import Decision, fit_decision
from app.core.adaptation.labels import read_labels
from app.core.adaptation.proposal import propose
from app.core.adaptation.wanted import Wanted
from app.core.bundles.bundle import load_bundle
from app.core.bundles.decision_rule import Thresholds
from app.core.errors import OverreadError
from app.core.scoring.engine import Engine
from app.core.statistics.recalibration import calibrated
from benchmarks.calls import add_bundle, add_count, parser, run

# Miss rate and precision that are promised: the defaults, and what few films can show.
PROMISES = ((0.05, 0.90), (0.10, 0.80), (0.25, 0.50))
_LEVEL = 0.025


def main(arguments: Sequence[str] | None = None) -> int:
    """Draws, adapts and counts; returns 1 if promises are refuted too often.

    Args:
        arguments: Command line without the program name; None uses `sys.argv`.

    Raises:
        OverreadError: If the model has more than two classes, or there are too few films.
    """
    command = parser(__spec__.name if __spec__ else "benchmarks.adapting", __doc__ or "")
    add_bundle(command)
    command.add_argument(
        "labelled", type=given_path, metavar="LABELLED", help="table or folder of labelled films"
    )
    add_count(command, "--films", 100, "films to adapt to", lowest=20)
    add_count(command, "--draws", 20, "draws of these films")
    options = command.parse_args(arguments)
    bundle = load_bundle(options.bundle)
    if not bundle.manifest.task.binary:
        raise OverreadError(f"{bundle.name!r} has more than two classes. Choose one with two.")
    films = score_films(Engine(bundle), read_labels(options.labelled, bundle.manifest.task))
    base = Decision(bundle.manifest.calibration, bundle.manifest.thresholds)
    rest = len(films.labels) - options.films
    if rest < 1:
        raise OverreadError(f"Only {len(films.labels)} films can be used. Choose fewer --films.")
    print(
        f"{options.draws} draws of {options.films} of {len(films.labels)} films "
        f"({int(films.labels.sum())} positive); the other {rest} are judged.\n"
    )
    print(
        "| promised | zone in draws | kept on the others | refuted | in the zone, mean | "
        "wrong there, pooled |\n|---|---|---|---|---|---|"
    )
    is_refuted = False
    for miss_rate, precision in PROMISES:
        wanted = Wanted(miss_rate=miss_rate, precision=precision)
        drawn = [_draw(films, base, wanted, options.films, seed) for seed in range(options.draws)]
        for what, which, rate in (
            (f"rule-out, at most {miss_rate:.0%} missed", 0, miss_rate),
            (f"rule-in, at least {precision:.0%} precise", 1, 1 - precision),
        ):
            zones = [one[which] for one in drawn]
            is_refuted |= _print(what, [zone for zone in zones if zone is not None], rate, zones)
    return int(is_refuted)


Zone = tuple[int, int, float]  # wrong, out of so many, and share of all other films inside


def _draw(
    films: LocalFilms, base: Decision, wanted: Wanted, number: int, seed: int
) -> tuple[Zone | None, Zone | None]:
    score = calibrated(films.logits, base.calibration)[:, 1]
    chosen = propose(score, number, seed=seed)
    others = np.setdiff1d(np.arange(len(score)), chosen)
    decision = fit_decision(films.select(chosen), base, wanted)
    found = calibrated(films.logits[others], decision.calibration)[:, 1]
    return _zones(found, films.labels[others] == 1, decision.thresholds)


def _zones(
    score: NDArray[np.float64], positive: NDArray[np.bool_], thresholds: Thresholds
) -> tuple[Zone | None, Zone | None]:
    below, above = score < thresholds.uncertain_low, score >= thresholds.uncertain_high
    rule_out = int((below & positive).sum()), int(positive.sum()), float(below.mean())
    rule_in = int((above & ~positive).sum()), int(above.sum()), float(above.mean())
    return rule_out if thresholds.rules_out else None, rule_in if thresholds.rules_in else None


def _print(what: str, zones: list[Zone], rate: float, draws: Sequence[Zone | None]) -> bool:
    """Prints a row; returns whether more draws refute the promise than may by chance."""
    kept = sum(wrong <= rate * of for wrong, of, _ in zones)
    refuted = sum(
        of > 0 and binomtest(wrong, of, rate, "greater").pvalue <= _LEVEL for wrong, of, _ in zones
    )
    wrong, of = sum(zone[0] for zone in zones), sum(zone[1] for zone in zones)
    inside = f"{np.mean([zone[2] for zone in zones]):.0%}" if zones else "none"
    pooled = f"{wrong / of:.1%} ({wrong} of {of})" if of else "none"
    print(
        f"| {what} | {len(zones)} of {len(draws)} | {kept} of {len(zones)} | "
        f"{refuted} of {len(zones)} | {inside} | {pooled} |"
    )
    return refuted > 0.1 * max(len(zones), 10)


if __name__ == "__main__":
    run(partial(main))
