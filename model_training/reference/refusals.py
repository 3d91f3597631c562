"""Counts what the gate of a network refuses, as the engine will."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from app.core.errors import RefusedImageError, Remedy
from app.core.gate.admission import Impression, Remedied, refusal_of, require_admitted
from app.core.gate.familiarity import CROPPED, OTHER_KIND
from app.core.gate.fault_probes import REMEDY_OF
from app.core.gate.observation import Observation
from app.core.gate.reference import Reference
from app.core.gate.rules.check import check_look
from app.core.gate.rules.look import Look
from app.core.gate.rules.quality import check_quality
from app.core.performance.proportions import ClusteredProportion
from model_training.data.datasets import Case
from model_training.reference import faults
from model_training.reference.known_cases import KnownCase
from model_training.reference.views import Looked, Looker


@dataclass(frozen=True, slots=True, eq=False)
class RefusalCounter:
    """Counts refused films.

    Attributes:
        reference: What the films are compared with.
        looker: How they were read.
    """

    reference: Reference
    looker: Looker

    def right(self, looked: Looked, cases: Sequence[KnownCase]) -> ClusteredProportion:
        """The share of films as they are that the reference or a rule refuses.

        Args:
            looked: What was seen of them.
            cases: The films, in the same order.
        """
        return self.of_kind(looked, cases)[0]

    def of_kind(
        self, looked: Looked, cases: Sequence[KnownCase]
    ) -> tuple[ClusteredProportion, ClusteredProportion]:
        """The shares of images as they are that are refused, and refused as of another kind.

        Args:
            looked: What was seen of them.
            cases: The images, in the same order.
        """
        codes = [
            _code(
                self.reference.observe(looked.features[at]),
                self._impression(looked, at),
                partial(self._observe_with, one.case),
            )
            for at, one in enumerate(cases)
        ]
        return (
            _share([code != "" for code in codes], cases),
            _share([code == OTHER_KIND for code in codes], cases),
        )

    def wrong(
        self, fault: str, looked: Looked, cases: Sequence[KnownCase]
    ) -> tuple[ClusteredProportion, ClusteredProportion]:
        """The shares of films with a fault that are refused, and refused for this fault.

        By the reference alone: a rule that finds the fault as well would only add to them. The
        remedy of a fault that is rightly named gives back the film as it was; that of another is
        taken not to help.

        Args:
            fault: One of `faults.FAULTS`.
            looked: What was seen of the films and of copies with the fault.
            cases: The films, in the same order.
        """
        codes = []
        for features, original in zip(looked.faulty[fault], looked.features, strict=False):
            as_it_was = self.reference.observe(original)
            helps = {REMEDY_OF[fault]: as_it_was} if fault in REMEDY_OF else {}
            codes.append(_code(self.reference.observe(features), Impression(), helps.get))
        of, name = cases[: len(codes)], CROPPED if fault in faults.CROPPED else fault
        return _share([code != "" for code in codes], of), _share([c == name for c in codes], of)

    def _impression(self, looked: Looked, at: int) -> Impression:
        """What a film is refused for by its file and its figures, as the app finds it.

        Motion is left out: it can only be told from the film itself.
        """
        statistics, ranges = looked.statistics[at], self.reference.ranges
        refusal, spoilt = looked.stated[at], None
        if refusal is None and ranges is not None:
            look = Look(looked.shapes[at], statistics, ranges, self.looker.network_input)
            refusal = refusal_of(lambda: check_look(look))
            spoilt = refusal_of(lambda: check_quality(look))
        if refusal is None and self.reference.reads_markers:
            refusal = looked.mirrored[at]
        return Impression(statistics, refusal, spoilt)

    def _observe_with(self, case: Case, remedy: Remedy) -> Observation:
        return self.reference.observe(self.looker.look_again(case, remedy))


def _code(seen: Observation, impression: Impression, remedied: Remedied) -> str:
    """Why an image is refused; empty if it is not."""
    try:
        require_admitted(seen, impression, remedied=remedied)
    except RefusedImageError as error:
        return error.code
    return ""


def _share(refused: Sequence[bool], cases: Sequence[KnownCase]) -> ClusteredProportion:
    groups = np.array([one.group for one in cases], str)
    return ClusteredProportion.of(np.array(refused, bool), groups)
