"""`adaptation.json`: what was fitted anew for one place, beside a bundle that stays as it is."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import Field, ValidationError

from app.core.bundles.decision_rule import Calibration, Thresholds
from app.core.bundles.guarantee import Unit
from app.core.bundles.manifest import Manifest
from app.core.bundles.section import Section
from app.core.errors import BundleError

ADAPTATION = "adaptation.json"
ADAPTATION_CARD = "ADAPTATION.md"
# Probes that were learned at the place, beside it; see `Adaptation.cropped`.
CROPPED_PROBES = "cropped.npz"
# What is written; format 1 has no probes of its own.
ADAPTATION_FORMAT: Literal[2] = 2
_READ_FORMATS = (1, 2)
# By how much the limit of distance may grow at most: no file may switch off the gate.
MAX_REACH = 1.5
# The split of an adaptation's predictions table: local films, each scored as held out.
LOCAL = "local"


class LocalData(Section):
    """The labelled films of the place.

    Attributes:
        counts: Films that were used, by class.
        units: Patients, or groups, of these films.
        unit: What `units` are.
        left_out: Films that were not used, by reason.
        fingerprint: SHA-256 of the digests and labels that were used.
    """

    counts: dict[str, int]
    units: int = Field(ge=1)
    unit: Unit
    left_out: dict[str, int] = Field(default_factory=dict)
    fingerprint: str


class LocalFigure(Section):
    """A proportion or score of the local films, with its 95 % interval.

    Attributes:
        value: None if it is not defined, as a precision without films.
        low: Lower limit of the interval, or None.
        high: Upper limit of the interval, or None.
        successes: Numerator of a proportion, else None.
        total: Denominator of a proportion, or number of films.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    successes: int | None = None
    total: int = Field(ge=0)


class Comparison(Section):
    """One figure before and after, on films held out by patient.

    Attributes:
        name: What it is, such as `sensitivity`.
        before: With the bundle's calibration and thresholds.
        after: With those of the other films of the place.
    """

    name: str
    before: LocalFigure
    after: LocalFigure


class Adaptation(Section):
    """The content of `adaptation.json`.

    Attributes:
        format: Number of this format.
        place: Where the films are from, as its users call it.
        date: Day on which it was made, ISO 8601.
        bundle: Name of the bundle it belongs to.
        bundle_sha256: Digest of that bundle's `bundle.json`.
        base: Path of that bundle relative to this folder, where it was when this was made.
        data: The labelled films.
        thresholds: Fitted on the local films, with the guarantee of the zones.
        calibration: Fitted on the local films, or the bundle's own.
        base_calibration: That of the bundle.
        reach: Factor from 1 to `MAX_REACH` by which the distance grows at which a film is refused
            as unfamiliar.
        cropped: Faults of films of which a part is missing that are told by probes of the place, in
            the order of `CROPPED_PROBES`; empty if by those of the bundle.
        taken_for_cropped: Labelled films that the bundle's probes took for such, and that were used
            as whole ones.
        figures: Comparison of both on held-out films.
        version: Version of Overread that made it.
        files: SHA-256 of the other files in the folder.
    """

    format: Literal[1, 2]
    place: str = Field(min_length=1, max_length=80)
    date: str
    bundle: str
    bundle_sha256: str
    base: str
    data: LocalData
    thresholds: Thresholds
    calibration: Calibration
    base_calibration: Calibration
    reach: float = Field(default=1.0, ge=1, le=MAX_REACH)
    cropped: tuple[str, ...] = ()
    taken_for_cropped: int = Field(default=0, ge=0)
    figures: tuple[Comparison, ...] = ()
    version: str
    files: dict[str, str]

    def adapted(self, manifest: Manifest) -> Manifest:
        """The manifest of the bundle, with what was fitted anew.

        Raises:
            ValueError: If the bundle has other classes.
        """
        task, guarantee = manifest.task, self.thresholds.guarantee
        if task.any_of or len(self.calibration.offset) not in (0, len(task.classes)):
            raise ValueError(f"the task is {task.kind} with {len(task.classes)} classes")
        if guarantee is not None and (guarantee.rule_out is None) == task.binary:
            raise ValueError(f"the zones are not those of {len(task.classes)} classes")
        return manifest.model_copy(
            update={
                "one_of_thresholds": self.thresholds,
                "one_of_calibration": self.calibration,
                # Figures of the place, whatever was known of the bundle.
                "quality": "measured",
            }
        )


def parse_adaptation(text: bytes, folder: str) -> Adaptation:
    """Reads an adaptation.

    Args:
        text: The content of `adaptation.json`.
        folder: The name of its folder, for messages.

    Raises:
        BundleError: If it is not JSON, has another format number, or is inconsistent.
    """
    again = "Copy it again, or make it again with `overread adapt`."
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BundleError(
            f"{ADAPTATION} of {folder!r} is not valid JSON ({error}). {again}"
        ) from None
    found = content.get("format") if isinstance(content, dict) else None
    if isinstance(found, bool) or found not in _READ_FORMATS:
        raise BundleError(
            f"The adaptation {folder!r} has format {found!r}; this version of Overread reads "
            f"formats 1 to {ADAPTATION_FORMAT}. Update Overread, or make it again with `overread "
            "adapt`."
        )
    try:
        return Adaptation.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'adaptation'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise BundleError(f"{ADAPTATION} of {folder!r} is invalid: {problems}. {again}") from None
