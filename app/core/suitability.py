"""Whether a readable image is the kind of image a model may judge."""

from __future__ import annotations

import numpy as np

from app.core.bundle import Input
from app.core.errors import RefusedImageError
from app.core.images import Film

# Mean difference between the strongest and weakest colour of a pixel, of 255. Digitised
# films with a tint stay below 10; photographs lie far above.
MAX_COLOUR = 20.0


def check_suitable(film: Film, network_input: Input) -> None:
    """Refuses what the model was never shown.

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
        pixels = film.pixels[::4, ::4].astype(np.int16)
        colour = float((pixels.max(axis=-1) - pixels.min(axis=-1)).mean())
        if colour > MAX_COLOUR:
            raise RefusedImageError(
                "colour_picture",
                f"This is a colour picture (mean colour difference {colour:.0f} of 255); this "
                f"model judges grey films (at most {MAX_COLOUR:.0f}). Choose another image.",
            )
