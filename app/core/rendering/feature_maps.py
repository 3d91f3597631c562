"""Feature maps -> pictures: one scale for what is compared, sharp cells, nothing smoothed.

A cell of a map is drawn as a square, so that nobody takes interpolation for detail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Input
from app.core.images import geometry
from app.core.images.decoding import Film
from app.core.rendering import heatmaps

ColourMap = Literal["Grey", "Violet to yellow"]
COLOUR_MAPS: tuple[ColourMap, ...] = ("Grey", "Violet to yellow")

WALK_TILE = 128  # longer side of a picture of the walk, in pixels
MAX_TILE = 112  # longer side of a map inside a sheet, in pixels; the screen shows no more


@dataclass(frozen=True, slots=True)
class Scale:
    """The values drawn darkest and brightest."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """Many small pictures in one, row by row.

    Attributes:
        picture: uint8 RGB `(height, width, 3)`.
        columns: Pictures in a row.
        tile: Height and width of each in pixels.
    """

    picture: NDArray[np.uint8]
    columns: int
    tile: tuple[int, int]


def scale_of(values: NDArray[np.float32]) -> Scale:
    """From the lowest to the highest value."""
    return Scale(float(values.min()), float(values.max()))


def coloured(
    values: NDArray[np.float32], *, scale: Scale, colour_map: ColourMap = "Grey"
) -> NDArray[np.uint8]:
    """Values as colours; where the scale has no width, everything is darkest.

    Args:
        values: `(rows, columns)`.
        scale: What is drawn darkest and brightest.
        colour_map: Black to white, or the colours of the heatmaps.

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
    """Channels of a layer as one sheet.

    Args:
        values: Maps `(rows, columns, channels)`.
        channels: The channels to draw, in order.
        scale: Shared by all; None draws each channel on its own scale.
        colour_map: As in `coloured`.
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
    """Pictures of one size laid out in a near-square sheet.

    Args:
        pictures: uint8 RGB, each `(height, width, 3)`; at least one.
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
    """One map of each layer, each on its own scale, and at the end the film with its evidence.

    Args:
        maps: Maps of any grid, each `(rows, columns)` over the network's whole input.
        film: The film at any size.
        evidence: Evidence map over the whole film, in logits.
        network_input: Gives all pictures one size and shape.
        evidence_scale: Evidence that reaches the top of the heatmap's colours.
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
    """A picture at another size: cells stay sharp on the way up, are averaged on the way down."""
    shrinks = shape[0] * shape[1] < picture.shape[0] * picture.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, (shape[1], shape[0]), interpolation=how), np.uint8)


def enlarged(picture: NDArray[np.uint8], *, side: int) -> NDArray[np.uint8]:
    """A picture with each pixel a square, its longer side at least `side` pixels."""
    rows, columns = picture.shape[:2]
    factor = -(-side // max(rows, columns))
    return resized(picture, shape=(rows * factor, columns * factor))


def film_shaped(
    picture: NDArray[np.uint8], film_shape: tuple[int, int], network_input: Input, *, side: int
) -> NDArray[np.uint8]:
    """A picture of a map in the shape of the film, so that the two can be compared side by side.

    Args:
        picture: uint8 `(rows, columns, 3)` over the network's whole input.
        film_shape: Height and width of the film.
        network_input: How the film was brought to the input; padding is cut off.
        side: Longer side of the result in pixels.

    Returns:
        uint8 `(height, width, 3)`, each cell one even block.
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


def on_film(
    film: Film, values: NDArray[np.float32], network_input: Input, *, high: float
) -> NDArray[np.uint8]:
    """A film with one feature map laid over it, in the colours of the heatmaps.

    Only positive values are drawn, from a twentieth of `high` upwards.

    Args:
        film: The film at any size.
        values: Map `(rows, columns)` over the network's whole input.
        network_input: How the film was brought to the input; padding is cut off.
        high: The value that reaches the top of the colours.

    Returns:
        uint8 RGB of the film's height and width.
    """
    rows, columns = film.pixels.shape[:2]
    cut = heatmaps.without_padding(values, (rows, columns), network_input)
    # A layer without a positive value draws nothing, on whatever scale.
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
