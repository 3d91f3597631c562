"""`evidence.json`: what is known of results without a model, and how they are read."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import Field, ValidationError

from app.core.bundles.findings import finding_task
from app.core.bundles.section import Section
from app.core.bundles.task import Task
from app.core.errors import BundleError

EVIDENCE = "evidence.json"
EVIDENCE_FORMAT: Literal[1] = 1
# Where there are several sites, each is a split as well.
SITE = "site"
# The finding of results that are about one question only.
THE_FINDING = ""
ScoreKind = Literal["probability", "score"]


class Cut(Section):
    """The lowest score that is called positive.

    Attributes:
        decision: The score.
        rule: How it was chosen, in words.
        chosen_on: The split that it was chosen on; empty if not on these cases.
    """

    decision: float
    rule: str
    chosen_on: str = ""


class FindingCut(Section):
    """What decides about one finding, where a bundle has thresholds and calibration."""

    thresholds: Cut


class TableFile(Section):
    """A table that results were read from: its name and SHA-256."""

    name: str
    sha256: str


class EvidenceManifest(Section):
    """The content of `evidence.json`.

    Attributes:
        format: Number of this format.
        name: What the results are called.
        task: The question.
        kind: Whether scores are probabilities.
        cuts: Finding -> its threshold; with classes that exclude each other, one for `THE_FINDING`.
        sites: The sites, if there are several.
        films: The folder of the films, relative to this one if it is inside; empty without films.
        notes: What was decided and left out.
        warnings: What makes the figures doubtful.
        tables: What it was read from.
        date: Day on which it was made, ISO 8601.
        version: Version of Overread that made it.
        files: SHA-256 of the other files in the folder.
    """

    format: Literal[1]
    name: str = Field(min_length=1, max_length=80)
    task: Task
    kind: ScoreKind
    cuts: dict[str, Cut]
    sites: tuple[str, ...] = ()
    films: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    tables: tuple[TableFile, ...] = ()
    date: str
    version: str
    files: dict[str, str]

    @property
    def thresholds(self) -> Cut:
        """The threshold of a task whose classes exclude each other.

        Raises:
            ValueError: With `any-of`, where each finding has its own.
        """
        if THE_FINDING not in self.cuts:
            raise ValueError("An any-of task has a threshold for each finding, not for all.")
        return self.cuts[THE_FINDING]

    @property
    def findings(self) -> dict[str, FindingCut]:
        """What decides about each finding of an `any-of` task."""
        return {f: FindingCut(thresholds=cut) for f, cut in self.cuts.items() if f}

    def of_finding(self, finding: str) -> EvidenceManifest:
        """The same about one finding, which is absent or present.

        Args:
            finding: One of the findings.

        Raises:
            ValueError: If there is no such finding.
        """
        task = finding_task(self.task, finding)
        return self.model_copy(update={"task": task, "cuts": {THE_FINDING: self.cuts[finding]}})


def parse_evidence(text: bytes, folder: str) -> EvidenceManifest:
    """Reads `evidence.json`.

    Args:
        text: Its content.
        folder: Name of the folder, for messages.

    Raises:
        BundleError: If it is not JSON, has another format number, or is inconsistent.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise BundleError(
            f"{EVIDENCE} of {folder!r} is not valid JSON. Make it again with `overread evidence`."
        ) from None
    found = content.get("format") if isinstance(content, dict) else None
    if found != EVIDENCE_FORMAT:
        raise BundleError(
            f"The results {folder!r} have format {found!r}; this version of Overread reads format "
            f"{EVIDENCE_FORMAT}. Update Overread, or make them again with `overread evidence`."
        )
    try:
        return EvidenceManifest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "evidence"
        raise BundleError(
            f"{EVIDENCE} of {folder!r} is invalid: {place}: {first['msg']}. Make it again with "
            "`overread evidence`."
        ) from None
