"""Renders evidence maps as overlays: one scale for all films, transparent without evidence."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.bundles.network_input import Input
from app.core.images.geometry import padded_box

# RGB anchors of a colour map from dark violet through magenta and orange to pale yellow. Its
# lightness increases evenly, so it works with any colour vision and in greyscale print.
ANCHORS = (
    (0.00, (40, 11, 84)),
    (0.25, (101, 21, 110)),
    (0.50, (188, 55, 84)),
    (0.75, (249, 142, 9)),
    (1.00, (252, 255, 164)),
)

# The colour map in 256 steps, uint8 RGB `(256, 3)`.
COLOURS = np.rint(
    np.stack(
        [
            np.interp(
                np.linspace(0.0, 1.0, 256),
                [position for position, _ in ANCHORS],
                [colour[channel] for _, colour in ANCHORS],
            )
            for channel in range(3)
        ],
        axis=-1,
    )
).astype(np.uint8)

# Evidence below this fraction of the scale is noise around zero and is not drawn.
FLOOR = 0.05

# Longer side of a heatmap that the browser enlarges to the film. It has so many pixels per cell
# that it looks the same as one drawn at full size, but takes a tenth of the time.
_SCREEN_SIDE = 512
# Of the strongest evidence in a film with its heatmap: the film stays visible below it.
_OPACITY = 0.6


def without_padding(
    evidence: NDArray[np.float32], film_shape: tuple[int, int], network_input: Input
) -> NDArray[np.float32]:
    """Crops an evidence map to the film inside a padded input.

    Args:
        evidence: float32 `(rows, columns)` covering the network's whole input, in any unit.
        film_shape: Height and width of the film in pixels.
        network_input: How the film was fitted to the input; with `stretch` nothing is cropped.

    Returns:
        float32 `(rows, columns)` covering the whole film. Cells that straddle the edge of the
        film are interpolated.
    """
    if network_input.fit == "stretch":
        return evidence
    height, width = network_input.height, network_input.width
    top, left, inner_height, inner_width = padded_box(film_shape, height=height, width=width)
    rows, columns = evidence.shape
    cut_rows = max(1, round(rows * inner_height / height))
    cut_columns = max(1, round(columns * inner_width / width))
    # Centres of the new cells, in the old grid's coordinates.
    y = (top + (np.arange(cut_rows) + 0.5) * inner_height / cut_rows) * rows / height - 0.5
    x = (left + (np.arange(cut_columns) + 0.5) * inner_width / cut_columns) * columns / width - 0.5
    map_x, map_y = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    return np.asarray(
        cv2.remap(evidence, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )


def has_positive_evidence(evidence: NDArray[np.float32], *, scale: float) -> bool:
    """Whether any of the evidence would be drawn.

    Args:
        evidence: float32 `(rows, columns)`, in the unit of `scale`.
        scale: Evidence at the top of the colour map.
    """
    return bool(evidence.max() > FLOOR * scale)


def colours(values: NDArray[np.float32], *, scale: float) -> NDArray[np.uint8]:
    """Maps evidence to RGBA colours: transparent below the floor, then increasingly opaque.

    Args:
        values: Evidence, float32 `(height, width)`, in the unit of `scale`.
        scale: Evidence at the top of the colour map.

    Returns:
        uint8 RGBA `(height, width, 4)`; alpha in [0, 255], not premultiplied.
    """
    # Opacity rises gradually over a fifth of the scale to avoid a visible edge at the floor.
    alpha = np.rint(255 * np.clip((np.linspace(0.0, 1.0, 256) - FLOOR) / 0.2, 0.0, 1.0))
    table = np.column_stack((COLOURS, alpha.astype(np.uint8)))
    steps = np.rint(np.clip(values * np.float32(255 / scale), 0, 255)).astype(np.uint8)
    return np.asarray(table[steps])


def overlay_layer(
    evidence: NDArray[np.float32], *, shape: tuple[int, int], scale: float
) -> NDArray[np.uint8]:
    """The heatmap alone, enlarged to the size of the film.

    Args:
        evidence: float32 `(rows, columns)` covering the whole film, in the unit of `scale`.
        shape: Height and width of the film in pixels.
        scale: Evidence at the top of the colour map.

    Returns:
        uint8 RGBA `(*shape, 4)`.
    """
    enlarged = cv2.resize(evidence, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return colours(np.asarray(enlarged, np.float32), scale=scale)


def screen_layer(
    evidence: NDArray[np.float32], *, shape: tuple[int, int], scale: float
) -> NDArray[np.uint8]:
    """The heatmap alone, at a size that suffices for the browser to stretch over the film.

    Args:
        evidence: float32 `(rows, columns)` covering the whole film, in the unit of `scale`. It is
            never reduced below its own resolution.
        shape: Height and width of the film in pixels.
        scale: Evidence at the top of the colour map.

    Returns:
        uint8 RGBA `(rows, columns, 4)` with the film's aspect ratio.
    """
    rows, columns = shape
    finest = max(evidence.shape[0] / rows, evidence.shape[1] / columns)
    fraction = min(1.0, max(_SCREEN_SIDE / max(shape), finest))
    smaller = max(1, round(rows * fraction)), max(1, round(columns * fraction))
    return overlay_layer(evidence, shape=smaller, scale=scale)


def blend(
    pixels: NDArray[np.uint8],
    evidence: NDArray[np.float32],
    *,
    scale: float,
) -> NDArray[np.uint8]:
    """A film with its heatmap overlaid.

    Args:
        pixels: The film, uint8 `(height, width)` grey or `(height, width, 3)` RGB.
        evidence: float32 `(rows, columns)` covering the whole film, in the unit of `scale`.
        scale: Evidence at the top of the colour map.

    Returns:
        uint8 RGB `(height, width, 3)`.
    """
    film = pixels if pixels.ndim == 3 else cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    layer = overlay_layer(evidence, shape=film.shape[:2], scale=scale)
    alpha = layer[..., 3] * np.float32(_OPACITY / 255)
    colour = cv2.cvtColor(layer, cv2.COLOR_RGBA2RGB)
    return np.asarray(cv2.blendLinear(film, colour, 1 - alpha, alpha), np.uint8)


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Encodes a picture as PNG.

    Args:
        pixels: uint8 RGB `(height, width, 3)` or RGBA `(height, width, 4)`.
    """
    code = cv2.COLOR_RGBA2BGRA if pixels.shape[-1] == 4 else cv2.COLOR_RGB2BGR
    return cv2.imencode(".png", cv2.cvtColor(pixels, code))[1].tobytes()
