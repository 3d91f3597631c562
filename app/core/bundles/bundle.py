"""The model bundle: the only artefact that passes from the trainer to the app."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from app.core.bundles.adaptation import (
    ADAPTATION,
    ADAPTATION_CARD,
    CROPPED_PROBES,
    Adaptation,
    parse_adaptation,
)
from app.core.bundles.bundle_files import (
    CARD,
    GRAPH,
    GRAPH_WEIGHTS,
    HISTORY,
    MODEL,
    PICTURE_TYPES,
    PICTURES,
    PREDICTIONS,
    REFERENCE,
    REQUIRED_FILES,
    SAMPLES,
    check_digest,
    file_sha256,
    is_file,
    not_readable,
)
from app.core.bundles.findings import finding_manifest
from app.core.bundles.manifest import MANIFEST, Manifest, parse_manifest
from app.core.bundles.predictions_table import as_predictions, check_predictions, read_table
from app.core.errors import BundleError


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose files are all present and have the recorded digests.

    Attributes:
        path: The bundle's folder.
        manifest: Its validated `bundle.json`.
        sha256: Digest of `bundle.json`. As that holds the digests of all other files, it
            identifies the whole bundle. Of an adapted one, the digest of `adaptation.json`, which
            holds that of the bundle.
        finding: Which finding this bundle is a view of, see `of_finding`; usually empty.
        adaptation: What was fitted anew for a place, and is already in `manifest`; usually None.
        adapted_in: The folder of that adaptation.
    """

    path: Path
    manifest: Manifest
    sha256: str
    finding: str = ""
    adaptation: Adaptation | None = None
    adapted_in: Path | None = None

    @property
    def name(self) -> str:
        """The bundle's name, as shown and written into results."""
        if self.adaptation is None:
            return self.manifest.name
        return f"{self.manifest.name}, adapted to {self.adaptation.place}"

    @property
    def network_sha256(self) -> str:
        """Digest of the `bundle.json` in `path`, the same for all adaptations of a bundle."""
        return self.sha256 if self.adaptation is None else self.adaptation.bundle_sha256

    @property
    def samples(self) -> list[Path]:
        """Sample images included in the bundle, in name order."""
        return sorted(
            self.path / name for name in self.manifest.files if name.startswith(SAMPLES + "/")
        )

    def picture(self, image_id: str) -> Path | None:
        """The small picture of a held-out image; None if the bundle includes none of it.

        Args:
            image_id: SHA-256 of the image's file.
        """
        names = (f"{PICTURES}/{image_id}{suffix}" for suffix in PICTURE_TYPES)
        return next((self.path / name for name in names if name in self.manifest.files), None)

    def of_finding(self, finding: str) -> Bundle:
        """One finding of an `any-of` bundle, as a bundle with two classes and predictions of them.

        It serves thresholds, probabilities and figures. Its network is that of the whole bundle,
        with one output for each finding, so it scores no image.

        Args:
            finding: One of the task's classes.

        Raises:
            ValueError: If there is no such finding.
        """
        manifest = finding_manifest(self.manifest, finding)
        return replace(self, manifest=manifest, finding=finding)

    def table(self) -> pd.DataFrame:
        """The table of predictions of all findings as it is written, for `predictions`."""
        return read_table(self._tables)

    def predictions(self, table: pd.DataFrame | None = None) -> pd.DataFrame:
        """The validation and test predictions, one row per image.

        With findings, three columns for each, see `findings.FINDING_COLUMNS`; a missing label is
        NaN. Of an adapted bundle, those of the place's films, each as held out.

        Args:
            table: What `table` returned before; None reads it.
        """
        written = self.table() if table is None else table
        return as_predictions(written, self.manifest.task, self.finding)

    @property
    def _tables(self) -> Path:
        """The folder of the predictions: those of an adaptation are its own."""
        return self.adapted_in or self.path

    def history(self) -> pd.DataFrame:
        """The training history, one row per epoch."""
        return pd.read_csv(self.path / HISTORY)

    def card(self) -> str:
        """The model card, in Markdown; of an adapted bundle, what was adapted comes first."""
        card = (self.path / CARD).read_text(encoding="utf-8")
        if self.adapted_in is None:
            return card
        return (self.adapted_in / ADAPTATION_CARD).read_text(encoding="utf-8") + "\n" + card


def load_bundle(path: Path, *, base: Path | None = None) -> Bundle:
    """Reads a bundle, or an adaptation of one, and checks that it is complete and unchanged.

    Args:
        path: The folder of the bundle, or of the adaptation.
        base: Of an adaptation, the folder of its bundle; None looks beside the adaptation, and
            where the bundle was when it was made.

    Raises:
        BundleError: If a file is missing or changed, the format is unknown, or the manifest is
            inconsistent.

    Example:
        >>> bundle = load_bundle(Path("models/phantom-chest"))
        >>> bundle.manifest.task.classes
        ('NORMAL', 'PNEUMONIA')
    """
    if is_file(path / ADAPTATION) and not is_file(path / MANIFEST):
        return _load_adapted(path, base)
    if not is_file(path / MANIFEST):
        raise BundleError(
            f"There is no bundle in the folder {path.name!r}: {MANIFEST} is missing. Expected "
            "a folder written by `overread-train fit`; choose another."
        )
    try:
        text = (path / MANIFEST).read_bytes()
    except OSError as error:
        raise not_readable(path.name, MANIFEST, error) from None
    manifest = parse_manifest(text, path.name)
    network = (GRAPH, GRAPH_WEIGHTS) if manifest.is_graph else (MODEL,)
    reference = (REFERENCE,) if manifest.reference is not None else ()
    required = (*network, *REQUIRED_FILES, *reference)
    for name in required:
        if name not in manifest.files:
            raise BundleError(
                f"The bundle {path.name!r} does not list {name} in {MANIFEST}. Expected "
                f"{', '.join(required)}. Train or copy the bundle again."
            )
    for name, expected in manifest.files.items():
        check_digest(path, name, expected)
    bundle = Bundle(path, manifest, hashlib.sha256(text).hexdigest())
    check_predictions(bundle._tables, bundle.manifest.task, bundle=bundle.path.name)
    return bundle


def _load_adapted(path: Path, base: Path | None) -> Bundle:
    try:
        text = (path / ADAPTATION).read_bytes()
    except OSError as error:
        raise not_readable(path.name, ADAPTATION, error) from None
    adaptation = parse_adaptation(text, path.name)
    probes = (CROPPED_PROBES,) if adaptation.cropped else ()
    for name in (PREDICTIONS, ADAPTATION_CARD, *probes):
        if name not in adaptation.files:
            raise BundleError(
                f"The adaptation {path.name!r} does not list {name} in {ADAPTATION}. Copy it "
                "again, or make it again with `overread adapt`."
            )
    for name, expected in adaptation.files.items():
        check_digest(path, name, expected)
    bundle = load_bundle(base or _base_of(path, adaptation))
    if bundle.sha256 != adaptation.bundle_sha256:
        raise BundleError(
            f"The adaptation {path.name!r} was made for another version of the bundle "
            f"{adaptation.bundle!r}: its SHA-256 starts with {adaptation.bundle_sha256[:12]}, that "
            f"of the bundle found with {bundle.sha256[:12]}. Adapt this version with `overread "
            "adapt`, or put the other one back."
        )
    digest = hashlib.sha256(text).hexdigest()
    try:
        manifest = adaptation.adapted(bundle.manifest)
    except ValueError:
        raise BundleError(
            f"The adaptation {path.name!r} does not fit the classes of the bundle "
            f"{bundle.name!r}. Make it again with `overread adapt`."
        ) from None
    adapted = replace(
        bundle, manifest=manifest, sha256=digest, adaptation=adaptation, adapted_in=path
    )
    check_predictions(adapted._tables, adapted.manifest.task, bundle=adapted.path.name)
    return adapted


def network_folder(path: Path) -> Path:
    """The folder of the network that a folder is used with.

    Args:
        path: The folder of a bundle, or of an adaptation.

    Returns:
        Of an adaptation, the folder of its bundle, as far as that can be told; else the same.
    """
    if is_file(path / ADAPTATION) and not is_file(path / MANIFEST):
        with suppress(BundleError, OSError):
            return _base_of(path, parse_adaptation((path / ADAPTATION).read_bytes(), path.name))
    return path


def _base_of(path: Path, adaptation: Adaptation) -> Path:
    """The bundle of an adaptation: beside it, or where it was when the adaptation was made.

    Raises:
        BundleError: If there is none.
    """
    beside = path.absolute().parent / adaptation.bundle
    found = [one for one in (beside, path / adaptation.base) if is_file(one / MANIFEST)]
    if not found:
        raise BundleError(
            f"The bundle {adaptation.bundle!r}, which {path.name!r} adapts, is not beside it. Put "
            "both into the same folder."
        )
    for one in found:
        if file_sha256(one / MANIFEST) == adaptation.bundle_sha256:
            return one
    return found[0]
