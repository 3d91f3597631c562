"""The layer that heatmaps are made of, and the fixed scale of their colours."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from app.core.bundles.section import Section

_Scale = Annotated[float, Field(gt=0)]
# Smallest top of a scale: a map below it is zero apart from rounding errors.
ROUNDING = 1e-6


class Heatmap(Section):
    """The layer used for Grad-CAM, and the scale of the heatmap colours.

    `scale` is the evidence at the top of the colours, in logits. It was chosen on validation films
    and is fixed, so that colours are comparable between films. With `any-of` each finding has its
    own, in class order; older bundles have one for all. It is None if there were no films to choose
    it on: then the colours of each film reach up to its own maximum. `layer` is empty if no layer
    of the network has a map that all paths go through, and then there is no Grad-CAM.
    """

    layer: str
    scale: _Scale | dict[str, _Scale] | None

    @property
    def is_shared(self) -> bool:
        """Whether all films have the same scale."""
        return self.scale is not None

    def scale_for(self, class_index: int, evidence: NDArray[np.float32]) -> float:
        """Evidence at the top of the colours of a class, in logits.

        Args:
            class_index: Position of the class in the task.
            evidence: The map of one film, float32 `(rows, columns)` in logits.
        """
        if self.scale is None:
            return max(float(evidence.max()), ROUNDING)
        if isinstance(self.scale, dict):
            return tuple(self.scale.values())[class_index]
        return self.scale
