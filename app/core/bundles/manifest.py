"""`bundle.json`, the manifest of a bundle: its sections and the rules they are checked by."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from app.core.bundles.guarantee import Guarantee
from app.core.errors import BundleError

# Format 1 has no `kind` of task, and is always `one-of`. Only format 3 may have a `reference`, or a
# `guarantee` of its zones; a bundle without either is written in format 2, which older versions of
# Overread read.
Format = Literal[1, 2, 3]
FORMAT: Format = 2
FORMAT_WITH_REFERENCE: Format = 3
MANIFEST = "bundle.json"

# `one-of`: every image belongs to exactly one class. `any-of`: an image can show any number of
# the findings, each of which is a question of its own.
TaskKind = Literal["one-of", "any-of"]
# Between the findings of an image in one text, and that text where it has none.
BETWEEN_FINDINGS = "|"
NO_FINDING = "none"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Task(_Section):
    """The question the model answers: class names in output order, and how they are displayed.

    With two classes the positive class is the second, so `y_true` of 1 and a high probability
    both mean positive. With the kind `any-of`, the classes are findings, and each of them is
    present or absent whatever the others are.
    """

    title: str
    kind: TaskKind = "one-of"
    classes: tuple[str, ...] = Field(min_length=2)
    positive: str | None = None
    display_names: dict[str, str] = Field(
        default={}, validation_alias=AliasChoices("display_names", "wording")
    )

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        if len(set(self.classes)) != len(self.classes):
            raise ValueError(f"classes contain duplicates: {list(self.classes)}")
        if self.any_of:
            _check_findings(self.classes, self.positive)
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
        return len(self.classes) == 2 and not self.any_of

    @property
    def any_of(self) -> bool:
        """Whether the classes are findings that do not exclude each other."""
        return self.kind == "any-of"

    def display_name(self, name: str) -> str:
        """The name under which a class is displayed; its own if another would look the same."""
        shown = self.display_names.get(name, name)
        same = [one for one in self.classes if self.display_names.get(one, one) == shown]
        return shown if len(same) == 1 else name


def _check_findings(findings: tuple[str, ...], positive: str | None) -> None:
    if positive is not None:
        raise ValueError(f"positive is {positive!r}; with any-of every finding has its own")
    unusable = [name for name in findings if BETWEEN_FINDINGS in name or name in ("", NO_FINDING)]
    if unusable:
        raise ValueError(
            f"the findings {unusable} cannot be listed; expected names without "
            f"{BETWEEN_FINDINGS!r}, other than {NO_FINDING!r}"
        )


class Input(_Section):
    """The network's input size, how a film is read and fitted to it, and what it may show.

    `window` is the values of black and white with which files were read for training that do not
    state them; None if there were none, and in older bundles. `body_parts` and `views` are DICOM
    terms such as `CHEST` and `PA`, `ages` the youngest and oldest patient in whole years; a film
    whose file states others is refused. Empty or None allows any.
    """

    height: int = Field(ge=16, le=4096)
    width: int = Field(ge=16, le=4096)
    channels: Literal[1, 3]
    fit: Literal["stretch", "pad"]
    modalities: tuple[str, ...] = ()
    window: tuple[float, float] | None = None
    body_parts: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    ages: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _ages_ordered(self) -> Self:
        if self.ages is not None and not 0 <= self.ages[0] <= self.ages[1]:
            raise ValueError(f"ages are {list(self.ages)}; expected the youngest and the oldest")
        return self

    @model_validator(mode="after")
    def _window_ordered(self) -> Self:
        if self.window is not None and self.window[0] >= self.window[1]:
            raise ValueError(f"window is {list(self.window)}; expected black below white")
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_not_set(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Older versions of Overread read bundles that use nothing they do not know."""
        content: dict[str, Any] = handler(self)
        for name in ("window", "body_parts", "views", "ages"):
            if not content[name]:
                del content[name]
        return content


_Scale = Annotated[float, Field(gt=0)]


class Heatmap(_Section):
    """The layer used for Grad-CAM, and the scale of the heatmap colours.

    `scale` is the evidence at the top of the colours, in logits. It was chosen on validation films
    and is fixed, so that colours are comparable between films. With `any-of` each finding has its
    own, in class order; older bundles have one for all.
    """

    layer: str
    scale: _Scale | dict[str, _Scale]

    def scale_for(self, class_index: int) -> float:
        """Evidence at the top of the colours of a class, in logits.

        Args:
            class_index: Position of the class in the task.
        """
        if isinstance(self.scale, dict):
            return tuple(self.scale.values())[class_index]
        return self.scale


class Thresholds(_Section):
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

    `counts` is split -> class -> number of images. `patients` is split -> number of known
    patients, and `images_without_patient` the images of unknown ones; in older bundles that is
    empty, and `patients` counts each of those images as a patient. `patients_from` says how the
    patients were found, and is empty if they were not and in older bundles. With findings,
    `counts` are the images that show one, and `labelled` the images for which that is known.
    """

    name: str
    source: str
    licence: str
    fingerprint: str
    counts: dict[str, dict[str, int]]
    patients: dict[str, int]
    images_without_patient: dict[str, int] = {}
    patients_from: str = ""
    labelled: dict[str, dict[str, int]] = {}


class Finding(_Section):
    """What decides about one finding of an `any-of` task; see `Thresholds` and `Calibration`."""

    thresholds: Thresholds
    calibration: Calibration

    @model_validator(mode="after")
    def _two_offsets(self) -> Self:
        if len(self.calibration.offset) not in (0, 2):
            raise ValueError(f"{len(self.calibration.offset)} offsets for absent and present")
        return self


# In place of a layer: what the network is given.
PIXELS = "pixels"


class FeatureLayer(_Section):
    """A layer whose features say how familiar an image is; `pixels` is the network's input.

    Its map is divided into `grid` x `grid` cells. A feature is the mean of a channel over a cell;
    with `spread`, the standard deviation over each cell is one as well.
    """

    layer: str = Field(min_length=1)
    grid: int = Field(default=1, ge=1, le=16)
    spread: bool = False


class Contradictions(_Section):
    """When the films most like an image contradict the model, and how often they did on test films.

    `votes` is how many of the 11 nearest films must agree on another answer; None if no number was
    found that speaks up rarely and with reason, and then none does. On test films that was
    `on_wrong` of `wrong` answers, and `on_right` of `right` ones. With findings, each has its own.
    """

    finding: str = ""
    votes: int | None = Field(ge=6, le=11)
    on_wrong: int = Field(ge=0)
    wrong: int = Field(ge=0)
    on_right: int = Field(ge=0)
    right: int = Field(ge=0)

    @model_validator(mode="after")
    def _counts_fit(self) -> Self:
        if self.on_wrong > self.wrong or self.on_right > self.right:
            raise ValueError(
                f"{self.on_wrong} of {self.wrong} wrong and {self.on_right} of {self.right} right "
                "answers are contradicted"
            )
        return self


class Reference(_Section):
    """How images are told that are unlike those the model was trained on.

    The numbers themselves are in files of the bundle. The limit rests on the distance that the
    proportion `limit_share` of the validation images exceed; `refused` says how many `of` them are
    refused, in older bundles without what rules refuse. `faults` are the ways to be wrong that can
    be named, such as `inverted`. `contradictions` is one for the task, or one for each finding;
    older ones have none.
    """

    layers: tuple[FeatureLayer, ...] = Field(min_length=1)
    limit_share: float = Field(gt=0, lt=1)
    refused: int = Field(ge=0)
    of: int = Field(ge=1)
    faults: tuple[str, ...] = ()
    contradictions: tuple[Contradictions, ...] = ()

    def contradictions_of(self, finding: str) -> Contradictions | None:
        """When the films most like an image contradict the model; None if that was not measured.

        Args:
            finding: Name of a finding; empty for a `one-of` task.
        """
        return next((one for one in self.contradictions if one.finding == finding), None)

    @model_validator(mode="after")
    def _counts_fit(self) -> Self:
        if self.refused > self.of:
            raise ValueError(f"{self.refused} images are refused of {self.of}")
        return self


class Manifest(_Section):
    """The content of `bundle.json`.

    A `one-of` task has `thresholds` and `calibration`; an `any-of` task has them for each of its
    `findings`, see `findings.finding_manifest`.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    format: Format
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    task: Task
    input: Input
    heatmap: Heatmap
    one_of_thresholds: Thresholds | None = Field(default=None, alias="thresholds")
    one_of_calibration: Calibration | None = Field(default=None, alias="calibration")
    findings: dict[str, Finding] = {}
    reference: Reference | None = None
    data: Data
    training: dict[str, str | int | float | bool | None]
    versions: dict[str, str]
    files: dict[str, str]

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds of a `one-of` task.

        Raises:
            ValueError: With `any-of`, where each finding has its own.
        """
        if self.one_of_thresholds is None:
            raise ValueError("An any-of task has thresholds for each finding, not for all.")
        return self.one_of_thresholds

    @property
    def calibration(self) -> Calibration:
        """The calibration of a `one-of` task.

        Raises:
            ValueError: With `any-of`, where each finding has its own.
        """
        if self.one_of_calibration is None:
            raise ValueError("An any-of task has a calibration for each finding, not for all.")
        return self.one_of_calibration

    @property
    def feature_layers(self) -> tuple[FeatureLayer, ...]:
        """The layers whose features the gate looks at; none without a reference."""
        return self.reference.layers if self.reference is not None else ()

    @model_validator(mode="after")
    def _format_has_what_is_given(self) -> Self:
        if self.reference is not None and self.format < FORMAT_WITH_REFERENCE:
            raise ValueError(
                f"a reference is given, which format {self.format} does not have; expected "
                f"{FORMAT_WITH_REFERENCE}"
            )
        decided = [one.thresholds for one in self.findings.values()]
        if self.one_of_thresholds is not None:
            decided.append(self.one_of_thresholds)
        if self.format < FORMAT_WITH_REFERENCE and any(one.guarantee for one in decided):
            raise ValueError(
                f"zones have a guarantee, which format {self.format} does not have; expected "
                f"{FORMAT_WITH_REFERENCE}"
            )
        return self

    @model_validator(mode="after")
    def _decisions_fit(self) -> Self:
        if self.task.any_of:
            self._check_any_of()
            return self
        if self.findings:
            raise ValueError("findings are given, but the task is one-of")
        if isinstance(self.heatmap.scale, dict):
            raise ValueError("a one-of task has one heatmap scale for all classes")
        if self.one_of_thresholds is None or self.one_of_calibration is None:
            raise ValueError("a one-of task needs thresholds and calibration")
        num_offsets, num_classes = len(self.calibration.offset), len(self.task.classes)
        if num_offsets not in (0, num_classes):
            raise ValueError(f"{num_offsets} offsets for {num_classes} classes")
        return self

    def _check_any_of(self) -> None:
        if self.format == 1:
            raise ValueError("the task is any-of, which format 1 does not have")
        if self.one_of_thresholds is not None or self.one_of_calibration is not None:
            raise ValueError("an any-of task has thresholds and calibration in its findings only")
        if tuple(self.findings) != self.task.classes:
            raise ValueError(
                f"findings are given for {list(self.findings)}; expected one for each class in "
                f"order: {list(self.task.classes)}"
            )
        scale = self.heatmap.scale
        if isinstance(scale, dict) and tuple(scale) != self.task.classes:
            raise ValueError(
                f"heatmap scales are given for {list(scale)}; expected one for each finding in "
                f"order: {list(self.task.classes)}"
            )

    @model_serializer(mode="wrap")
    def _without_what_is_not_used(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        unused = {"findings"} if not self.task.any_of else {"thresholds", "calibration"}
        if self.reference is None:
            unused |= {"reference"}
        return {name: value for name, value in content.items() if name not in unused}


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
    known = get_args(Format)
    if isinstance(found, bool) or found not in known:
        raise BundleError(
            f"The bundle {folder!r} has format {found!r}; this version of Overread reads the "
            f"formats {', '.join(map(str, known[:-1]))} and {known[-1]}. Update Overread, or train "
            "the bundle again with this version."
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
