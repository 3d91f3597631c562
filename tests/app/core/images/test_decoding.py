"""Files become films, or a reason why not."""

import re
import subprocess
import sys
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image, features

from app.core.errors import UnreadableImageError
from app.core.images import decoding
from app.core.images.reading import ReadOptions
from tests.app.core.images.decoding import decoded, refusal
from tests.pictures import coloured, dicom, encode, huge_jpeg, huge_png, huge_tiff

# Files of every kind.


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF"])
def test_lossless_files_give_their_pixels(film, kind):
    np.testing.assert_array_equal(decoded(encode(film, kind)), film)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_lossless_colour_is_red_green_blue(film, kind):
    np.testing.assert_array_equal(decoded(encode(coloured(film), kind)), coloured(film))


@pytest.mark.parametrize(
    "options",
    [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"optimize": True}],
    ids=["baseline", "progressive", "restart markers", "optimised"],
)
def test_jpeg_is_close(film, options):
    found = decoded(encode(film, "JPEG", quality=95, **options))
    assert np.abs(found.astype(int) - film).max() <= 6


def test_webp_is_close(film):
    found = decoded(encode(film, "WEBP", lossless=True))
    np.testing.assert_array_equal(found, film)


def test_colour_that_is_grey_becomes_one_channel(film):
    rgb = np.repeat(film[..., np.newaxis], 3, axis=-1)
    np.testing.assert_array_equal(decoded(encode(rgb, "PNG")), film)
    assert decoded(encode(rgb, "JPEG")).ndim == 2


def test_jpeg_with_bytes_behind_its_end_is_whole(film):
    data = encode(film, "JPEG")
    np.testing.assert_array_equal(decoded(data + b"garbage \xff\xd9" * 99), decoded(data))


def test_first_picture_of_a_telephone_jpeg_counts(film):
    preview = Image.fromarray(255 - film)
    data = encode(film, "MPO", save_all=True, append_images=[preview])
    assert Image.open(BytesIO(data)).n_frames == 2
    np.testing.assert_array_equal(decoded(data), decoded(encode(film, "JPEG")))


def test_views_of_a_multi_picture_jpeg_are_images(film):
    """As stereo cameras write them, CIPA DC-007 5.2.3.3: attribute 0x020002 is `disparity`."""
    view = Image.fromarray(255 - film)
    data = bytearray(encode(film, "MPO", save_all=True, append_images=[view]))
    second = data.index(b"MPF\0") + 4 + 50 + 16  # behind the index and the entry of the first
    data[second : second + 4] = (0x020002).to_bytes(4, "little")
    assert refusal(bytes(data)).code == "several_images"
    found = decoding.decode(bytes(data), ReadOptions(frame=2)).pixels
    np.testing.assert_array_equal(found, decoded(encode(255 - film, "JPEG")))


def test_the_name_of_an_image_is_its_sha_256():
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert decoding.image_id(b"") == empty


def test_webp_is_supported_here():
    assert features.check("webp")


def test_real_films_of_every_kind_decode(real_data):
    found = sorted((real_data / "chest-original").glob("*/*.jpeg"))[::40]
    assert found
    for path in found:
        pixels = decoded(path.read_bytes())
        other = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        np.testing.assert_allclose(pixels, other, atol=2)


def test_empty_file():
    error = refusal(b"")
    assert (error.code, error.status) == ("empty_file", "unreadable")
    assert "0 bytes" in str(error)


@pytest.mark.parametrize(
    "data",
    [b"Dear colleague, please find attached", b"\x00" * 4000, b"%!PS-Adobe-3.0 EPSF-3.0\n",
     b"PK\x03\x04" + bytes(60)],
    ids=["text", "zeros", "postscript", "zip"],
)  # fmt: skip
def test_what_is_no_image(data):
    error = refusal(data)
    assert error.status == "unreadable"
    assert error.code == "not_an_image"


@pytest.mark.parametrize(
    "pointer",
    [b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 123\n",
     b"/annex/objects/SHA256E-s123--4d7a.png\n"],
    ids=["Git LFS", "git-annex"],
)  # fmt: skip
def test_what_was_not_fetched(pointer):
    error = refusal(pointer)
    assert (error.code, error.status) == ("not_fetched", "unreadable")


# Sizes.


@pytest.mark.parametrize("shape", [(1, 1), (31, 64), (64, 31)])
def test_too_small(shape):
    error = refusal(encode(np.zeros(shape, np.uint8), "PNG"))
    assert (error.code, error.status) == ("too_small", "refused")
    assert f"{shape[1]} × {shape[0]}" in str(error)


def test_the_smallest_film(film):
    assert decoded(encode(film[:32, :32], "PNG")).shape == (32, 32)


HUGE = {
    "png": huge_png,
    "tiff": huge_tiff,
    "jpeg": lambda: huge_jpeg(np.zeros((64, 64), np.uint8)),
    "dicom": lambda: dicom(np.zeros((64, 64), np.uint8), Rows=30_000, Columns=30_000),
    "jpeg in dicom": lambda: dicom(
        np.zeros((64, 64), np.uint8),
        frames=[huge_jpeg(np.zeros((64, 64), np.uint8))],
        TransferSyntaxUID="1.2.840.10008.1.2.4.50",
    ),
}


@pytest.mark.parametrize("kind", HUGE)
def test_huge_image_is_refused_by_its_header(kind):
    error = refusal(HUGE[kind]())
    assert (error.code, error.status) == ("too_large", "refused")
    assert re.search(r"the maximum is \d+ million", str(error))


@pytest.mark.slow
def test_huge_images_cost_neither_memory_nor_time():
    code = """
import resource, time
from app.core.images import decoding
from app.core.errors import RefusedImageError
from tests.app.core.images.test_decoding import HUGE, np, dicom, encode
files = [make() for make in HUGE.values()]
for warm in (dicom(np.eye(64, dtype=np.uint8)), encode(np.eye(64, dtype=np.uint8), "TIFF")):
    try:
        decoding.decode(warm)
    except RefusedImageError:
        pass
before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
for data in files:
    try:
        decoding.decode(data)
    except RefusedImageError as error:
        assert error.code == "too_large"
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, time.process_time() - started)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    kilobytes, seconds = map(float, done.stdout.split())
    assert kilobytes < 20_000
    assert seconds < 1


def test_more_bytes_than_are_read(film, monkeypatch):
    monkeypatch.setattr(decoding, "MAX_FILE_BYTES", 1000)
    error = refusal(encode(film, "PNG"))
    assert (error.code, error.status) == ("file_too_large", "refused")


def test_what_pillow_calls_a_bomb_is_too_large(film, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", film.size // 2 - 1)

    assert refusal(encode(film, "PNG")).code == "too_large"


@pytest.mark.parametrize("kind", ["python", "opencv"])
def test_a_film_that_there_is_no_memory_for_is_not_called_damaged(film, monkeypatch, kind):
    def full(*arguments):
        if kind == "python":
            raise MemoryError
        error = cv2.error("Insufficient memory")
        error.code = cv2.Error.StsNoMem
        raise error

    monkeypatch.setattr(decoding, "decode_picture", full)

    with pytest.raises(UnreadableImageError, match="not enough memory") as raised:
        decoding.decode(encode(film, "PNG"))

    assert raised.value.code == "no_memory"


# Blank images, and several in one file.


@pytest.mark.parametrize("spread", [0, 7])
def test_blank(spread):
    blank = np.full((64, 64), 100, np.uint8)
    blank[10:20] += spread
    error = refusal(encode(blank, "PNG"))
    assert (error.code, error.status) == ("blank", "refused")
    assert f"between 100 and {100 + spread}" in str(error)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("GIF", {}), ("WEBP", {}), ("PNG", {"default_image": False}), ("TIFF", {})],
    ids=["gif", "webp", "apng", "tiff"],
)
def test_several_images(film, kind, options):
    others = [Image.fromarray(255 - film), Image.fromarray(film // 2)]
    error = refusal(encode(film, kind, save_all=True, append_images=others, **options))
    assert (error.code, error.status) == ("several_images", "refused")
