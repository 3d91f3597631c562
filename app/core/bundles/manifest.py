"""`bundle.json`, the manifest of a bundle: its sections and the rules they are checked by."""

from __future__ import annotations

import json
from typing import Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.core.errors import BundleError

FORMAT = 1
MANIFEST = "bundle.json"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Task(_Section):
    """The question the model answers: class names in output order, and how they are displayed.

    With two classes the positive class is the second, so `y_true` of 1 and a high probability
    both mean positive.
    """

    title: str
    classes: tuple[str, ...] = Field(min_length=2)
    positive: str | None = None
    display_names: dict[str, str] = Field(
        default={}, validation_alias=AliasChoices("display_names", "wording")
    )

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        if len(set(self.classes)) != len(self.classes):
            raise ValueError(f"classes contain duplicates: {list(self.classes)}")
        if self.binary and self.positive != self.classes[1]:
            raise ValueError(
                f"positive is {self.positive!r}; with two classes it must be the second of "
                f"{list(self.classes)}"
            )
        unknown = set(self.display_names) - set(self.classes)
        if unknown:
            raise ValueError(f"display_names contains {sorted(unknown)}, which are not classes")
        return self

    @property
    def binary(self) -> bool:
        """Whether there are two classes, separated by one threshold on the positive one."""
        return len(self.classes) == 2

    def display_name(self, name: str) -> str:
        """The name under which a class is displayed."""
        return self.display_names.get(name, name)


class Input(_Section):
    """The network's input size, and how a film is fitted to it."""

    height: int = Field(ge=16, le=4096)
    width: int = Field(ge=16, le=4096)
    channels: Literal[1, 3]
    fit: Literal["stretch", "pad"]
    modalities: tuple[str, ...] = ()


class Heatmap(_Section):
    """The layer used for Grad-CAM, and the scale of the heatmap colours.

    `scale` is the evidence at the top of the colours, in logits. It was chosen on validation films
    and is fixed, so that colours are comparable between films.
    """

    layer: str
    scale: float = Field(gt=0)


class Thresholds(_Section):
    """The decision threshold and the uncertain zone, as probabilities in [0, 1].

    Two classes: the positive class is predicted at or above `decision`; between `uncertain_low`
    and `uncertain_high` the film is uncertain. More classes: the most likely class is predicted,
    and is uncertain below `uncertain_high`.
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

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.uncertain_low <= self.decision <= self.uncertain_high:
            raise ValueError("expected uncertain_low <= decision <= uncertain_high")
        return self


class Calibration(_Section):
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


class Data(_Section):
    """The training data.

    `counts` is split -> class -> number of images; `patients_from` says what told the
    patients, and is empty where nothing did and in older bundles.
    """

    name: str
    source: str
    licence: str
    fingerprint: str
    counts: dict[str, dict[str, int]]
    patients: dict[str, int]
    patients_from: str = ""


class Manifest(_Section):
    """The content of `bundle.json`."""

    format: Literal[1]
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    task: Task
    input: Input
    heatmap: Heatmap
    thresholds: Thresholds
    calibration: Calibration
    data: Data
    training: dict[str, str | int | float | bool | None]
    versions: dict[str, str]
    files: dict[str, str]

    @model_validator(mode="after")
    def _offset_for_each_class(self) -> Self:
        num_offsets, num_classes = len(self.calibration.offset), len(self.task.classes)
        if num_offsets not in (0, num_classes):
            raise ValueError(f"{num_offsets} offsets for {num_classes} classes")
        return self


def parse_manifest(text: bytes, folder: str) -> Manifest:
    """Reads a manifest.

    Args:
        text: The content of `bundle.json`.
        folder: The name of the bundle's folder, for messages.

    Raises:
        BundleError: If it is not JSON, has another format number, or is inconsistent.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BundleError(
            f"{MANIFEST} of the bundle {folder!r} is not valid JSON ({error}). "
            "Copy the bundle again."
        ) from None
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT or isinstance(found, bool):
        raise BundleError(
            f"The bundle {folder!r} has format {found!r}; this version of Overread reads format "
            f"{FORMAT}. Update Overread, or train the bundle again with this version."
        )
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'bundle'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise BundleError(
            f"{MANIFEST} of the bundle {folder!r} is invalid: {problems}. "
            "Train or copy the bundle again."
        ) from None
