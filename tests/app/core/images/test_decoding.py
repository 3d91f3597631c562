"""Files become films, or a reason why not."""

import logging
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFile, features

from app.core.errors import ImageError, RefusedImageError, UnreadableImageError
from app.core.images import decoding, silence
from app.core.images.reading import Reading
from tests.app.core.images.decoding import decoded, refusal
from tests.pictures import (
    coloured,
    dicom,
    encode,
    huge_jpeg,
    huge_png,
    huge_tiff,
    png_chunk,
)

SMALL = (slice(0, 40), slice(0, 48))


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
    assert Image.open(BytesIO(data)).n_frames == 2
    np.testing.assert_array_equal(decoded(data), decoded(encode(film, "JPEG")))


def test_views_of_a_multi_picture_jpeg_are_images(film):
    """As stereo cameras write them, CIPA DC-007 5.2.3.3: attribute 0x020002 is `disparity`."""
    view = Image.fromarray(255 - film)
    data = bytearray(encode(film, "MPO", save_all=True, append_images=[view]))
    second = data.index(b"MPF\0") + 4 + 50 + 16  # behind the index and the entry of the first
    data[second : second + 4] = (0x020002).to_bytes(4, "little")
    assert refusal(bytes(data)).code == "several_images"
    found = decoding.decode(bytes(data), Reading(frame=2)).pixels
    np.testing.assert_array_equal(found, decoded(encode(255 - film, "JPEG")))


def test_the_name_of_an_image_is_its_sha_256():
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert decoding.image_id(b"") == empty


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
    assert "the maximum is 120 million pixels" in str(error)


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


def test_pillow_keeps_refusing_half_files():
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


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

    monkeypatch.setattr(decoding, "_decode_picture", full)

    with pytest.raises(UnreadableImageError, match="not enough memory") as raised:
        decoding.decode(encode(film, "PNG"))

    assert raised.value.code == "no_memory"


def test_damaged_second_page_costs_the_film(film):
    data = encode(film, "TIFF", save_all=True, append_images=[Image.fromarray(film)])
    with pytest.raises(ImageError):
        decoding.decode(data[: len(data) // 2 + 200])


# Silence, and many threads.


def test_odd_metadata_warns_of_nothing(film, capfd, recwarn):
    data = encode(film, "TIFF", compression="tiff_lzw", tiffinfo={33432: "CANARY", 270: "CANARY"})
    decoding.decode(data)
    with pytest.raises(UnreadableImageError):
        decoding.decode(data[:-30])
    assert not recwarn.list
    assert "CANARY" not in "".join(capfd.readouterr())


def test_what_pillow_calls_a_bomb_is_too_large(film, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", film.size // 2 - 1)

    assert refusal(encode(film, "PNG")).code == "too_large"


def test_no_switch_of_a_library_is_set_for_the_whole_process():
    """In a process of its own, before and after files of every kind were decoded."""
    code = """
import logging, warnings
import cv2, numpy, PIL.Image, PIL.ImageFile, pydicom
def switches():
    return {
        "pixels": PIL.Image.MAX_IMAGE_PIXELS,
        "truncated": PIL.ImageFile.LOAD_TRUNCATED_IMAGES,
        "validation": pydicom.config.settings.reading_validation_mode,
        "threads": cv2.getNumThreads(),
        "errors": numpy.geterr(),
        "warnings": list(warnings.filters),
        "loggers": {name: (logger.level, logger.disabled, len(logger.filters), logger.propagate)
                    for name, logger in logging.root.manager.loggerDict.items()
                    if isinstance(logger, logging.Logger) and name.startswith("pydicom")},
    }
before = switches()
from app.core.images import decoding
from tests.pictures import dicom, encode
film = numpy.random.default_rng(0).integers(0, 256, (64, 64), numpy.uint8)
for data in (encode(film, "PNG"), encode(film, "TIFF"), dicom(film)):
    decoding.decode(data)
after = switches()
assert before["loggers"].items() <= after.pop("loggers").items(), "loggers"
del before["loggers"]
assert before == after, (before, after)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_other_threads_are_heard_while_one_decodes(film, caplog):
    decoding_began, warned = threading.Event(), threading.Event()

    def listen():
        decoding_began.wait(10)
        with pytest.warns(UserWarning, match="of another thread"):
            warnings.warn("of another thread", stacklevel=1)
        logging.getLogger("pydicom").warning("of another thread")
        warned.set()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(listen)
        with silence.silent():
            decoding_began.set()
            assert warned.wait(10)
            warnings.warn("of this thread", stacklevel=1)
            logging.getLogger("pydicom").warning("of this thread")
        other.result()

    assert "of another thread" in caplog.text
    assert "of this thread" not in caplog.text


def test_threads_leave_the_warning_filters_alone(film):
    files = [encode(film, "JPEG"), encode(film, "TIFF"), dicom(film), b"none"] * 40
    before = list(warnings.filters)

    def attempt(data):
        try:
            decoding.decode(data)
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
