"""Which explanation a page shows, and the scale of its colours."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from math import floor, log10

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.heatmap import ROUNDING, Heatmap
from app.core.explanations.methods import METHODS, MethodKey

# The bundle's scale was chosen for Grad-CAM. HiResCAM weights the same feature maps by the same
# gradient, so its values lie in the same range.
_ON_THE_BUNDLES_SCALE = ("grad_cam", "hires_cam")


@dataclass(frozen=True, slots=True)
class Choice:
    """The explanation that was requested.

    Attributes:
        method: The method to use.
        layer: The layer whose feature maps are used; None for methods that use none.
        class_index: Position of the explained class in the task.
    """

    method: MethodKey
    layer: str | None
    class_index: int

    @property
    def name(self) -> str:
        """Cache key. Unambiguous because a Keras layer name cannot contain a slash."""
        return f"{self.method}/{self.layer or ''}/{self.class_index}"

    @property
    def unit(self) -> str:
        """Unit of the evidence."""
        return METHODS[self.method].unit

    @property
    def description(self) -> str:
        """Method and layer for display, such as `LayerCAM at conv3`."""
        title = METHODS[self.method].title
        return f"{title} at {self.layer}" if self.layer else title


@dataclass(frozen=True, slots=True)
class Scale:
    """Scale of the colour bar.

    Attributes:
        top: Evidence at the top of the colour bar, in the method's unit.
        is_shared: Whether all films share the scale; if False, it is this film's maximum.
    """

    top: float
    is_shared: bool


def default_choice(heatmap: Heatmap, class_index: int) -> Choice:
    """The explanation shown first: Grad-CAM at the bundle's heatmap layer.

    Args:
        heatmap: Heatmap settings of the bundle.
        class_index: Position of the class to explain.
    """
    return Choice("grad_cam", heatmap.layer, class_index)


def scale_of(evidence: NDArray[np.float32], choice: Choice, heatmap: Heatmap) -> Scale:
    """The bundle's scale if it applies to this method and layer, else the map's own maximum.

    Args:
        evidence: The evidence map, float32 `(rows, columns)` in the method's unit.
        choice: The explanation that produced it.
        heatmap: Heatmap settings of the bundle.
    """
    if choice.method in _ON_THE_BUNDLES_SCALE and choice.layer == heatmap.layer:
        top = heatmap.scale_for(choice.class_index, evidence)
        return Scale(top, is_shared=heatmap.is_shared)
    return Scale(max(float(evidence.max()), ROUNDING), is_shared=False)


def describe_scale(scale: Scale, unit: str) -> str:
    """The caption of the colour bar: `Colours up to 0.34 logits, the same for every film.`.

    Args:
        scale: The scale of the colour bar.
        unit: Unit of the evidence, such as `logits`.
    """
    if scale.is_shared:
        return f"Colours up to {format_evidence(scale.top)} {unit}, the same for every film."
    return (
        f"Colours up to {format_evidence(scale.top)} {unit}, the maximum of this film; not "
        "comparable between films."
    )


def format_evidence(value: float) -> str:
    """A value with three significant digits, or as an integer from 1,000 up: `0.34`, `1,545`."""
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def format_ticks(top: float) -> list[str]:
    """The ticks of a colour bar, from 0 to its top: all with as many decimals as the top needs.

    Args:
        top: Evidence at the top of the colour bar, greater than 0.
    """
    decimals = max(0, 2 - floor(log10(top)))
    return ["0", *(f"{top * part:,.{decimals}f}" for part in (0.25, 0.5, 0.75, 1))]


def npy(evidence: NDArray[np.float32]) -> bytes:
    """An evidence map as the content of a NumPy `.npy` file.

    Args:
        evidence: float32 `(rows, columns)`, in the method's unit.
    """
    content = BytesIO()
    np.save(content, evidence)
    return content.getvalue()
