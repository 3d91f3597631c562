"""The model bundle: the only artefact that passes from the trainer to the app."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pandas as pd

from app.core.bundles.adaptation import (
    ADAPTATION,
    ADAPTATION_CARD,
    Adaptation,
    parse_adaptation,
)
from app.core.bundles.findings import (
    FINDING_COLUMNS,
    column,
    finding_manifest,
    finding_predictions,
    with_missing_labels,
)
from app.core.bundles.manifest import MANIFEST, Manifest, parse_manifest
from app.core.bundles.task import Task
from app.core.errors import BundleError, system_reason

MODEL = "model.keras"
HISTORY = "history.csv"
PREDICTIONS = "predictions.csv"
CARD = "MODEL_CARD.md"
SPLIT = "split.csv"  # missing from older bundles
# The splits that training uses; a predictions table may name others, such as `external`.
SplitName = Literal["train", "val", "test"]
# Empty for a case that is in no split yet.
CaseSplit = SplitName | Literal[""]
SAMPLES = "samples"
# Of a bundle with a reference: its numbers, and in most the held-out images that it shows.
REFERENCE = "reference.npz"
REFERENCE_SAMPLE = "reference.csv"
PICTURES = "pictures"
REQUIRED_FILES = (MODEL, HISTORY, PREDICTIONS, CARD)
PREDICTION_COLUMNS = (
    "split", "image_id", "path", "patient_id", "subgroup", "y_true", "logit", "probability",
)  # fmt: skip
# Images with the same value always go into the same split; missing from older bundles.
GROUP_ID = "group_id"
_OLD_GROUP_ID = "kept_together"


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

    def predictions(self) -> pd.DataFrame:
        """The validation and test predictions, one row per image.

        With findings, three columns for each, see `findings.FINDING_COLUMNS`; a missing label is
        NaN. Of an adapted bundle, those of the place's films, each as held out.
        """
        text_columns = {"image_id": str, "path": str, "patient_id": str, "subgroup": str}
        table = pd.read_csv(
            (self.adapted_in or self.path) / PREDICTIONS,
            dtype=text_columns,
            keep_default_na=False,
            na_values={},
        )
        table = table.rename(columns={_OLD_GROUP_ID: GROUP_ID})
        if self.finding:
            labelled = with_missing_labels(table, [self.finding])
            return finding_predictions(labelled, self.finding)
        task = self.manifest.task
        return with_missing_labels(table, task.classes) if task.any_of else table

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
    if _is_file(path / ADAPTATION) and not _is_file(path / MANIFEST):
        return _load_adapted(path, base)
    if not _is_file(path / MANIFEST):
        raise BundleError(
            f"There is no bundle in the folder {path.name!r}: {MANIFEST} is missing. Expected "
            "a folder written by `overread-train fit`; choose another."
        )
    try:
        text = (path / MANIFEST).read_bytes()
    except OSError as error:
        raise _not_readable(path.name, MANIFEST, error) from None
    manifest = parse_manifest(text, path.name)
    required = (*REQUIRED_FILES, *((REFERENCE,) if manifest.reference is not None else ()))
    for name in required:
        if name not in manifest.files:
            raise BundleError(
                f"The bundle {path.name!r} does not list {name} in {MANIFEST}. Expected "
                f"{', '.join(required)}. Train or copy the bundle again."
            )
    for name, expected in manifest.files.items():
        _check_digest(path, name, expected)
    bundle = Bundle(path, manifest, hashlib.sha256(text).hexdigest())
    _check_predictions(bundle)
    return bundle


def find_bundles(folder: Path) -> list[Path]:
    """Folders directly inside `folder` that hold a bundle or an adaptation, in name order."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".")
        and (_is_file(path / MANIFEST) or _is_file(path / ADAPTATION))
    )


def _load_adapted(path: Path, base: Path | None) -> Bundle:
    try:
        text = (path / ADAPTATION).read_bytes()
    except OSError as error:
        raise _not_readable(path.name, ADAPTATION, error) from None
    adaptation = parse_adaptation(text, path.name)
    for name in (PREDICTIONS, ADAPTATION_CARD):
        if name not in adaptation.files:
            raise BundleError(
                f"The adaptation {path.name!r} does not list {name} in {ADAPTATION}. Copy it "
                "again, or make it again with `overread adapt`."
            )
    for name, expected in adaptation.files.items():
        _check_digest(path, name, expected)
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
    _check_predictions(adapted)
    return adapted


def _base_of(path: Path, adaptation: Adaptation) -> Path:
    """The bundle of an adaptation: beside it, or where it was when the adaptation was made.

    Raises:
        BundleError: If there is none.
    """
    beside = path.absolute().parent / adaptation.bundle
    found = [one for one in (beside, path / adaptation.base) if _is_file(one / MANIFEST)]
    if not found:
        raise BundleError(
            f"The bundle {adaptation.bundle!r}, which {path.name!r} adapts, is not beside it. Put "
            "both into the same folder."
        )
    for one in found:
        if file_sha256(one / MANIFEST) == adaptation.bundle_sha256:
            return one
    return found[0]


def shown_name(path: Path) -> str:
    """The name of a bundle or an adaptation as shown, without checking its files.

    Args:
        path: Its folder, as returned by `find_bundles`.
    """
    if _is_file(path / MANIFEST):
        return path.name
    try:
        adaptation = parse_adaptation((path / ADAPTATION).read_bytes(), path.name)
    except (BundleError, OSError):
        return path.name
    return f"{adaptation.bundle}, adapted to {adaptation.place}"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal, computed without reading the whole file into memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_digest(path: Path, name: str, expected: str) -> None:
    file = path / name
    if not _lies_inside(file, path):
        raise BundleError(
            f"The bundle {path.name!r} lists {name!r}, which is outside its folder. "
            "Copy the bundle again from a source you trust."
        )
    if not _is_file(file):
        raise BundleError(
            f"The bundle {path.name!r} lacks {name}, which is listed in its {MANIFEST}. "
            "Copy the bundle again."
        )
    try:
        found = file_sha256(file)
    except OSError as error:
        raise _not_readable(path.name, name, error) from None
    if found != expected:
        raise BundleError(
            f"{name} of the bundle {path.name!r} was changed: its SHA-256 starts with "
            f"{found[:12]}, expected {expected[:12]}. Copy or train the bundle again."
        )


def _lies_inside(file: Path, folder: Path) -> bool:
    try:
        return file.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # circular link, NUL byte
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # name too long, folder without permission
        return False


def _not_readable(folder: str, name: str, error: OSError) -> BundleError:
    return BundleError(
        f"{name} of the bundle {folder!r} could not be read ({system_reason(error)}). "
        "Check its permissions, or copy the bundle again."
    )


def _check_predictions(bundle: Bundle) -> None:
    task = bundle.manifest.task
    name = bundle.path.name
    try:
        predictions = bundle.predictions()
    except ValueError as error:  # pandas raises it for every kind of broken table
        raise BundleError(
            f"{PREDICTIONS} of the bundle {name!r} is not a valid CSV table "
            f"({type(error).__name__}). Train the bundle again."
        ) from None
    needed, numeric = _needed_columns(task)
    if lacking := [column_name for column_name in needed if column_name not in predictions]:
        raise BundleError(
            f"{PREDICTIONS} of the bundle {name!r} lacks the columns {lacking}. "
            "Train the bundle again."
        )
    numbers = predictions[numeric].apply(pd.to_numeric, errors="coerce")
    if not numbers.apply(_is_probability).all(axis=None):
        raise BundleError(
            f"{PREDICTIONS} of the bundle {name!r} contains probabilities that are "
            "not numbers from 0 to 1. Train the bundle again."
        )
    _check_labels(predictions, bundle)


def _needed_columns(task: Task) -> tuple[list[str], list[str]]:
    """The columns that a predictions table must have, and those of them with probabilities."""
    if task.any_of:
        shared = [name for name in PREDICTION_COLUMNS if name not in FINDING_COLUMNS]
        own = [column(name, finding) for finding in task.classes for name in FINDING_COLUMNS]
        return [*shared, *own], [column("probability", finding) for finding in task.classes]
    by_class = list(task.classes) if len(task.classes) > 2 else []
    return [*PREDICTION_COLUMNS, *by_class], ["probability", *by_class]


def _check_labels(predictions: pd.DataFrame, bundle: Bundle) -> None:
    classes = bundle.manifest.task.classes
    if bundle.manifest.task.any_of:
        found = predictions[[column("y_true", finding) for finding in classes]]
        labels = sorted(set(found.melt()["value"].dropna().tolist()) - {0, 1})
        expected = "0, 1, or nothing where an image is not labelled"
    else:
        labels = sorted(set(predictions["y_true"]) - set(range(len(classes))))
        expected = f"positions 0 to {len(classes) - 1} of {list(classes)}"
    if labels:
        raise BundleError(
            f"{PREDICTIONS} of the bundle {bundle.path.name!r} contains the classes {labels}; "
            f"expected {expected}. Train the bundle again."
        )


def _is_probability(values: pd.Series[float]) -> pd.Series[bool]:
    return values.between(0, 1)
