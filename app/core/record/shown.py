"""What a reader was shown when an entry was made, and how to compute it again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.images.preparation import PIPELINE_VERSION
from app.core.images.reading import ReadOptions
from app.core.record.entry import Draft
from app.core.scoring.prediction import Prediction

_PACKAGES = (
    "overread", "numpy", "opencv-python-headless", "pillow", "imagecodecs", "pydicom", "openvino",
    "tensorflow", "keras",
)  # fmt: skip


def shown(
    bundle: Bundle,
    image_id: str,
    *,
    prediction: Prediction | None,
    evidence: NDArray[np.float32] | None,
    reading: ReadOptions,
) -> Draft:
    """A draft of a verdict with what was shown of a film.

    Args:
        bundle: The model.
        image_id: Identity of the film.
        prediction: What was shown of the film; None without a prediction.
        evidence: The map of the predicted class, float32 `(rows, columns)`; None without one.
        reading: The choices that were used for the film.
    """
    common = Draft(
        event="verdict",
        image_id=image_id,
        bundle_sha256=bundle.sha256,
        network_sha256=bundle.network_sha256,
        pipeline=PIPELINE_VERSION,
        reading=stored_reading(reading),
        versions=versions(),
    )
    if prediction is None:
        return common
    return replace(
        common,
        prediction=prediction.label,
        probability=prediction.probability,
        threshold=prediction.threshold,
        zone=prediction.zone,
        heatmap_sha256=None if evidence is None else heatmap_digest(evidence),
    )


def heatmap_digest(evidence: NDArray[np.float32]) -> str:
    """SHA-256 of an evidence map: of its size and all bits of its values.

    Args:
        evidence: float32 `(rows, columns)`.
    """
    size = "x".join(map(str, evidence.shape))
    content = np.ascontiguousarray(evidence, "<f4").tobytes()
    return hashlib.sha256(size.encode() + b" " + content).hexdigest()


def stored_reading(reading: ReadOptions) -> dict[str, Any] | None:
    """How a film was read, without what is not set; None of one that was read as stored."""
    values = {
        "frame": reading.frame,
        "window": reading.window and list(reading.window),
        "model_window": reading.model_window and list(reading.model_window),
        "remedy": reading.remedy,
        "override": reading.override or None,
    }
    return {name: value for name, value in values.items() if value is not None} or None


def reading_of(stored: Mapping[str, Any] | None) -> ReadOptions:
    """The choices of which `stored_reading` made what is stored."""
    values = dict(stored or {})
    for name in ("window", "model_window"):
        if name in values:
            low, high = values[name]
            values[name] = (low, high)
    return ReadOptions(**values)


@cache
def versions() -> dict[str, str]:
    """The versions of Python and of the packages that compute results, by name."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
