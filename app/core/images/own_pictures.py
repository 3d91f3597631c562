"""Knows the overlays that Overread draws, so that none is taken for a film."""

from __future__ import annotations

from PIL import Image

from app.core.errors import RefusedImageError

# The text in an overlay that says how strong its strongest colour is.
SCALE_TEXT = "Evidence scale"


def refuse_overlay(picture: Image.Image) -> None:
    """Refuses a film with a heatmap over it, which the model would judge like any other.

    Args:
        picture: A picture that was opened.

    Raises:
        RefusedImageError: If it is one.
    """
    if SCALE_TEXT in picture.info:
        raise RefusedImageError(
            "overlay",
            "This is a film with a heatmap over it, drawn by Overread. Choose the film itself.",
        )
