"""How logits become a decision: the calibration, the thresholds and the uncertain zone."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import (
    AliasChoices,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from app.core.bundles.guarantee import Guarantee
from app.core.bundles.section import Section

# Of an imported network that never scored an image with known truth.
NOT_CHOSEN = "not chosen on any image"
QUALITY_UNKNOWN = (
    "nothing is known. The model was imported with too few labelled images, or none: how often it "
    "is right, missed findings and false alarms were not measured, its threshold was not chosen on "
    "any image, and its probabilities are not calibrated."
)


class Thresholds(Section):
    """The decision threshold and the uncertain zone, as probabilities in [0, 1].

    Two classes: the positive class is predicted at or above `decision`; between `uncertain_low`
    and `uncertain_high` the film is uncertain. More classes: the most likely class is predicted,
    and is uncertain below `uncertain_high`.

    `guarantee` is what the zones promise; None in older bundles, whose zones promise nothing.
    """

    decision: float = Field(ge=0, le=1)
    uncertain_low: float = Field(
        ge=0, le=1, validation_alias=AliasChoices("uncertain_low", "doubtful_low")
    )
    uncertain_high: float = Field(
        ge=0, le=1, validation_alias=AliasChoices("uncertain_high", "doubtful_high")
    )
    rule: str
    chosen_on: str
    guarantee: Guarantee | None = None

    @property
    def rules_out(self) -> bool:
        """Whether a film can be clearly negative; always where nothing is promised."""
        promise = None if self.guarantee is None else self.guarantee.rule_out
        return promise is None or promise.found

    @property
    def rules_in(self) -> bool:
        """Whether a film can be clearly positive, or clear; always where nothing is promised."""
        return self.guarantee is None or self.guarantee.rule_in.found

    @model_serializer(mode="wrap")
    def _without_no_guarantee(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        if self.guarantee is None:
            del content["guarantee"]
        return content

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.uncertain_low <= self.decision <= self.uncertain_high:
            raise ValueError("expected uncertain_low <= decision <= uncertain_high")
        return self


class Calibration(Section):
    """How logits become calibrated probabilities, see `recalibration.calibrated`.

    Logits are divided by `temperature`; with the method `temperature_and_offset`, the `offset` of
    each class, in logits and class order, is added; then the softmax is applied. With two classes
    the latter is Platt scaling.
    """

    method: Literal["temperature", "temperature_and_offset"]
    temperature: float = Field(gt=0)
    offset: tuple[float, ...] = ()
    fitted_on: str

    @model_validator(mode="after")
    def _offset_fits(self) -> Self:
        if bool(self.offset) != (self.method == "temperature_and_offset"):
            raise ValueError(f"the method {self.method} does not allow the offset {self.offset}")
        return self


class Finding(Section):
    """What decides about one finding of an `any-of` task; see `Thresholds` and `Calibration`."""

    thresholds: Thresholds
    calibration: Calibration

    @model_validator(mode="after")
    def _two_offsets(self) -> Self:
        if len(self.calibration.offset) not in (0, 2):
            raise ValueError(f"{len(self.calibration.offset)} offsets for absent and present")
        return self
