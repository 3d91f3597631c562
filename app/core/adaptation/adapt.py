"""Adapts a model to a place: from labelled films to a folder that is used like a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.core.adaptation.cropped_probes import FittedProbes, fit_cropped_probes
from app.core.adaptation.cut_films import look_at_cut_films
from app.core.adaptation.enough import require_enough
from app.core.adaptation.films import LocalFilms, Watch, score_films
from app.core.adaptation.fitting import Decision
from app.core.adaptation.holding_out import Fitted, adapt_decision
from app.core.adaptation.labels import Labelled
from app.core.adaptation.wanted import Wanted, units_of
from app.core.adaptation.writing import make_adaptation, reach_of, write_adaptation
from app.core.bundles.adaptation import Adaptation
from app.core.bundles.bundle import Bundle
from app.core.errors import OverreadError
from app.core.scoring.engine import Engine


@dataclass(frozen=True, slots=True, eq=False)
class Adapted:
    """An adaptation that is not written yet.

    Attributes:
        bundle: The bundle that is adapted.
        films: The films of the place that were used, and those left out.
        fitted: What was fitted on them, and how it compares.
        adaptation: The same as it is written, without the digests of its files.
        cropped: What tells cropped films there; None if that was not tried.
    """

    bundle: Bundle
    films: LocalFilms
    fitted: Fitted
    adaptation: Adaptation
    cropped: FittedProbes | None = None

    def write(self, out: Path) -> Bundle:
        """Writes the folder, and loads it back.

        Args:
            out: The folder; must not exist.

        Raises:
            OverreadError: If it exists.
            OSError: If it cannot be written.
        """
        return write_adaptation(
            out, self.adaptation, self.bundle, self.films, self.fitted, self.cropped
        )


def require_adaptable(bundle: Bundle) -> None:
    """Checks that a bundle can be adapted.

    Raises:
        OverreadError: If it is an adaptation already, or has findings.
    """
    if bundle.adaptation is not None:
        raise OverreadError(
            f"{bundle.name!r} is an adaptation already. Adapt its bundle "
            f"{bundle.adaptation.bundle!r} with all labelled films of the place."
        )
    if bundle.manifest.task.any_of:
        raise OverreadError(
            f"The model {bundle.name!r} has findings that do not exclude each other. Only models "
            "with classes that exclude each other can be adapted."
        )


def one_line(place: str) -> str:
    """The name of a place on one line, without spaces around it.

    Raises:
        OverreadError: If it is empty or too long, or holds a character that cannot be shown.
    """
    name = " ".join(place.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise OverreadError(
            f"The place is {place!r}. Expected a name of 1 to 80 characters that can be shown."
        )
    return name


def adapt(
    engine: Engine,
    labelled: Sequence[Labelled],
    *,
    place: str,
    wanted: Wanted | None = None,
    watch: Watch | None = None,
) -> Adapted:
    """Scores labelled films, fits on them, and compares before and after.

    Args:
        engine: The model.
        labelled: Films of the place whose truth is known.
        place: Where they are from, see `one_line`.
        wanted: What the zones are to promise; None for what the labels can show.
        watch: Is told of the progress, see `score_films`.

    Raises:
        OverreadError: If the model cannot be adapted, or there are too few films.

    Example:
        adapted = adapt(engine, read_labels(Path("labels.csv"), task), place="ward 3")
        bundle = adapted.write(Path("models/chest-pneumonia@ward-3"))
    """
    bundle = engine.bundle
    require_adaptable(bundle)
    place = one_line(place)
    task = bundle.manifest.task
    labels = np.array([one.label for one in labelled], np.int64)
    require_enough(labels, units_of(labelled), task)  # before minutes are spent on scoring
    films = score_films(engine, labelled, watch)
    base = Decision(bundle.manifest.calibration, bundle.manifest.thresholds)
    wanted = wanted or Wanted(None, None)
    fitted = adapt_decision(films, base, task, wanted)
    cropped = _tell_cropped(engine, films, wanted.seed, watch)
    adaptation = make_adaptation(bundle, films, fitted, place, cropped)
    return Adapted(bundle, films, fitted, adaptation, cropped)


def _tell_cropped(
    engine: Engine, films: LocalFilms, seed: int, watch: Watch | None
) -> FittedProbes | None:
    reference, reach = engine.gatekeeper.reference, reach_of(films)
    cut = look_at_cut_films(engine, films, reach=reach, seed=seed, watch=watch)
    if cut is None or reference is None:
        return None
    return fit_cropped_probes(cut, reference, reach, seed=seed)
