"""The model bundle: the only artefact that passes from the trainer to the app."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import pandas as pd
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.core.errors import BundleError, system_reason

FORMAT = 1
MANIFEST = "bundle.json"
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
REQUIRED_FILES = (MODEL, HISTORY, PREDICTIONS, CARD)
PREDICTION_COLUMNS = (
    "split", "image_id", "path", "patient_id", "subgroup", "y_true", "logit", "probability",
)  # fmt: skip
# Images with the same value always go into the same split; missing from older bundles.
GROUP_ID = "group_id"
_OLD_GROUP_ID = "kept_together"


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


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose files are all present and have the recorded digests.

    Attributes:
        path: The bundle's folder.
        manifest: Its validated `bundle.json`.
        sha256: Digest of `bundle.json`. As that holds the digests of all other files, it
            identifies the whole bundle.
    """

    path: Path
    manifest: Manifest
    sha256: str

    @property
    def name(self) -> str:
        """The bundle's name, as shown and written into results."""
        return self.manifest.name

    @property
    def samples(self) -> list[Path]:
        """Sample images included in the bundle, in name order."""
        return sorted(
            self.path / name for name in self.manifest.files if name.startswith(SAMPLES + "/")
        )

    def predictions(self) -> pd.DataFrame:
        """The validation and test predictions, one row per image."""
        text_columns = {"image_id": str, "path": str, "patient_id": str, "subgroup": str}
        table = pd.read_csv(
            self.path / PREDICTIONS, dtype=text_columns, keep_default_na=False, na_values={}
        )
        return table.rename(columns={_OLD_GROUP_ID: GROUP_ID})

    def history(self) -> pd.DataFrame:
        """The training history, one row per epoch."""
        return pd.read_csv(self.path / HISTORY)

    def card(self) -> str:
        """The model card, in Markdown."""
        return (self.path / CARD).read_text(encoding="utf-8")


def load_bundle(path: Path) -> Bundle:
    """Reads a bundle and checks that it is complete and unchanged.

    Args:
        path: The bundle's folder.

    Raises:
        BundleError: If a file is missing or changed, the format is unknown, or the manifest is
            inconsistent.

    Example:
        >>> bundle = load_bundle(Path("models/phantom-chest"))
        >>> bundle.manifest.task.classes
        ('NORMAL', 'PNEUMONIA')
    """
    if not _is_file(path / MANIFEST):
        raise BundleError(
            f"There is no bundle in the folder {path.name!r}: {MANIFEST} is missing. Expected "
            "a folder written by `overread-train fit`; choose another."
        )
    try:
        text = (path / MANIFEST).read_bytes()
    except OSError as error:
        raise _not_readable(path.name, MANIFEST, error) from None
    manifest = _parse(text, path.name)
    for name in REQUIRED_FILES:
        if name not in manifest.files:
            raise BundleError(
                f"The bundle {path.name!r} does not list {name} in {MANIFEST}. Expected "
                f"{', '.join(REQUIRED_FILES)}. Train or copy the bundle again."
            )
    for name, expected in manifest.files.items():
        _check_digest(path, name, expected)
    bundle = Bundle(path, manifest, hashlib.sha256(text).hexdigest())
    _check_predictions(bundle)
    return bundle


def find_bundles(folder: Path) -> list[Path]:
    """Folders directly inside `folder` that contain a `bundle.json`, in name order."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and _is_file(path / MANIFEST)
    )


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal, computed without reading the whole file into memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parse(text: bytes, folder: str) -> Manifest:
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
    classes = bundle.manifest.task.classes
    try:
        predictions = bundle.predictions()
    except ValueError as error:  # pandas raises it for every kind of broken table
        raise BundleError(
            f"{PREDICTIONS} of the bundle {bundle.path.name!r} is not a valid CSV table "
            f"({type(error).__name__}). Train the bundle again."
        ) from None
    lacking = [name for name in PREDICTION_COLUMNS if name not in predictions.columns]
    if len(classes) > 2:
        lacking += [name for name in classes if name not in predictions.columns]
    if lacking:
        raise BundleError(
            f"{PREDICTIONS} of the bundle {bundle.path.name!r} lacks the columns {lacking}. "
            "Train the bundle again."
        )
    numbers = predictions[["probability", *(classes if len(classes) > 2 else ())]]
    if not numbers.apply(pd.to_numeric, errors="coerce").apply(_is_probability).all(axis=None):
        raise BundleError(
            f"{PREDICTIONS} of the bundle {bundle.path.name!r} contains probabilities that are "
            "not numbers from 0 to 1. Train the bundle again."
        )
    labels = sorted(set(predictions["y_true"]) - set(range(len(classes))))
    if labels:
        raise BundleError(
            f"{PREDICTIONS} of the bundle {bundle.path.name!r} contains the classes {labels}; "
            f"expected positions 0 to {len(classes) - 1} of {list(classes)}. "
            "Train the bundle again."
        )


def _is_probability(values: pd.Series[float]) -> pd.Series[bool]:
    return values.between(0, 1)
