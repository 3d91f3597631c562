"""Whether an adaptation keeps its promises on films that it was not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.adaptation.films import LocalFilms, Watch, score_films
from app.core.adaptation.labels import Labelled
from app.core.bundles.adaptation_checks import ZoneName, ZoneVerdict
from app.core.bundles.bundle import Bundle
from app.core.bundles.guarantee import ZonePromise
from app.core.errors import OverreadError
from app.core.performance.proportions import ClusteredProportion
from app.core.scoring.engine import Engine
from app.core.statistics.recalibration import calibrated


@dataclass(frozen=True, slots=True)
class ZoneCheck:
    """A zone on other films.

    Attributes:
        name: Of the zone.
        promise: What was promised of it.
        errors: Ruled out, positives in it among all positives; else films in it that are wrong.
        inside: Films in it among all films.
    """

    name: ZoneName
    promise: ZonePromise
    errors: ClusteredProportion
    inside: ClusteredProportion

    @property
    def verdict(self) -> ZoneVerdict:
        """Whether the promise is kept on these films."""
        if not self.promise.found:
            return "no zone"
        if not self.errors.total:
            return "no films"
        if self.errors.value <= self.promise.promised:
            return "kept"
        return "by chance" if self.errors.interval()[0] <= self.promise.promised else "not kept"


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """What an adaptation does on other films of its place.

    Attributes:
        films: The films that were used, and those left out.
        refused: How many of them the gate refuses as unfamiliar or cropped; they lie in no zone.
        zones: Each zone.
    """

    films: LocalFilms
    refused: int
    zones: tuple[ZoneCheck, ...]


def check_promises(
    engine: Engine, labelled: Sequence[Labelled], watch: Watch | None = None
) -> Check:
    """Scores labelled films, and counts what lies in the zones.

    Films that the model was adapted to, and others of their patients, are left out.

    Args:
        engine: The adapted model.
        labelled: Films of its place whose truth is known.
        watch: Is told of the progress, see `score_films`.

    Raises:
        OverreadError: If the model is not adapted.
        DatasetError: If no film can be used.
    """
    if engine.bundle.adaptation is None:
        raise OverreadError(
            f"{engine.bundle.name!r} is not adapted to a place, so it promises nothing of one. "
            "Choose an adaptation."
        )
    films = score_films(engine, labelled, watch)
    zones = count_zones(films, films.refused, engine.bundle)
    return Check(films, int(films.refused.sum()), zones)


def count_zones(
    films: LocalFilms, refused: NDArray[np.bool_], bundle: Bundle
) -> tuple[ZoneCheck, ...]:
    """What lies in each zone.

    Args:
        films: The films.
        refused: Which of them are refused, and so in no zone, `(num_films,)`.
        bundle: The adapted model.
    """
    thresholds = bundle.manifest.thresholds
    guarantee = thresholds.guarantee
    if guarantee is None:
        return ()
    probabilities = calibrated(films.logits, bundle.manifest.calibration)
    patients = np.asarray(films.units.names, np.str_)
    is_binary = guarantee.rule_out is not None
    score = probabilities[:, 1] if is_binary else probabilities.max(axis=1)
    wrong = films.labels != (1 if is_binary else probabilities.argmax(axis=1))
    found = []
    if guarantee.rule_out is not None:
        below = (score < thresholds.uncertain_low) & thresholds.rules_out & ~refused
        found.append(
            ZoneCheck(
                "ruled out",
                guarantee.rule_out,
                ClusteredProportion.of(below[~wrong], patients[~wrong]),
                ClusteredProportion.of(below, patients),
            )
        )
    above = (score >= thresholds.uncertain_high) & thresholds.rules_in & ~refused
    found.append(
        ZoneCheck(
            "ruled in" if is_binary else "clear",
            guarantee.rule_in,
            ClusteredProportion.of(wrong[above], patients[above]),
            ClusteredProportion.of(above, patients),
        )
    )
    return tuple(found)
