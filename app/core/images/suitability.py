"""Whether a readable image is the kind of image a model may judge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Input
from app.core.errors import RefusedImageError
from app.core.images.decoding import Film

# Mean difference between the strongest and weakest colour of a pixel, of 255: photographs
# lie above it, and so do films with a strong tint.
MAX_COLOUR = 20.0
# What is left of it without the tint. Of a film, blue, sepia or false-coloured, JPEG leaves
# 1 to 3; pictures of skin 7, photographs 20 and more.
MAX_COLOUR_BEYOND_TINT = 4.0


def check_suitable(film: Film, network_input: Input) -> None:
    """Refuses what the model was never shown.

    A film with a tint passes: its colour is a function of its brightness, which a
    photograph's is not.

    Raises:
        RefusedImageError: If a DICOM modality is not one of the model's, or a colour picture
            is given to a model of grey films.
    """
    modalities = network_input.modalities
    if modalities and film.modality and film.modality not in modalities:
        raise RefusedImageError(
            "wrong_modality",
            f"The DICOM modality is {film.modality}; this model judges {', '.join(modalities)}. "
            "Choose another image or another model.",
        )
    if network_input.channels == 1 and film.pixels.ndim == 3:
        pixels = film.pixels[::4, ::4].reshape(-1, 3).astype(np.float32)
        colour = _colour(pixels)
        if colour > MAX_COLOUR and _colour(_without_tint(pixels)) > MAX_COLOUR_BEYOND_TINT:
            raise RefusedImageError(
                "colour_picture",
                f"This is a colour picture (mean colour difference {colour:.0f} of 255); this "
                f"model judges grey films (at most {MAX_COLOUR:.0f}, or one tint). "
                "Choose another image.",
            )


def _colour(pixels: NDArray[np.float32]) -> float:
    return float(np.ptp(pixels, axis=-1).mean())


def _without_tint(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pixels `(n, 3)` less their brightness and the colour that is usual at that brightness."""
    brightness = pixels.mean(axis=-1)
    chroma = pixels - brightness[:, np.newaxis]
    step = (brightness / 8).astype(np.intp)
    count = np.maximum(np.bincount(step, minlength=32), 1)
    usual = [np.bincount(step, chroma[:, channel], minlength=32) / count for channel in range(3)]
    return np.asarray(chroma - np.stack(usual, axis=-1)[step], np.float32)
