"""Results without a model: a folder that Performance opens as it opens a bundle's predictions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import PREDICTIONS, check_digest, is_file, not_readable
from app.core.bundles.predictions_table import as_predictions, read_table
from app.core.errors import BundleError
from app.core.evidence.manifest import EVIDENCE, SITE, EvidenceManifest, parse_evidence
from app.core.sources.lookup import locate


@dataclass(frozen=True, slots=True)
class Evidence:
    """Results whose files are all present and have the recorded digests.

    Attributes:
        path: Their folder.
        manifest: Its validated `evidence.json`.
        sha256: Digest of `evidence.json`, which identifies all of it.
        finding: Which finding this is a view of, see `of_finding`; usually empty.
    """

    path: Path
    manifest: EvidenceManifest
    sha256: str
    finding: str = ""

    @property
    def name(self) -> str:
        """What the results are called."""
        return self.manifest.name

    @property
    def are_probabilities(self) -> bool:
        """Whether the scores are probabilities."""
        return self.manifest.kind == "probability"

    def of_finding(self, finding: str) -> Evidence:
        """One finding, as results about two classes.

        Args:
            finding: One of the task's classes.

        Raises:
            ValueError: If there is no such finding.
        """
        return replace(self, manifest=self.manifest.of_finding(finding), finding=finding)

    def table(self) -> pd.DataFrame:
        """The table of predictions of all findings as it is written, for `predictions`."""
        return read_table(self.path)

    def predictions(self, table: pd.DataFrame | None = None) -> pd.DataFrame:
        """One row per case; those of each site once more, as a split of its own.

        The column `probability` holds the scores, also where they are no probabilities.

        Args:
            table: What `table` returned before; None reads it.
        """
        written = self.table() if table is None else table
        rows = as_predictions(written, self.manifest.task, self.finding)
        if not self.manifest.sites:
            return rows
        by_site = rows[rows[SITE] != ""]
        return pd.concat([rows, by_site.assign(split=by_site[SITE])], ignore_index=True)

    def film(self, image_id: str, path: str) -> Path | None:
        """The film behind a case; None if there is none, or it was changed.

        Args:
            image_id: Its SHA-256; empty without a film.
            path: Where it is in the folder of films.
        """
        if not image_id or not self.manifest.films:
            return None
        # A table that a spreadsheet may open has an apostrophe before what looks like a formula.
        for name in (path, path.removeprefix("'")):
            if found := locate(image_id, [name], data_root=self.films, samples=()):
                return found
        return None

    @property
    def films(self) -> Path:
        """The folder of the films."""
        return self.path / self.manifest.films


# What Performance is about.
Results = Bundle | Evidence


def load_evidence(path: Path) -> Evidence:
    """Reads results, and checks that they are complete and unchanged.

    Args:
        path: A folder written by `overread evidence`.

    Raises:
        BundleError: If a file is missing or changed, or its content is not what is expected.
    """
    if not is_file(path / EVIDENCE):
        raise BundleError(
            f"There are no results in the folder {path.name!r}: {EVIDENCE} is missing. Expected a "
            "folder written by `overread evidence`; choose another."
        )
    try:
        text = (path / EVIDENCE).read_bytes()
    except OSError as error:
        raise not_readable(path.name, EVIDENCE, error) from None
    manifest = parse_evidence(text, path.name)
    if PREDICTIONS not in manifest.files:
        raise BundleError(f"The results {path.name!r} do not list {PREDICTIONS}. Make them again.")
    for name, expected in manifest.files.items():
        try:
            check_digest(path, name, expected)
        except BundleError:
            raise BundleError(
                f"{name} of the results {path.name!r} is missing or was changed. Put it back as it "
                "was, or make the results again with `overread evidence`."
            ) from None
    return Evidence(path, manifest, hashlib.sha256(text).hexdigest())


def find_evidence(folder: Path) -> list[Path]:
    """Folders directly inside `folder` that hold results, in name order."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and is_file(path / EVIDENCE)
    )
