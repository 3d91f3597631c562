"""A film for the screen: more levels than a network sees, and the same picture."""

from io import BytesIO
from zlib import crc32

import cv2
import numpy as np
import pytest
import tifffile

from app.core.images import decoding
from app.core.images.reading import AS_STORED, ReadOptions
from app.core.images.screen import SIDE, screen_film
from tests.app.core.images.dicom_films import table
from tests.pictures import coloured, dicom, encode

DEEP = {"BitsStored": 12, "HighBit": 11}
RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def windowed(levels):
    low, high = levels.window
    return np.clip((levels.values.astype(float) - low) * 255 / (high - low), 0, 255)


CURVE = np.linspace(0, 1, 4096) ** 2 * 65535
HEADERS = {
    "no window": {},
    "window": {"WindowCenter": 1500, "WindowWidth": 900},
    "exact": {"WindowCenter": 1500, "WindowWidth": 900, "VOILUTFunction": "LINEAR_EXACT"},
    "sigmoid": {"WindowCenter": 1500, "WindowWidth": 900, "VOILUTFunction": "SIGMOID"},
    "rescaled": {"WindowCenter": -200, "WindowWidth": 500, "RescaleSlope": 0.5,
                 "RescaleIntercept": -1024},
    "falling": {"WindowCenter": -1500, "WindowWidth": 900, "RescaleSlope": -1,
                "RescaleIntercept": 0},
    "padded": {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 500},
    "lookup table": {"VOILUTSequence": table(CURVE.astype(int), bits=16)},
    "modality table": {"ModalityLUTSequence": table(CURVE.astype(int), bits=16)},
    "shutter": {"ShutterShape": "RECTANGULAR", "ShutterUpperHorizontalEdge": 10,
                "ShutterLowerHorizontalEdge": 50, "ShutterLeftVerticalEdge": 5,
                "ShutterRightVerticalEdge": 60},
}  # fmt: skip


@pytest.mark.parametrize("coding", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("name", HEADERS)
def test_with_the_window_of_the_file_it_looks_as_a_network_sees_it(name, coding):
    data = dicom(RAMP, PhotometricInterpretation=coding, **DEEP, **HEADERS[name])
    found = screen_film(data, AS_STORED)

    np.testing.assert_allclose(windowed(found.levels), decoding.decode(data).pixels, atol=1)
    assert len(np.unique(found.levels.values)) > 2000


def test_values_beyond_the_window_are_kept():
    data = dicom(RAMP, **DEEP, WindowCenter=1000, WindowWidth=101)
    levels = screen_film(data, AS_STORED).levels

    np.testing.assert_array_equal(levels.values, RAMP)
    assert levels.window == (949.5, 1049.5)


def test_signed_values_and_a_chosen_window():
    stored = RAMP.astype(np.int16) - 2048
    data = dicom(stored, **DEEP, WindowCenter=0)  # which is not valid without a width
    levels = screen_film(data, ReadOptions(window=(-1048, 952))).levels

    np.testing.assert_array_equal(levels.values, RAMP)
    assert levels.window == (1000, 3000)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_other_files_are_as_a_network_sees_them(film, kind):
    data = encode(film, kind)
    found = screen_film(data, AS_STORED)

    np.testing.assert_array_equal(found.levels.values, decoding.decode(data).pixels)
    assert found.levels.window == (0, 255)


def chunk(kind, content):
    return (
        len(content).to_bytes(4, "big") + kind + content + crc32(kind + content).to_bytes(4, "big")
    )


def with_bits(png, bits):
    """A PNG that states how many of its bits are significant."""
    return png[:33] + chunk(b"sBIT", bytes([bits])) + png[33:]


def tiff(values, **options):
    content = BytesIO()
    tifffile.imwrite(content, values, metadata=None, **options)
    return content.getvalue()


WHOLE = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
CHOSEN = ReadOptions(window=(500, 3000))
TURNED = (274, "H", 1, 8, True)
PICTURES = {
    "png": (encode(WHOLE, "PNG"), AS_STORED, WHOLE),
    "png of 12 bits": (with_bits(encode(RAMP, "PNG"), 12), AS_STORED, RAMP),
    "png in a chosen window": (encode(RAMP, "PNG"), CHOSEN, RAMP),
    "tiff": (tiff(WHOLE), AS_STORED, WHOLE),
    "tiff, white is zero": (tiff(RAMP, photometric="miniswhite"), CHOSEN, 4095 - RAMP),
    "tiff, signed": (tiff(RAMP.astype(np.int16) - 100), ReadOptions(window=(-50, 2000)), RAMP),
    "tiff, turned": (tiff(WHOLE, extratags=[TURNED]), AS_STORED, np.rot90(WHOLE)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_deep_pictures_keep_their_levels_and_look_as_a_network_sees_them(name):
    data, reading, levels = PICTURES[name]
    found = screen_film(data, reading)

    np.testing.assert_array_equal(found.levels.values, levels)
    np.testing.assert_allclose(
        windowed(found.levels), decoding.decode(data, reading).pixels, atol=1
    )


def test_a_deep_picture_in_colours_is_shown_in_8_bits(film):
    deep = coloured(film).astype(np.uint16) * 257
    found = screen_film(cv2.imencode(".png", deep)[1].tobytes(), AS_STORED)

    assert found.levels.values.dtype == np.uint8


def test_colours_stay_colours(film):
    found = screen_film(encode(coloured(film), "PNG"), AS_STORED)

    assert found.levels.values.shape == (*film.shape, 3)


def test_a_corrected_film_is_shown_as_it_is_judged():
    data = dicom(RAMP, **DEEP, PixelSpacing=[0.2, 0.2])
    found = screen_film(data, ReadOptions(remedy="invert"))

    np.testing.assert_array_equal(found.levels.values, 255 - decoding.decode(data).pixels)


def test_a_large_film_is_made_smaller_and_says_so():
    large = np.zeros((SIDE + 200, SIDE // 2), np.uint16)
    large[::2] = 4000
    found = screen_film(dicom(large, **DEEP), AS_STORED)

    assert found.shape == (SIDE + 200, SIDE // 2)
    assert found.levels.values.shape[0] == SIDE
    assert found.levels.values.dtype == np.uint16
    full = screen_film(dicom(large, **DEEP), AS_STORED, side=None)
    np.testing.assert_array_equal(full.levels.values, large)


@pytest.mark.parametrize(
    ("header", "note"),
    [({"ImagerPixelSpacing": [0.2, 0.2]}, "at the detector"),
     ({"PixelSpacing": [0.2, 0.2]}, "at the detector"),
     ({"PixelSpacing": [0.2, 0.2], "ImagerPixelSpacing": [0.25, 0.25]},
      "as calibrated in the file"),
     ({"PixelSpacing": [0.2, 0.2], "PixelSpacingCalibrationType": "FIDUCIAL"},
      "by an object of known size"),
     ({"PixelSpacing": [0.2, 0.2], "Modality": "CT"}, "")],
)  # fmt: skip
def test_distances_say_where_they_are(header, note):
    spacing = screen_film(dicom(RAMP, **DEEP, **header), AS_STORED).levels.spacing

    assert spacing == (0.2, 0.2, note)


@pytest.mark.parametrize("sides", [[0, 0], [-1, -1], "", [0.2]])
def test_a_spacing_that_cannot_be_is_none(sides):
    assert (
        screen_film(dicom(RAMP, **DEEP, ImagerPixelSpacing=sides), AS_STORED).levels.spacing is None
    )
