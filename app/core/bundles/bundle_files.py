"""The files of a bundle: their names, and whether they are all there and unchanged."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.core.bundles.manifest import MANIFEST
from app.core.errors import BundleError, system_reason

MODEL = "model.keras"
# In its place, where the network is not Keras: a graph of OpenVINO, and its weights.
GRAPH, GRAPH_WEIGHTS = "network.xml", "network.bin"
HISTORY = "history.csv"
PREDICTIONS = "predictions.csv"
CARD = "MODEL_CARD.md"
SPLIT = "split.csv"  # missing from older bundles
SAMPLES = "samples"
# Of a bundle with a reference: its numbers, and in most the held-out images that it shows.
REFERENCE = "reference.npz"
REFERENCE_SAMPLE = "reference.csv"
PICTURES = "pictures"
# Ending of a picture -> what it is; the second in bundles of older versions.
PICTURE_TYPES = {".webp": "image/webp", ".jpg": "image/jpeg"}
REQUIRED_FILES = (HISTORY, PREDICTIONS, CARD)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal, computed without reading the whole file into memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_digest(path: Path, name: str, expected: str) -> None:
    """Refuses a file that is missing, changed or outside its bundle.

    Args:
        path: Folder of the bundle or adaptation.
        name: Of the file, as listed.
        expected: SHA-256 in hexadecimal, as listed.

    Raises:
        BundleError: If so.
    """
    file = path / name
    if not _lies_inside(file, path):
        raise BundleError(
            f"The bundle {path.name!r} lists {name!r}, which is outside its folder. "
            "Copy the bundle again from a source you trust."
        )
    if not is_file(file):
        raise BundleError(
            f"The bundle {path.name!r} lacks {name}, which is listed in its {MANIFEST}. "
            "Copy the bundle again."
        )
    try:
        found = file_sha256(file)
    except OSError as error:
        raise not_readable(path.name, name, error) from None
    if found != expected:
        raise BundleError(
            f"{name} of the bundle {path.name!r} was changed: its SHA-256 starts with "
            f"{found[:12]}, expected {expected[:12]}. Copy or train the bundle again."
        )


def is_file(path: Path) -> bool:
    """Whether there is a file that may be looked at."""
    try:
        return path.is_file()
    except OSError:  # name too long, folder without permission
        return False


def not_readable(folder: str, name: str, error: OSError) -> BundleError:
    """The error about a file that the system does not let be read.

    Args:
        folder: Name of the bundle's folder.
        name: Of the file.
        error: What the system said.
    """
    return BundleError(
        f"{name} of the bundle {folder!r} could not be read ({system_reason(error)}). "
        "Check its permissions, or copy the bundle again."
    )


def _lies_inside(file: Path, folder: Path) -> bool:
    try:
        return file.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # circular link, NUL byte
        return False
