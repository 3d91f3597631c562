"""Decodes HEIF files (`.heic`), as phones write them, and finds what AVIF decoders leave out."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from app.core.errors import RefusedImageError
from app.core.images import file_kinds
from app.core.images.limits import check_size
from app.core.images.reading import ReadOptions, choose

_SEQUENCE_BRAND = b"avis"


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
        RefusedImageError: If there are several images and none was chosen, or a sequence.
    """
    if file_kinds.kind_of(data[: file_kinds.HEAD_BYTES]) is not file_kinds.HEIF:
        return None

    if _has_sequence(data):
        raise _unsupported("HEIF file holds a sequence, whose images are")

    import pi_heif

    # libheif turns the image as the file says; what its EXIF block says is to be ignored.
    found = pi_heif.open_heif(BytesIO(data), convert_hdr_to_8bit=True)
    index, frame = choose(len(found), reading)
    image = found[index]
    width, height = image.size
    check_size(width, height, "HEIF")
    return image.to_pillow(), frame, len(found)


def require_all_offered(data: bytes) -> None:
    """Refuses an AVIF file with images beside the one that Pillow shows.

    Args:
        data: A file of which Pillow shows one image.

    Raises:
        RefusedImageError: If there are more.
    """
    if _has_sequence(data) and data[8:12] != _SEQUENCE_BRAND:
        raise _unsupported("AVIF file holds a sequence beside its image, which is")
    if _num_items(data) > 1:
        raise _unsupported("AVIF file holds several images, which are")


def _num_items(data: bytes) -> int:
    """Images in their own right; 1 if libheif does not read the file, for it reads fewer."""
    import pi_heif

    try:
        return len(pi_heif.open_heif(BytesIO(data)))
    except (ValueError, RuntimeError, SyntaxError, OSError, EOFError):
        return 1


def _has_sequence(data: bytes) -> bool:
    """Whether an ISO base media file has a box of tracks, ISO/IEC 14496-12 8.2.1."""
    position = 0
    while position + 8 <= len(data):
        length, kind = (
            int.from_bytes(data[position : position + 4], "big"),
            data[position + 4 : position + 8],
        )
        if kind == b"moov":
            return True
        if length == 1:
            length = int.from_bytes(data[position + 8 : position + 16], "big")
        if length < 8:
            return False
        position += length
    return False


def _unsupported(what: str) -> RefusedImageError:
    return RefusedImageError(
        "unsupported_layout",
        f"The {what} not read. Save each image as a file of its own, such as PNG.",
    )
