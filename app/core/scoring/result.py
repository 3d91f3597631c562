"""The result of scoring an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.errors import Remedy, Status
from app.core.gate.observation import Observation
from app.core.images.reading import AS_STORED, ReadOptions
from app.core.scoring.prediction import Prediction
from app.core.sources.source import Source


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome for one image.

    Attributes:
        source: Where the image is from.
        image_id: SHA-256 of the file; empty if it could not be read.
        status: `ok`; `refused` or `unreadable` for a file without a score; `failed` if the model
            gave no valid output.
        reason_code: Stable short code for why it has no score; empty if it has one.
        reason: The same as a sentence.
        prediction: The prediction; None without a score.
        evidence: Grad-CAM map of the predicted class, float32 `(rows, columns)` over the whole
            film, in logits and signed; None without a score, or without a layer that has a map.
        chosen: The reader's choices, and the model's window, that were used for a scored image.
        observation: Where it lies among the images the model learned from, also of an image that
            the gate refused; None if it could not be scored or the bundle has no reference.
        remedy: What would make a refused image what it should be, if that is certain.
        likeness: Mark of what it shows, see `likeness.likeness`; empty if it was not decoded.
        duplicate_of: Name of the earlier image of the batch that it is nearly the same as.
        logits: Of each class, before calibration, `(num_classes,)`, also of an image that the gate
            refused; None unless they were asked for.
    """

    source: Source
    image_id: str
    status: Status
    reason_code: str = ""
    reason: str = ""
    prediction: Prediction | None = None
    evidence: NDArray[np.float32] | None = None
    chosen: ReadOptions = AS_STORED
    observation: Observation | None = None
    remedy: Remedy | None = None
    likeness: bytes = b""
    duplicate_of: str = ""
    logits: NDArray[np.float64] | None = None
