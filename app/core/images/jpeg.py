"""Decodes JPEG files, but not those whose decoder reports that something is missing.

A JPEG has no checksums. Pillow shows what its decoder makes of damaged data and drops the
decoder's warnings; simplejpeg, which uses the same decoder (libjpeg-turbo), raises them.
"""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.core.errors import RefusedImageError
from app.core.images.coded_image import coded_image
from app.core.images.file_integrity import num_scans

# Names of Pillow's.
FORMATS = ("JPEG", "MPO")
_COLOUR_SPACES: dict[str, Literal["GRAY", "RGB", "CMYK"]] = {
    "L": "GRAY",
    "RGB": "RGB",
    "CMYK": "CMYK",
}
# Other warnings are about headers that do not change the pixels.
_DAMAGE = re.compile(r"corrupt|premature|inconsistent progression", re.IGNORECASE)


# As many as libjpeg writes at most; a photograph on the web has about ten.
_MOST_SCANS = 100


class DamagedJPEGError(ValueError):
    """A JPEG of whose compressed data a part is missing or wrong."""


def decode(data: bytes, mode: str) -> NDArray[np.uint8] | None:
    """Decodes the first image of a JPEG file.

    Args:
        data: The whole file.
        mode: Pillow's mode of the image: `L`, `RGB` or `CMYK`.

    Returns:
        The same pixels as Pillow's: uint8 in [0, 255], `(height, width)` if grey or
        `(height, width, 3)` in RGB order. None if another decoder is needed: for CMYK, and for
        kinds that simplejpeg does not know, such as 12 bits or arithmetic coding.

    Raises:
        DamagedJPEGError: If the decoder reports damage.
    """
    import simplejpeg

    try:
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, _COLOUR_SPACES[mode])
    except ValueError as error:
        if _DAMAGE.search(str(error)):
            raise DamagedJPEGError(str(error)) from None
        return None
    if mode == "CMYK":
        return None
    return pixels[..., 0] if mode == "L" else pixels


def require_bearable(data: bytes) -> None:
    """Refuses a JPEG that is spread over so many scans that decoding it could take hours.

    Each goes over the whole image, and one that changes nothing takes a few bytes.

    Args:
        data: The whole file or code stream.

    Raises:
        RefusedImageError: If it is.
        DamagedJPEGError: If it is too short for the pixels that its header states.
    """
    if (scans := num_scans(data)) > _MOST_SCANS:
        raise RefusedImageError(
            "unsupported_layout",
            f"The JPEG image is written in {scans:,} scans, at most {_MOST_SCANS} are read. Export "
            "it again.",
        )
    image = coded_image(data)
    if image is not None and not image.has_room_in(data):
        raise DamagedJPEGError("It is shorter than its header states")


def check(data: bytes) -> None:
    """Decodes a JPEG code stream only to find damage; does nothing for kinds it does not know.

    Args:
        data: The whole code stream.

    Raises:
        DamagedJPEGError: If the decoder reports damage.
    """
    decode(data, "L")
