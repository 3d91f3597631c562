"""The bytes of a file -> what a network sees. Scoring, the pages and the trainer all come here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Input
from app.core.errors import ImageError
from app.core.images import decoding, geometry
from app.core.images.decoding import Film
from app.core.images.suitability import check_suitable

# Part of every key under which results or decoded films are kept. Raise it with any change after
# which some file may be refused where it was not, or the other way round, give other pixels,
# another score or another heatmap: what an older version has computed is then computed again.
PIPELINE_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A file that a network may judge.

    Attributes:
        image_id: SHA-256 of the file.
        film: At full resolution.
        pixels: The film as the network sees it, uint8 `(height, width, channels)` in [0, 255].
    """

    image_id: str
    film: Film
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Rejected:
    """A file that a network may not judge.

    Attributes:
        image_id: SHA-256 of the file.
        error: Why.
        film: At full resolution, where it could be decoded but is not suitable for the network.
    """

    image_id: str
    error: ImageError
    film: Film | None = None


def prepare(
    data: bytes, network_input: Input, *, image_id: str | None = None
) -> Prepared | Rejected:
    """Takes a file to what a network sees: digest, decoding, suitability, resizing.

    What is wrong with a file is returned and not raised: it costs the file its own row, and
    nothing else.

    Args:
        data: The whole file.
        network_input: Size, channels, fit and modalities of the network.
        image_id: SHA-256 of `data`, where it is known already.
    """
    digest = image_id or decoding.image_id(data)
    film = None
    try:
        film = decoding.decode(data)
        check_suitable(film, network_input)
    except ImageError as error:
        return Rejected(digest, error, film)
    return Prepared(digest, film, to_input(film, network_input))


def to_input(film: Film, network_input: Input) -> NDArray[np.uint8]:
    """A film at the size and with the channels of a network's input, whatever it shows.

    Returns:
        uint8 `(height, width, channels)` in [0, 255].
    """
    return geometry.fit(
        film,
        height=network_input.height,
        width=network_input.width,
        channels=network_input.channels,
        how=network_input.fit,
    )
