"""Decodes HEIF files (`.heic`), as phones write them."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from app.core.images import file_kinds
from app.core.images.limits import check_size
from app.core.images.reading import ReadOptions, choose


def decode(data: bytes, reading: ReadOptions) -> tuple[Image.Image, int | None, int] | None:
    """Decodes one image of a HEIF file, upright, in 8 bits; None for other bytes.

    Previews and depth maps, which phones add, do not count as images.

    Args:
        data: The whole file.
        reading: The reader's choices.

    Returns:
        The image; the number of the one chosen by the reader, from 1, None if it is the only one;
        and how many there are.

    Raises:
        RefusedImageError: If there are several images and none was chosen.
    """
    if file_kinds.kind_of(data[: file_kinds.HEAD_BYTES]) is not file_kinds.HEIF:
        return None

    import pi_heif

    # libheif turns the image as the file says; what its EXIF block says is to be ignored.
    found = pi_heif.open_heif(BytesIO(data), convert_hdr_to_8bit=True)
    index, frame = choose(len(found), reading)
    image = found[index]
    width, height = image.size
    check_size(width, height, "HEIF")
    return image.to_pillow(), frame, len(found)
