"""Decides whether a decoded image is of a kind the model was trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.network_input import Input
from app.core.errors import RefusedImageError
from app.core.images.film import Film

# Mean difference between the strongest and weakest colour of a pixel, of 255. Photographs are
# above it, but so are films with a strong tint.
MAX_COLOUR = 20.0
# The same after removing the tint: 1 to 3 for films in blue, sepia or false colours (because of
# JPEG), 7 for images of skin, 20 and more for photographs.
MAX_COLOUR_BEYOND_TINT = 4.0


def check_suitable(film: Film, network_input: Input) -> None:
    """Refuses images of a kind the model was not trained on.

    Tinted films pass: their colour is a function of brightness, which is not so in photographs.

    Args:
        film: The decoded film.
        network_input: Channels and modalities that the model accepts.

    Raises:
        RefusedImageError: If the DICOM modality is not one of the model's, or a colour image is
            given to a model of grey films.
    """
    modalities = network_input.modalities
    if modalities and film.modality and film.modality not in modalities:
        raise RefusedImageError(
            "wrong_modality",
            f"The DICOM modality is {film.modality}; this model accepts {', '.join(modalities)}. "
            "Choose another image or another model.",
        )
    if network_input.channels == 1 and film.pixels.ndim == 3:
        pixels = film.pixels[::4, ::4].reshape(-1, 3).astype(np.float32)
        colour = _colour(pixels)
        if colour > MAX_COLOUR and _colour(_without_tint(pixels)) > MAX_COLOUR_BEYOND_TINT:
            raise RefusedImageError(
                "colour_picture",
                f"This is a colour image (mean colour difference {colour:.0f} of 255); this "
                f"model accepts grey films (at most {MAX_COLOUR:.0f}, or a single tint). "
                "Choose another image.",
            )


def _colour(pixels: NDArray[np.float32]) -> float:
    return float(np.ptp(pixels, axis=-1).mean())


def _without_tint(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pixels `(n, 3)` minus their brightness and the usual colour at that brightness."""
    brightness = pixels.mean(axis=-1)
    chroma = pixels - brightness[:, np.newaxis]
    step = (brightness / 8).astype(np.intp)
    count = np.maximum(np.bincount(step, minlength=32), 1)
    usual = [np.bincount(step, chroma[:, channel], minlength=32) / count for channel in range(3)]
    return np.asarray(chroma - np.stack(usual, axis=-1)[step], np.float32)
