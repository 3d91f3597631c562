"""What the zones of a model promise, and the counts that the promise rests on."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from app.core.bundles.section import Section

_Proportion = Field(ge=0, le=1)
_Count = Field(ge=0)
# What is counted once: a patient, a group of near-duplicates, or a film.
Unit = Literal["patient", "group", "film"]


class ZonePromise(Section):
    """A zone in which errors are rare, and what shows it; see `zones.find_zones`.

    Attributes:
        promised: The highest proportion of errors that is allowed, in (0, 1).
        found: Whether such a zone was found; without it, the zone is empty.
        errors: Units in the zone that are wrong there.
        of: Units that could have been: all positives for rule-out, else all units in the zone.
        bound: Upper bound of the proportion of errors that holds though the films chose the edge,
            in [0, 1]; 1 without a zone. For rule-in it is `promised`; bundles of earlier versions
            have a lower one, which did not take account of the choice and is not shown.
        inside: Units in the zone, right or wrong, out of `Guarantee.units`.
        more: About how many more labelled units the zone needs, at the rates that were found; 0
            if there is a zone, None if no number would do.
    """

    promised: float = Field(gt=0, lt=1)
    found: bool
    errors: int = _Count
    of: int = _Count
    bound: float = _Proportion
    inside: int = _Count
    more: int | None = 0

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.errors > self.of:
            raise ValueError(f"{self.errors} errors out of {self.of}")
        if not self.found and self.inside:
            raise ValueError(f"there is no zone, but {self.inside} units lie in it")
        return self


class Guarantee(Section):
    """What the zones promise together.

    Attributes:
        confidence: Probability with which all promises hold together, in (0, 1).
        units: Films that were counted, one for each unit.
        unit: What has one film among them.
        positives: Positives among these; with more than two classes, correct predictions.
        rule_out: The zone below `uncertain_low`; None with more than two classes. Its errors are
            positives in it.
        rule_in: The zone from `uncertain_high` on; with more than two classes, the films whose
            class counts as clear. Its errors are films that are not of the predicted class.
        missed: Positives in the rule-out zone, out of `units`.
        views: Number of ways in which each film was changed and in which each zone was shown.
    """

    confidence: float = Field(gt=0, lt=1)
    units: int = _Count
    unit: Unit
    positives: int = _Count
    rule_out: ZonePromise | None = None
    rule_in: ZonePromise
    missed: int = Field(default=0, ge=0)
    views: int = Field(default=1, ge=1)
