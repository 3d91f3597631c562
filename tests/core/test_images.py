import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFile, features

from app.core import images
from app.core.depth import scale_to_8_bits
from app.core.errors import ImageError, RefusedImageError, UnreadableImageError
from tests.pictures import (
    coloured,
    dicom,
    encode,
    huge_jpeg,
    huge_png,
    huge_tiff,
    png_chunk,
    transparent_png,
)

SMALL = (slice(0, 40), slice(0, 48))
STRETCH = partial(images.fit, how="stretch")
PAD = partial(images.fit, how="pad")


def refusal(data):
    with pytest.raises(ImageError) as caught:
        images.decode(data)
    return caught.value


def decoded(data):
    return images.decode(data).pixels


# Whole files of every kind.


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
    assert Image.open(images.BytesIO(data)).n_frames == 2
    np.testing.assert_array_equal(decoded(data), decoded(encode(film, "JPEG")))


def test_the_name_of_an_image_is_its_sha_256():
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert images.image_id(b"") == empty


# Files that are not whole.


def test_empty_file():
    error = refusal(b"")
    assert (error.code, error.status) == ("empty_file", "unreadable")
    assert "0 bytes" in str(error)


@pytest.mark.parametrize(
    "data",
    [b"Dear colleague, please find attached", b"\x00" * 4000, b"%!PS-Adobe-3.0 EPSF-3.0\n",
     b"P5 64 64 255\n" + bytes(4096), b"PK\x03\x04" + bytes(60)],
    ids=["text", "zeros", "postscript", "pgm", "zip"],
)  # fmt: skip
def test_what_is_no_image(data):
    error = refusal(data)
    assert error.status == "unreadable"
    assert error.code == "not_an_image"


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
    assert "30,000 × 30,000" in str(error) or "65,000 × 65,000" in str(error)


def test_huge_images_cost_neither_memory_nor_time():
    code = """
import resource, time
from app.core import images
from app.core.errors import RefusedImageError
from tests.core.test_images import HUGE, np, dicom, encode
files = [make() for make in HUGE.values()]
for warm in (dicom(np.eye(64, dtype=np.uint8)), encode(np.eye(64, dtype=np.uint8), "TIFF")):
    try:
        images.decode(warm)
    except RefusedImageError:
        pass
before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
for data in files:
    try:
        images.decode(data)
    except RefusedImageError as error:
        assert error.code == "too_large"
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, time.process_time() - started)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    kilobytes, seconds = map(float, done.stdout.split())
    assert kilobytes < 20_000
    assert seconds < 1


def test_more_bytes_than_are_read(film, monkeypatch):
    monkeypatch.setattr(images, "MAX_FILE_BYTES", 1000)
    error = refusal(encode(film, "PNG"))
    assert (error.code, error.status) == ("file_too_large", "refused")


def test_pillow_keeps_refusing_half_files():
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    assert Image.MAX_IMAGE_PIXELS is None


@pytest.mark.parametrize("spread", [0, 7])
def test_blank(spread):
    blank = np.full((64, 64), 100, np.uint8)
    blank[10:20] += spread
    error = refusal(encode(blank, "PNG"))
    assert (error.code, error.status) == ("blank", "refused")
    assert f"between 100 and {100 + spread}" in str(error)


# More than one image in a file.


@pytest.mark.parametrize(
    ("kind", "options"),
    [("GIF", {}), ("WEBP", {}), ("PNG", {"default_image": False}), ("TIFF", {})],
    ids=["gif", "webp", "apng", "tiff"],
)
def test_several_images(film, kind, options):
    others = [Image.fromarray(255 - film), Image.fromarray(film // 2)]
    error = refusal(encode(film, kind, save_all=True, append_images=others, **options))
    assert (error.code, error.status) == ("several_images", "refused")


@pytest.mark.parametrize("kind", ["python", "opencv"])
def test_a_film_that_there_is_no_memory_for_is_not_called_damaged(film, monkeypatch, kind):
    def full(*arguments):
        if kind == "python":
            raise MemoryError
        error = cv2.error("Insufficient memory")
        error.code = cv2.Error.StsNoMem
        raise error

    monkeypatch.setattr(images, "_decode_picture", full)

    with pytest.raises(UnreadableImageError, match="not enough memory") as raised:
        images.decode(encode(film, "PNG"))

    assert raised.value.code == "no_memory"


def test_damaged_second_page_costs_the_film(film):
    data = encode(film, "TIFF", save_all=True, append_images=[Image.fromarray(film)])
    with pytest.raises(ImageError):
        images.decode(data[: len(data) // 2 + 200])


# Depth.


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_same_film_in_more_bits(film, kind, bits):
    deep = np.rint(film * ((2**bits - 1) / 255)).astype(np.uint16)
    np.testing.assert_allclose(decoded(encode(deep, kind)), film, atol=1)


def test_big_endian_film(film):
    picture = Image.frombytes("I;16B", film.shape[::-1], (film.astype(">u2") * 257).tobytes())
    np.testing.assert_array_equal(decoded(encode(picture, "TIFF")), film)


def test_dark_film_in_16_bits_stays_dark(film):
    dark = film // 8
    np.testing.assert_array_equal(decoded(encode(dark.astype(np.uint16) * 257, "PNG")), dark)


@pytest.mark.parametrize("bits", [12, 16])
def test_same_colour_in_more_bits(film, bits):
    rgb = coloured(film)
    deep = np.rint(rgb * ((2**bits - 1) / 255)).astype(np.uint16)
    data = cv2.imencode(".png", deep[..., ::-1])[1].tobytes()
    np.testing.assert_allclose(decoded(data), rgb, atol=1)


def test_deep_transparency_lies_over_black(film):
    deep = np.repeat(film[..., np.newaxis].astype(np.uint16) * 257, 4, axis=-1)
    deep[..., 3] = 65535
    deep[:, :60, 3] = 0
    found = decoded(cv2.imencode(".png", deep)[1].tobytes())
    np.testing.assert_array_equal(found[:, 60:], film[:, 60:])
    assert not found[:, :60].any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_whose_zero_is_white(film, dtype):
    values = film.astype(dtype) * (257 if dtype == np.uint16 else 1)
    data = bytearray(encode(values, "TIFF"))
    entry = data.index(b"\x06\x01\x03\x00\x01\x00\x00\x00")  # photometric interpretation, one word
    assert data[entry + 8] == 1
    data[entry + 8] = 0
    np.testing.assert_array_equal(decoded(bytes(data)), 255 - film)


def test_float_film_is_spread_over_its_range(film):
    floats = film.astype(np.float32) / 1000 - 3
    low, high = int(film.min()), int(film.max())
    expected = np.rint((film.astype(float) - low) * 255 / (high - low))
    np.testing.assert_allclose(decoded(encode(floats, "TIFF")), expected, atol=1)


def test_undefined_floats_do_not_darken_the_film(film):
    floats = film.astype(np.float32)
    whole = decoded(encode(floats, "TIFF"))
    floats[0, :3] = np.nan, np.inf, -np.inf
    found = decoded(encode(floats, "TIFF"))
    assert found[0, :3].tolist() == [0, 255, 0]
    np.testing.assert_array_equal(found[1:], whole[1:])


def test_32_bit_integers_with_negative_values(film):
    film[0, 0] = 0
    hounsfield = film.astype(np.int32) * 16 - 1024  # -1024 to about 2800: twelve bits
    expected = np.rint(film.astype(float) * 16 * 255 / 4095)
    np.testing.assert_array_equal(decoded(encode(hounsfield, "TIFF")), expected)


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([0, 100, 255], np.uint16, [0, 100, 255]),  # eight bits in sixteen
        ([0, 341, 1023], np.uint16, [0, 85, 255]),  # ten bits: 341 / 1023 = 1/3
        ([0, 300], np.uint16, [0, 75]),  # nine bits do not exist: ten, 300 * 255 / 1023 = 74.8
        ([0, 1365, 4095], np.uint16, [0, 85, 255]),  # twelve bits
        ([0, 21845, 65535], np.uint16, [0, 85, 255]),
        ([257, 2570], np.uint16, [1, 10]),  # eight bits repeated in sixteen
        ([-1024, 1024, 3071], np.int16, [0, 128, 255]),  # 2048 * 255 / 4095 = 127.5
        ([-32768, 32767], np.int16, [0, 255]),
        ([0, 32767], np.int16, [0, 127]),  # sixteen bits, of which the sign takes one
        ([0, 2**20 - 1], np.int32, [0, 255]),
        ([0.0, 0.5, 1.0], np.float32, [0, 128, 255]),
        ([7.0, 7.0], np.float64, [0, 0]),
        ([np.nan, np.nan], np.float64, [0, 0]),
    ],
)
def test_scaling_worked_by_hand(values, dtype, expected):
    array = np.array([values], dtype)
    before = array.copy()
    assert scale_to_8_bits(array).tolist() == [expected]
    np.testing.assert_array_equal(array, before)


# Modes.


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_opaque_equals_without_transparency(film, kind):
    rgb = coloured(film)
    rgba = np.dstack([rgb, np.full_like(film, 255)])
    options = {"lossless": True} if kind == "WEBP" else {}
    np.testing.assert_array_equal(decoded(encode(rgba, kind, **options)), rgb)


def test_transparency_lies_over_black(film):
    alpha = np.full_like(film, 255)
    alpha[:, :40], alpha[:, 40:80] = 0, 128
    found = decoded(encode(np.dstack([film, alpha]), "PNG"))
    assert not found[:, :40].any()
    np.testing.assert_allclose(found[:, 40:80], film[:, 40:80] * (128 / 255), atol=1)
    np.testing.assert_array_equal(found[:, 80:], film[:, 80:])


def test_one_grey_value_declared_transparent(film):
    film[:20] = 255
    found = decoded(transparent_png(film, value=255))
    assert not found[:20].any()
    np.testing.assert_array_equal(found[20:], film[20:])


def test_palette_with_a_transparent_entry(film):
    picture = Image.fromarray(film).quantize(16)
    first = picture.getpixel((0, 0))
    found = decoded(encode(picture, "PNG", transparency=first))
    expected = np.asarray(picture.convert("L")).copy()
    expected[np.asarray(picture) == first] = 0
    np.testing.assert_array_equal(found, expected)


def test_palette(film):
    picture = Image.fromarray(film).quantize(64)
    np.testing.assert_array_equal(decoded(encode(picture, "PNG")), np.asarray(picture.convert("L")))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_one_bit(film, kind):
    picture = Image.fromarray(film > 128)
    assert picture.mode == "1"
    np.testing.assert_array_equal(decoded(encode(picture, kind)), np.where(film > 128, 255, 0))


def test_cmyk_jpeg(film):
    ink = np.zeros((*film.shape, 4), np.uint8)
    ink[..., 3] = 255 - film
    data = encode(Image.fromarray(ink, "CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data[:200]
    grey = STRETCH(images.Film(decoded(data)), height=90, width=120, channels=1)
    np.testing.assert_allclose(grey[..., 0], film, atol=8)


def test_colours_of_a_cmyk_jpeg_are_those_another_decoder_sees(film):
    picture = Image.fromarray(coloured(film)).convert("CMYK")
    data = encode(picture, "JPEG", quality=95)
    other = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    np.testing.assert_allclose(decoded(data), other, atol=3)


# Orientation: what is stored, made upright by the definitions of EXIF 2.32, table of tag 274.
UPRIGHT = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: stored.T,
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).T,
    8: lambda stored: np.rot90(stored, 1),
}


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_orientation_is_applied(film, kind, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    plain = decoded(encode(film, kind, **options))
    found = decoded(encode(film, kind, exif=exif, **options))
    np.testing.assert_array_equal(found, UPRIGHT[orientation](plain))
    assert found.flags.c_contiguous


def test_orientation_of_a_deep_film(film):
    exif = Image.Exif()
    exif[274] = 6
    found = decoded(encode(film.astype(np.uint16) * 257, "PNG", exif=exif))
    np.testing.assert_array_equal(found, np.rot90(film, -1))


@pytest.mark.parametrize(
    "block", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0"]
)
def test_damaged_exif_does_not_cost_the_film(film, block):
    found = decoded(encode(film, "JPEG", exif=block))
    np.testing.assert_array_equal(found, decoded(encode(film, "JPEG")))


# To the network's input.


@pytest.mark.parametrize("fit", [STRETCH, PAD])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("is_grey", [True, False])
def test_fit_gives_the_shape_asked_for(film, fit, channels, is_grey):
    pixels = film if is_grey else coloured(film)
    before = pixels.copy()
    found = fit(images.Film(pixels), height=50, width=70, channels=channels)
    assert (found.shape, found.dtype) == ((50, 70, channels), np.uint8)
    np.testing.assert_array_equal(pixels, before)


def test_stretch_averages_over_the_covered_area():
    pixels = np.array([[0, 10, 100, 100], [20, 30, 200, 200]], np.uint8)
    found = STRETCH(images.Film(pixels), height=1, width=2, channels=1)
    assert found[..., 0].tolist() == [[15, 150]]


def test_grey_in_three_channels_is_the_same_thrice(film):
    one = STRETCH(images.Film(film), height=40, width=40, channels=1)
    three = STRETCH(images.Film(film), height=40, width=40, channels=3)
    np.testing.assert_array_equal(three, np.repeat(one, 3, axis=-1))


def test_size_that_fits_is_left_alone(film):
    found = STRETCH(images.Film(film), height=90, width=120, channels=1)
    np.testing.assert_array_equal(found[..., 0], film)


def test_colour_becomes_luminance():
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 200
    found = STRETCH(images.Film(red), height=4, width=4, channels=1)
    assert (found == 60).all()  # 0.299 * 200 = 59.8


def test_side_that_shrinks_does_not_alias_while_the_other_grows():
    stripes = np.tile(np.array([0, 240], np.uint8), (40, 300))  # 40 rows, 600 columns
    found = STRETCH(images.Film(stripes), height=64, width=40, channels=1)
    assert set(np.unique(found)) == {112, 128}  # 7 or 8 of 15 columns are white


@pytest.mark.parametrize(
    ("film_shape", "box"),
    [
        ((100, 200), (25, 0, 50, 100)),  # twice as wide as high: half of the rows are used
        ((200, 100), (0, 25, 100, 50)),
        ((64, 64), (0, 0, 100, 100)),
        ((3, 1000), (49, 0, 1, 100)),  # 0.3 rows are one
    ],
)
def test_padded_box_worked_by_hand(film_shape, box):
    assert images.padded_box(film_shape, height=100, width=100) == box


def test_pad_lays_the_film_on_black(film):
    found = PAD(images.Film(film), height=60, width=60, channels=1)[..., 0]
    top, left, rows, columns = images.padded_box(film.shape, height=60, width=60)
    inner = STRETCH(images.Film(film), height=rows, width=columns, channels=1)[..., 0]
    np.testing.assert_array_equal(found[top : top + rows, left : left + columns], inner)
    outside = np.ones((60, 60), bool)
    outside[top : top + rows, left : left + columns] = False
    assert not found[outside].any()


@pytest.mark.parametrize("shape", [(32, 100_000), (100_000, 32)])
def test_very_long_film_is_fitted(shape):
    long = np.zeros(shape, np.uint8)
    long[: shape[0] // 2] = 200
    assert PAD(images.Film(long), height=64, width=64, channels=1).shape == (64, 64, 1)
    assert STRETCH(images.Film(long), height=64, width=64, channels=1)[0, 0, 0] == 200


# For showing.


def test_window_worked_by_hand():
    pixels = np.array([[0, 50, 100, 150, 255]], np.uint8)
    film = images.Film(pixels, "DX")
    shown = images.windowed(film, low=50, high=150)
    assert shown.pixels.tolist() == [[0, 0, 128, 255, 255]]  # (100 - 50) * 2.55 = 127.5
    assert images.windowed(film, low=50, high=150, inverted=True).pixels[0, 0] == 255
    assert shown.modality == "DX"
    assert images.windowed(film, low=0, high=255).pixels.tolist() == pixels.tolist()
    assert pixels.tolist() == [[0, 50, 100, 150, 255]]


def test_window_without_width_is_a_threshold():
    pixels = np.array([[99, 100, 101]], np.uint8)
    assert images.windowed(images.Film(pixels), low=100, high=100).pixels.tolist() == [[0, 0, 255]]


def test_shrunk_keeps_the_aspect_and_what_is_small_enough(film):
    whole = images.Film(film, "CR")
    assert images.shrunk(whole, 60).pixels.shape == (45, 60)
    assert images.shrunk(whole, 60).modality == "CR"
    assert images.shrunk(whole, 120) is whole
    assert images.shrunk(images.Film(np.zeros((1, 900), np.uint8)), 60).pixels.shape == (1, 60)


@pytest.mark.parametrize("is_grey", [True, False])
def test_jpeg_for_showing_keeps_its_colours(film, is_grey):
    pixels = film if is_grey else coloured(film)
    shown = np.asarray(Image.open(images.BytesIO(images.jpeg(images.Film(pixels), quality=95))))
    assert shown.shape == pixels.shape
    assert np.abs(shown.astype(int) - pixels).mean() < 4


# Silence, and many threads.


def test_odd_metadata_warns_of_nothing(film, capfd, recwarn):
    data = encode(film, "TIFF", compression="tiff_lzw", tiffinfo={33432: "CANARY", 270: "CANARY"})
    images.decode(data)
    with pytest.raises(UnreadableImageError):
        images.decode(data[:-30])
    assert not recwarn.list
    assert "CANARY" not in "".join(capfd.readouterr())


def test_threads_leave_the_warning_filters_alone(film):
    files = [encode(film, "JPEG"), encode(film, "TIFF"), dicom(film), b"none"] * 40
    before = list(warnings.filters)

    def attempt(data):
        try:
            images.decode(data)
        except ImageError:
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, files))
    assert list(warnings.filters) == before


def test_webp_is_supported_here():
    assert features.check("webp")


def test_real_films_of_every_kind_decode(real_data):
    found = sorted((real_data / "chest-original").glob("*/*.jpeg"))[::40]
    assert found
    for path in found:
        pixels = decoded(path.read_bytes())
        other = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        np.testing.assert_allclose(pixels, other, atol=2)


def test_refused_and_unreadable_are_told_apart():
    assert RefusedImageError("a", "b").status == "refused"
    assert UnreadableImageError("a", "b").status == "unreadable"
