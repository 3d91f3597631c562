"""Renders feature maps as images.

Maps that are to be compared share one scale. Each cell is drawn as a sharp square, because
smooth interpolation would look like detail that is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.bundles.network_input import Input
from app.core.images import geometry
from app.core.images.film import Film
from app.core.rendering import heatmaps

ColourMap = Literal["Grey", "Violet to yellow"]
COLOUR_MAPS: tuple[ColourMap, ...] = ("Grey", "Violet to yellow")

WALK_TILE = 128  # longer side of a picture in the layer walk, in pixels
MAX_TILE = 112  # longer side of a map in a sheet, in pixels; screens show no more


@dataclass(frozen=True, slots=True)
class Scale:
    """The values drawn darkest and brightest.

    Attributes:
        low: Drawn darkest.
        high: Drawn brightest.
    """

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A contact sheet: many small pictures arranged row by row.

    Attributes:
        picture: uint8 RGB `(height, width, 3)`.
        columns: Number of pictures in a row.
        tile: Height and width of each picture in pixels.
    """

    picture: NDArray[np.uint8]
    columns: int
    tile: tuple[int, int]


def scale_of(values: NDArray[np.float32]) -> Scale:
    """A scale from the lowest to the highest value.

    Args:
        values: Activations, float32 `(rows, columns)`.
    """
    return Scale(float(values.min()), float(values.max()))


def coloured(
    values: NDArray[np.float32], *, scale: Scale, colour_map: ColourMap = "Grey"
) -> NDArray[np.uint8]:
    """Maps values to colours; if the scale has zero width, everything is darkest.

    Args:
        values: Activations, float32 `(rows, columns)`.
        scale: Values drawn darkest and brightest.
        colour_map: Black to white, or the heatmap colours.

    Returns:
        uint8 RGB `(rows, columns, 3)`.
    """
    width = scale.high - scale.low
    fraction = np.zeros(values.shape) if width <= 0 else (values - scale.low) / width
    steps = np.rint(np.clip(fraction, 0.0, 1.0) * 255).astype(np.uint8)
    return _colour_table(colour_map)[steps]


def channel_sheet(
    values: NDArray[np.float32],
    channels: Sequence[int],
    *,
    scale: Scale | None,
    colour_map: ColourMap = "Grey",
) -> Sheet:
    """Channels of a layer as a contact sheet.

    Args:
        values: Feature maps, float32 `(rows, columns, channels)`.
        channels: Indices of the channels to draw, in order.
        scale: One scale for all channels; None scales each channel by its own range.
        colour_map: Black to white, or the heatmap colours.
    """
    maps = [_at_most(np.asarray(values[..., channel]), MAX_TILE) for channel in channels]
    scales = [scale or scale_of(values[..., channel]) for channel in channels]
    return sheet(
        [
            coloured(one, scale=own, colour_map=colour_map)
            for one, own in zip(maps, scales, strict=True)
        ]
    )


def sheet(pictures: Sequence[NDArray[np.uint8]]) -> Sheet:
    """Arranges pictures of equal size in a nearly square contact sheet.

    Args:
        pictures: At least one, each uint8 RGB `(height, width, 3)`.
    """
    height, width = pictures[0].shape[:2]
    columns = int(np.ceil(np.sqrt(len(pictures))))
    rows = -(-len(pictures) // columns)
    canvas = np.zeros((rows * height, columns * width, 3), np.uint8)
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * height, (index % columns) * width
        canvas[top : top + height, left : left + width] = picture
    return Sheet(canvas, columns, (height, width))


def walk_sheet(
    maps: Sequence[NDArray[np.float32]],
    film: Film,
    evidence: NDArray[np.float32],
    network_input: Input,
    *,
    evidence_scale: float,
) -> Sheet:
    """One feature map per layer, each on its own scale, then the film with its evidence.

    Args:
        maps: Feature maps of any size, each float32 `(rows, columns)`, covering the network's
            whole input.
        film: The film at any size.
        evidence: Evidence map over the whole film, float32 `(rows, columns)` in logits.
        network_input: Determines the size and shape of all pictures.
        evidence_scale: Evidence at the top of the heatmap colours, in logits.
    """
    longer = max(network_input.height, network_input.width)
    shape = (
        max(1, round(WALK_TILE * network_input.height / longer)),
        max(1, round(WALK_TILE * network_input.width / longer)),
    )
    pictures = [resized(coloured(one, scale=scale_of(one)), shape=shape) for one in maps]
    small = geometry.shrunk(film, 4 * WALK_TILE)
    blended = heatmaps.blend(small.pixels, evidence, scale=evidence_scale)
    pictures.append(
        geometry.fit(
            Film(blended), height=shape[0], width=shape[1], channels=3, how=network_input.fit
        )
    )
    return sheet(pictures)


def resized(picture: NDArray[np.uint8], *, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture at another size: enlarged with sharp cells, reduced by averaging.

    Args:
        picture: uint8 RGB `(height, width, 3)`.
        shape: New height and width in pixels.

    Returns:
        uint8 RGB `(*shape, 3)`.
    """
    shrinks = shape[0] * shape[1] < picture.shape[0] * picture.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, (shape[1], shape[0]), interpolation=how), np.uint8)


def enlarged(picture: NDArray[np.uint8], *, side: int) -> NDArray[np.uint8]:
    """A picture in which each pixel becomes a square.

    Args:
        picture: uint8 RGB `(height, width, 3)`.
        side: Minimum length of the longer side of the result, in pixels.

    Returns:
        uint8 RGB `(height * k, width * k, 3)` for the smallest sufficient integer `k`.
    """
    rows, columns = picture.shape[:2]
    factor = -(-side // max(rows, columns))
    return resized(picture, shape=(rows * factor, columns * factor))


def fit_to_film(
    picture: NDArray[np.uint8], film_shape: tuple[int, int], network_input: Input, *, side: int
) -> NDArray[np.uint8]:
    """A picture of a feature map cropped and stretched to the film's aspect ratio.

    Args:
        picture: uint8 RGB `(rows, columns, 3)` covering the network's whole input.
        film_shape: Height and width of the film in pixels.
        network_input: How the film was fitted to the input; padding is cropped.
        side: Longer side of the result in pixels.

    Returns:
        uint8 RGB `(height, width, 3)`, each cell a uniform block.
    """
    height, width = network_input.height, network_input.width
    top, left, inner_height, inner_width = 0, 0, height, width
    if network_input.fit == "pad":
        top, left, inner_height, inner_width = geometry.padded_box(
            film_shape, height=height, width=width
        )
    factor = side / max(film_shape)
    out_rows, out_columns = (max(1, round(length * factor)) for length in film_shape)
    y = top + (np.arange(out_rows) + 0.5) * inner_height / out_rows
    x = left + (np.arange(out_columns) + 0.5) * inner_width / out_columns
    rows, columns = picture.shape[:2]
    cells = np.ix_((y * rows / height).astype(int), (x * columns / width).astype(int))
    return np.asarray(picture[cells], np.uint8)


def overlay_on_film(
    film: Film, values: NDArray[np.float32], network_input: Input, *, high: float
) -> NDArray[np.uint8]:
    """A film overlaid with one feature map, in the heatmap colours.

    Only positive values above a twentieth of `high` are drawn.

    Args:
        film: The film at any size.
        values: Feature map, float32 `(rows, columns)`, covering the network's whole input.
        network_input: How the film was fitted to the input; padding is cropped.
        high: Value at the top of the colour map.

    Returns:
        uint8 RGB `(height, width, 3)`, the size of the film.
    """
    rows, columns = film.pixels.shape[:2]
    cut = heatmaps.without_padding(values, (rows, columns), network_input)
    # If no value is positive, nothing is drawn and any scale will do.
    return heatmaps.blend(film.pixels, cut, scale=high if high > 0 else 1.0)


def _colour_table(colour_map: ColourMap) -> NDArray[np.uint8]:
    """256 colours, uint8 RGB `(256, 3)`."""
    if colour_map == "Grey":
        return np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
    return heatmaps.COLOURS


def _at_most(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    rows, columns = values.shape
    factor = max(rows, columns) / side
    if factor <= 1:
        return values
    size = (max(1, round(columns / factor)), max(1, round(rows / factor)))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
