"""Converts a file's bytes to network input; used by scoring, the pages and the trainer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.network_input import Input
from app.core.errors import ImageError
from app.core.images import decoding, geometry, remedies
from app.core.images.film import Film
from app.core.images.guard import guarded
from app.core.images.reading import AS_STORED, ReadOptions
from app.core.images.suitability import check_suitable

# Part of every key under which results or decoded films are cached. Increase it with any change
# that may alter whether a file is refused, its pixels, its score or its heatmap, and when other
# facts are cached for a result: cached results of older versions are then recomputed.
PIPELINE_VERSION = 13

# Packages that turn files into pixels. Another version of one may refuse a file or read others.
DECODERS = (
    "imagecodecs",
    "nibabel",
    "numpy",
    "opencv-python-headless",
    "pi-heif",
    "pillow",
    "pydicom",
    "simplejpeg",
    "tifffile",
)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A file that the network can score.

    Attributes:
        image_id: SHA-256 of the file, see `ReadOptions.image_id` for one that was chosen.
        film: The film at full resolution.
        pixels: The network input, uint8 `(height, width, channels)` in [0, 255], grey or RGB.
    """

    image_id: str
    film: Film
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Rejected:
    """A file that cannot be scored.

    Attributes:
        image_id: SHA-256 of the file, see `ReadOptions.image_id` for one that was chosen.
        error: The reason.
        film: The film at full resolution, if it was decoded but is not suitable for the network.
    """

    image_id: str
    error: ImageError
    film: Film | None = None


def prepare(
    data: bytes,
    network_input: Input,
    *,
    image_id: str | None = None,
    reading: ReadOptions = AS_STORED,
) -> Prepared | Rejected:
    """Converts a file to network input: digest, decoding, suitability check, resizing.

    Problems with the file are returned, not raised: they affect only its own row. This includes
    any failure of a decoder, see `guard.guarded`.

    Args:
        data: The whole file.
        network_input: Size, channels, fit and modalities of the network.
        image_id: SHA-256 of `data`, if already known.
        reading: The reader's choices for what the file leaves open; for a window that was not
            chosen, the network's is used.

    Example:
        >>> from pathlib import Path
        >>> from app.core.bundles.bundle import load_bundle
        >>> bundle = load_bundle(Path("models/phantom-chest"))
        >>> prepared = prepare(bundle.samples[0].read_bytes(), bundle.manifest.input)
        >>> isinstance(prepared, Prepared), prepared.pixels.shape
        (True, (160, 160, 1))
    """
    digest = image_id or decoding.image_id(data)
    film: Film | None = None
    reading = for_model(reading, network_input)
    try:
        with guarded():
            film = read_film(data, reading, digest=digest)
            if not reading.override:
                check_suitable(film, network_input)
            return Prepared(film.chosen.image_id(digest), film, to_input(film, network_input))
    except ImageError as error:
        return Rejected(_rejected_id(data, digest, film, reading), error, film)


def read_film(data: bytes, reading: ReadOptions = AS_STORED, *, digest: str | None = None) -> Film:
    """Decodes a film, and applies the remedy that was chosen for it.

    Args:
        data: The whole file.
        reading: The reader's choices.
        digest: SHA-256 of `data`, if already known.

    Returns:
        The film, which says in `chosen` what was chosen for it.

    Raises:
        ImageError: As `decoding.decode`.
    """
    film = decoding.decode(data, reading, digest=digest)
    if not reading.is_second_look:
        return film
    if reading.remedy is not None:
        film = remedies.apply(film, reading.remedy)
    chosen = replace(film.chosen, remedy=reading.remedy, override=reading.override)
    return replace(film, chosen=chosen)


def for_model(reading: ReadOptions, network_input: Input) -> ReadOptions:
    """A reader's choices, and the window of the model where the reader chose none.

    Args:
        reading: The reader's choices.
        network_input: The input of the network that the image is read for.
    """
    return replace(reading, model_window=network_input.window)


def _rejected_id(data: bytes, digest: str, film: Film | None, reading: ReadOptions) -> str:
    """The identity of a rejected file; another one if it was rejected as the reader chose."""
    if film is not None:
        return film.chosen.image_id(digest)
    if reading.image_id(digest) == digest:
        return digest
    if reading.is_second_look:  # of a film that cannot be decoded, nothing was altered
        return _rejected_id(data, digest, None, reading.without_second_look)
    without = ReadOptions(model_window=None if reading.window else reading.model_window)
    try:
        with guarded():
            decoding.decode(data, without, digest=digest)
    except ImageError as error:
        return reading.image_id(digest) if reading.answers(error.code) else digest
    return digest


def to_input(film: Film, network_input: Input) -> NDArray[np.uint8]:
    """Resizes a film to a network's input, without checking its suitability.

    Args:
        film: The decoded film.
        network_input: Size, channels and fit of the network.

    Returns:
        uint8 `(height, width, channels)` in [0, 255], grey or RGB.
    """
    return geometry.fit(
        film,
        height=network_input.height,
        width=network_input.width,
        channels=network_input.channels,
        how=network_input.fit,
    )
