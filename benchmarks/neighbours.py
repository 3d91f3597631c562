"""How far the nearest films with known truth can be trusted: their vote, and when it contradicts.

    python -m benchmarks.neighbours [MODELS]

For each bundle with held-out films: how well the vote of the 11 nearest tells the truth of these
films, each compared with those of other patients; and how often it contradicts wrong and right
answers, on validation films, where the votes needed were chosen, and on test films. With 95 %
intervals, clustered by patient where the bundle's tables allow it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.bundle_folders import find_bundles
from app.core.bundles.reference_section import Contradictions
from app.core.gate.film_distances import NOT_LABELLED, VOTERS
from app.core.gate.known_films import HeldOutFilms, load_held_out
from app.core.gate.votes import count_votes, votes_against
from app.core.performance.formatting import (
    figure,
    figure_interval,
    proportion_in_full,
)
from app.core.performance.predictions import select
from app.core.performance.proportions import ClusteredProportion
from app.core.statistics.bootstrap_areas import auc_interval
from app.core.statistics.metrics import Proportion

MODELS = Path(__file__).parents[1] / "models"


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="?", type=Path, default=MODELS, metavar="MODELS")
    folder = parser.parse_args().models
    print("| bundle | what | value |\n|---|---|---|")
    for path in find_bundles(folder):
        bundle = load_bundle(path)
        for row in rows(bundle):
            print(f"| {bundle.name} | {' | '.join(row)} |", flush=True)


def rows(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """What is measured of a bundle, and its value in words.

    Args:
        bundle: The bundle.
    """
    task = bundle.manifest.task
    views = [bundle.of_finding(name) for name in task.classes] if task.any_of else [bundle]
    for view in views:
        held_out = load_held_out(view)
        prefix = f"{view.finding}: " if view.finding else ""
        if held_out is None:
            yield prefix + "films to compare with", "none"
            continue
        for what, value in _of_question(view, held_out):
            yield prefix + what, value


def _of_question(view: Bundle, held_out: HeldOutFilms) -> Iterator[tuple[str, str]]:
    known = held_out.known
    # Back from how they are compared to the principal components.
    votes, are_near = count_votes(
        known.coordinates @ np.linalg.inv(known.metric), known.films, known
    )
    voted = (known.labels != NOT_LABELLED) & (votes.sum(axis=1) == VOTERS)
    truth, units = known.labels[voted], _units(held_out)[voted]
    right = votes[voted].argmax(axis=1) == truth
    yield "held-out films with known truth", f"{len(truth):,}"
    yield (
        f"most of the {VOTERS} nearest are of the true class",
        proportion_in_full(ClusteredProportion.of(right, units)),
    )
    for label, name in enumerate(view.manifest.task.classes):
        if (view.manifest.task.binary and label == 0) or len(set(truth == label)) < 2:
            continue
        auc = auc_interval(truth == label, votes[voted, label] / VOTERS, groups=units)
        yield f"AUC of their votes, {name}", f"{figure(auc)} ({figure_interval(auc)})"
    needed = held_out.known.votes_needed
    yield "votes needed to contradict", f"{needed} of {VOTERS}" if needed else "never"
    if needed is not None:
        yield from _on_validation(view, held_out, votes * are_near[:, np.newaxis], needed)
    measured = _measured(view)
    if measured is not None:
        on_wrong = Proportion(measured.on_wrong, measured.wrong)
        on_right = Proportion(measured.on_right, measured.right)
        yield "contradicted, test, wrong answers", proportion_in_full(on_wrong)
        yield "contradicted, test, right answers", proportion_in_full(on_right)


def _on_validation(
    view: Bundle, held_out: HeldOutFilms, votes: np.ndarray, needed: int
) -> Iterator[tuple[str, str]]:
    cases = select(view.predictions(), view.manifest.task, split="val")
    predicted = cases.predicted(_threshold(view))
    row_of = {image_id: row for row, image_id in enumerate(cases.image_ids.tolist())}
    chosen = [
        (number, row_of[film.image_id])
        for number, film in enumerate(held_out.known.films)
        if film.image_id in row_of
    ]
    numbers, of_case = (np.array(column, np.int64) for column in zip(*chosen, strict=True))
    against = votes_against(votes[numbers], predicted[of_case]) >= needed
    right = predicted[of_case] == cases.y_true[of_case]
    for word, which in (("wrong", ~right), ("right", right)):
        share = ClusteredProportion.of(against[which], cases.patients[of_case][which])
        yield f"contradicted, validation, {word} answers", proportion_in_full(share)


def _threshold(view: Bundle) -> float | None:
    return view.manifest.thresholds.decision if view.manifest.task.binary else None


def _measured(view: Bundle) -> Contradictions | None:
    reference = view.manifest.reference
    return reference.contradictions_of(view.finding) if reference is not None else None


def _units(held_out: HeldOutFilms) -> np.ndarray:
    """What counts as one independent film: its patient, else its group, else itself."""
    return np.array([one.patient or one.group or one.image_id for one in held_out.known.films])


if __name__ == "__main__":
    main()
