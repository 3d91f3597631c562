"""`bundle.json`, the manifest of a bundle: how its sections fit together, and how it is read."""

from __future__ import annotations

import json
from typing import Any, Literal, Self, get_args

from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from app.core.bundles.decision_rule import Calibration, Finding, Thresholds
from app.core.bundles.heatmap import Heatmap
from app.core.bundles.network_input import Input
from app.core.bundles.reference_section import FeatureLayer, Reference
from app.core.bundles.section import Section
from app.core.bundles.task import Task
from app.core.bundles.training_data import Data
from app.core.errors import BundleError

# Format 1 has no `kind` of task, and is always `one-of`. Only format 3 may have a `reference`, or a
# `guarantee` of its zones; a bundle without either is written in format 2, which older versions of
# Overread read. Format 4 is that of an imported network of whose quality nothing is known: an older
# version would show its threshold as if it had been chosen. Format 5 is that of a network that is
# not Keras, whose quality may be known or not.
Format = Literal[1, 2, 3, 4, 5]
FORMAT: Format = 2
FORMAT_WITH_REFERENCE: Format = 3
FORMAT_WITHOUT_FIGURES: Format = 4
FORMAT_OF_GRAPH: Format = 5
Quality = Literal["measured", "unknown"]
MANIFEST = "bundle.json"


class Manifest(Section):
    """The content of `bundle.json`.

    A `one-of` task has `thresholds` and `calibration`; an `any-of` task has them for each of its
    `findings`, see `findings.finding_manifest`. Where the `quality` is unknown, no image with known
    truth was ever scored: there are no predictions, and thresholds were not chosen on anything.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    format: Format
    quality: Quality = "measured"
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    task: Task
    input: Input
    heatmap: Heatmap
    one_of_thresholds: Thresholds | None = Field(default=None, alias="thresholds")
    one_of_calibration: Calibration | None = Field(default=None, alias="calibration")
    findings: dict[str, Finding] = Field(default_factory=dict)
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
    def is_graph(self) -> bool:
        """Whether the network is a graph of OpenVINO, not one of Keras."""
        return self.format == FORMAT_OF_GRAPH

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
        is_unknown = self.quality == "unknown"
        if not self.is_graph and is_unknown != (self.format == FORMAT_WITHOUT_FIGURES):
            raise ValueError(
                f"the quality is {self.quality}, in format {self.format}; expected unknown in "
                f"format {FORMAT_WITHOUT_FIGURES}, either in {FORMAT_OF_GRAPH}, and measured in "
                "the others"
            )
        if not self.heatmap.layer and not self.is_graph:
            raise ValueError(
                f"no layer is named for heatmaps, in format {self.format}; expected one in all "
                f"formats but {FORMAT_OF_GRAPH}"
            )
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
        if self.quality == "measured":
            unused |= {"quality"}
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
