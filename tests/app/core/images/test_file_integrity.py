"""Files that are cut off or damaged: each is a reason, and never half a film."""

import numpy as np
import pytest
from PIL import Image, ImageFile

from app.core.errors import ImageError
from app.core.images import decoding
from app.core.images.file_integrity import num_scans
from tests.app.core.images.decoding import decoded, refusal
from tests.pictures import coloured, dicom, encode, png_chunk

SMALL = (slice(0, 40), slice(0, 48))
WHOLE = {
    "jpeg": lambda film: encode(film, "JPEG"),
    "colour jpeg": lambda film: encode(coloured(film), "JPEG"),
    "progressive": lambda film: encode(coloured(film), "JPEG", progressive=True),
    "restart markers": lambda film: encode(film, "JPEG", restart_marker_rows=1),
    "png": lambda film: encode(film, "PNG"),
    "colour png": lambda film: encode(coloured(film), "PNG"),
    "16-bit png": lambda film: encode(film.astype(np.uint16) * 257, "PNG"),
    "tiff": lambda film: encode(film[:, :36], "TIFF"),
    "bmp": lambda film: encode(film[:, :36], "BMP"),
    "webp": lambda film: encode(film, "WEBP", lossless=True),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", WHOLE)
def test_every_cut_is_unreadable(film, kind):
    data = WHOLE[kind](film[SMALL])
    assert decoded(data).shape[0] == 40
    for length in range(len(data)):
        assert refusal(data[:length]).status == "unreadable", f"cut at {length} of {len(data)}"


@pytest.mark.parametrize("kind", ["tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_cut_compressed_tiff_is_unreadable(film, kind):
    data = encode(film, "TIFF", compression=kind)
    for share in (0.02, 0.3, 0.5, 0.9, 0.99):
        assert refusal(data[: int(share * len(data))]).status == "unreadable"


@pytest.mark.parametrize("kind", ["jpeg", "colour jpeg", "progressive", "restart markers"])
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_jpeg_filled_up_after_a_cut_is_unreadable(film, kind, share):
    data = WHOLE[kind](film)
    scan = data.index(b"\xff\xda")
    cut = data[: scan + int(share * (len(data) - scan))]
    for tail in (bytes(9 * len(data)), b"\xff" * len(data), b"\xff\xd9", b"\xff\xd9" + bytes(99)):
        assert refusal(cut + tail).code == "damaged"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_whole_jpeg_that_ends_in_middle_grey_is_read(film, options):
    film[-16:, -16:] = 128
    data = encode(film, "JPEG", quality=100, **options)
    assert decoded(data)[-1, -1] == 128


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"IEND", b"tEXt"])
def test_png_with_a_wrong_checksum_is_unreadable(film, kind):
    data = encode(film, "PNG")
    data = data[:33] + png_chunk(b"tEXt", b"Comment\0none") + data[33:]
    assert decoded(data).shape == film.shape
    start = data.index(kind) - 4
    end = start + 12 + int.from_bytes(data[start : start + 4], "big")
    changed = data[: end - 1] + bytes([data[end - 1] ^ 1]) + data[end:]
    assert refusal(changed).code == "damaged"


@pytest.mark.parametrize("kind", [*WHOLE, "gif", "dicom"])
def test_damage_anywhere_gives_pixels_or_a_reason(film, kind):
    makers = WHOLE | {"gif": lambda film: encode(film, "GIF"), "dicom": dicom}
    data = makers[kind](film[SMALL])
    generator = np.random.default_rng(7)
    for _ in range(150):
        changed = bytearray(data)
        for position in generator.integers(0, len(data), generator.integers(1, 4)):
            changed[position] = generator.integers(0, 256)
        try:
            assert decoded(bytes(changed)).dtype == np.uint8
        except ImageError:
            continue


def test_damaged_second_page_costs_the_film(film):
    data = encode(film, "TIFF", save_all=True, append_images=[Image.fromarray(film)])
    with pytest.raises(ImageError):
        decoding.decode(data[: len(data) // 2 + 200])


def test_pillow_keeps_refusing_half_files():
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_scans_are_those_of_the_image_itself(film):
    once = encode(film, "JPEG")
    often = encode(coloured(film), "JPEG", progressive=True)
    assert num_scans(once) == 1
    assert num_scans(often) == 10
    assert num_scans(once[:-2]) == 0
    # Neither those of a small image in its header nor those of anything behind it, such as a video.
    behind = often + 200 * b"\xff\xda"
    exif = b"\xff\xe1" + (2 + len(behind)).to_bytes(2, "big") + behind
    assert num_scans(once[:2] + exif + once[2:] + behind) == 1
    np.testing.assert_array_equal(decoded(once + behind), decoded(once))
