"""How the results of a folder differ from the films that their bundle was tested on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from app.core.bundles.bundle import Bundle
from app.core.bundles.reference_section import Reference
from app.core.gate.familiarity import UNFAMILIAR
from app.core.gate.reservoir import Reservoir
from app.core.gate.sample import Sample
from app.core.gate.shift import Shift, compare
from app.core.results.reference_films import answer_names, answer_of, reference_films
from app.core.scoring.result import Result
from app.core.statistics.metrics import Proportion

# A rule refused it, and a reader judged it all the same.
_OVERRIDDEN = "overridden"


def add_result(reservoir: Reservoir, result: Result) -> None:
    """Adds an image to what is compared; one that could not be read does not count.

    An image that a reader has judged in spite of the gate counts as refused: it is as foreign to
    the model as before. One that was put right first counts as the film that it is then.

    Args:
        reservoir: The images so far.
        result: What became of the next one.
    """
    if result.chosen.override:
        reservoir.add_refused(_code_of_overridden(result), result.observation)
    elif result.prediction is not None:
        reservoir.add(result.observation, answer_of(result.prediction))
    elif result.status == "refused":
        reservoir.add_refused(result.reason_code, result.observation)


def compare_results(results: Iterable[Result], bundle: Bundle) -> Shift | None:
    """How a folder differs from the reference of a bundle; None if the bundle has none.

    Args:
        results: What became of the images of the folder.
        bundle: The bundle that judged them.

    Raises:
        BundleError: If the reference of the bundle cannot be used.
    """
    if bundle.manifest.reference is None:
        return None
    reservoir = Reservoir()
    for result in results:
        add_result(reservoir, result)
    return compare_folder(reservoir, bundle)


def compare_folder(reservoir: Reservoir, bundle: Bundle) -> Shift | None:
    """How a folder differs from the reference of a bundle; None if the bundle has none.

    Args:
        reservoir: The images of the folder.
        bundle: The bundle that judged them.

    Raises:
        BundleError: If the reference of the bundle cannot be used.
    """
    films, section = reference_films(bundle), bundle.manifest.reference
    if films is None or section is None:
        return None
    return compare(
        reservoir,
        films,
        reference_refused=_refused_at_home(
            films, section, is_adapted=bundle.adaptation is not None
        ),
        answers=answer_names(bundle.manifest.task),
        place=bundle.adaptation.place if bundle.adaptation is not None else "",
        is_adaptable=not bundle.manifest.task.any_of,
    )


def _refused_at_home(films: Sample, section: Reference, *, is_adapted: bool) -> Proportion:
    """How many held-out films are refused, by the limit that is in force.

    The counts of a bundle are of its own limit. An adaptation's is wider, so the films that the
    bundle ships are counted again, if their distances are known.

    Args:
        films: The held-out films, with distances divided by the limit in force.
        section: The reference of the bundle.
        is_adapted: Whether the limit is that of an adaptation.
    """
    if not is_adapted or not np.isfinite(films.distances).all():
        return Proportion(section.refused, section.of)
    return Proportion(int((films.distances > 1).sum()), len(films))


def _code_of_overridden(result: Result) -> str:
    """Why the gate refused an image that was judged all the same, of which only this is known."""
    is_far = result.observation is not None and result.observation.distance > 1
    return result.reason_code or (UNFAMILIAR if is_far else _OVERRIDDEN)
