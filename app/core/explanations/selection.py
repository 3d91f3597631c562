"""What a page asks of an explanation, and on which scale its colours are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Heatmap
from app.core.explanations.methods import METHODS, MethodKey

# The bundle's scale was fixed for Grad-CAM. HiResCAM weighs the same maps by the same gradient,
# so its values lie in the same range.
_ON_THE_BUNDLES_SCALE = ("grad_cam", "hires_cam")
# The least that fills a scale: below it a map is zero but for rounding.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Choice:
    """Which explanation of a film is asked for.

    Attributes:
        method: How it is found.
        layer: Whose maps are read; None for methods that read none.
        class_index: Position of the explained class in the task.
    """

    method: MethodKey
    layer: str | None
    class_index: int

    @property
    def name(self) -> str:
        """What it is kept under; no Keras layer may have a slash in its name."""
        return f"{self.method}/{self.layer or ''}/{self.class_index}"

    @property
    def unit(self) -> str:
        """Of the evidence."""
        return METHODS[self.method].unit

    @property
    def words(self) -> str:
        """Method and layer, such as `LayerCAM at conv3`."""
        title = METHODS[self.method].title
        return f"{title} at {self.layer}" if self.layer else title


@dataclass(frozen=True, slots=True)
class Scale:
    """The evidence that fills the colour bar.

    Attributes:
        top: In the unit of the method.
        is_shared: Whether it is the same for every film; if not, it is this film's peak.
    """

    top: float
    is_shared: bool


def default_choice(heatmap: Heatmap, class_index: int) -> Choice:
    """What every film is explained with: Grad-CAM at the bundle's layer."""
    return Choice("grad_cam", heatmap.layer, class_index)


def scale_of(evidence: NDArray[np.float32], choice: Choice, heatmap: Heatmap) -> Scale:
    """The bundle's scale where it fits, else the peak of the film's own map."""
    if choice.method in _ON_THE_BUNDLES_SCALE and choice.layer == heatmap.layer:
        return Scale(heatmap.scale, is_shared=True)
    return Scale(max(float(evidence.max()), _ROUNDING), is_shared=False)


def scale_words(scale: Scale, unit: str) -> str:
    """A sentence such as `Colours up to 0.34 logits, the same for every film`, with its stop."""
    if scale.is_shared:
        return f"Colours up to {amount(scale.top)} {unit}, the same for every film."
    return (
        f"Colours up to {amount(scale.top)} {unit}, this film's own peak; not comparable "
        "between films."
    )


def amount(value: float) -> str:
    """A value with three digits, or whole and with separators, such as `0.34` or `1,545`."""
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def npy(evidence: NDArray[np.float32]) -> bytes:
    """A map as the bytes of a NumPy file."""
    content = BytesIO()
    np.save(content, evidence)
    return content.getvalue()
