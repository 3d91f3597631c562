from collections import Counter
from io import BytesIO

import cv2
import numpy as np
import pydicom
import pytest
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut

from app.core.errors import RefusedImageError
from app.core.images import decoding
from app.core.images.suitability import check_suitable
from tests.app.core.images.dicom_films import (
    JPEG_2000,
    JPEG_BASELINE,
    RADIOGRAPHS,
    jpeg_2000,
    refusal,
    shown,
    table,
)
from tests.pictures import coloured, dicom, encode

# Grey values.


def test_own_range_without_a_window(film):
    stored = film.astype(np.uint16) * 10 + 300
    low, high = int(film.min()), int(film.max())
    expected = np.rint((film.astype(float) - low) * 255 / (high - low))
    np.testing.assert_array_equal(shown(dicom(stored, BitsStored=12, HighBit=11)), expected)


def test_padding_does_not_darken_the_film(film):
    stored = film.astype(np.int16) * 4
    whole = shown(dicom(stored))
    stored[:, :20] = -2000
    padded = shown(dicom(stored, PixelPaddingValue=-2000))
    assert not padded[:, :20].any()
    low, high = int(film[:, 20:].min()), int(film[:, 20:].max())
    expected = np.rint((film[:, 20:].astype(float) - low) * 255 / (high - low))
    np.testing.assert_array_equal(padded[:, 20:], expected)
    assert whole.max() == 255


def test_window_worked_by_hand():
    stored = np.zeros((32, 32), np.uint16)
    stored[0, :7] = 99, 100, 101, 150, 200, 201, 4000
    found = shown(dicom(stored, BitsStored=12, HighBit=11, WindowCenter=150.5, WindowWidth=101))
    # C.11.2.1.2: ((x - (150.5 - 0.5)) / (101 - 1) + 0.5) * 255, so 100 is black and 200 white.
    assert found[0, :7].tolist() == [0, 0, 3, 128, 255, 255, 255]
    exact = dicom(stored, BitsStored=12, HighBit=11, WindowCenter=150, WindowWidth=100,
                  VOILUTFunction="LINEAR_EXACT")  # fmt: skip
    assert shown(exact)[0, :7].tolist() == [0, 0, 3, 128, 255, 255, 255]


def test_sigmoid_window_worked_by_hand():
    stored = np.zeros((32, 32), np.uint16)
    stored[0, :3] = 100, 200, 4000
    data = dicom(stored, WindowCenter=200, WindowWidth=100, VOILUTFunction="SIGMOID")
    # 255 / (1 + exp(-4 (100 - 200) / 100)) = 255 / (1 + e^4) = 4.6
    assert shown(data)[0, :3].tolist() == [5, 128, 255]


VIEWS = {
    "rescaled": {"RescaleSlope": 2.5, "RescaleIntercept": -1000, "WindowCenter": 40,
                 "WindowWidth": 400},
    "first of two": {"RescaleSlope": 1, "RescaleIntercept": -1024, "WindowCenter": [40, 300],
                     "WindowWidth": [100, 2000]},
    "window": {"WindowCenter": 600, "WindowWidth": 900},
    "sigmoid": {"WindowCenter": 600, "WindowWidth": 900, "VOILUTFunction": "SIGMOID"},
}  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_windows_are_those_of_pydicom(film, view):
    elements = VIEWS[view]
    stored = film.astype(np.uint16) * 16
    data = dicom(stored, BitsStored=12, HighBit=11, **elements)
    dataset = pydicom.dcmread(BytesIO(data))
    values = apply_voi_lut(apply_modality_lut(stored, dataset), dataset)
    slope, intercept = elements.get("RescaleSlope", 1), elements.get("RescaleIntercept", 0)
    expected = (values - intercept) * 255 / (4095 * slope)
    np.testing.assert_allclose(shown(data), expected, atol=0.51)


@pytest.mark.parametrize("form", ["US", "OW"])
@pytest.mark.parametrize("bits", [8, 12])
def test_table_is_looked_up_and_its_ends_hold_beyond_it(film, form, bits):
    stored = film.astype(np.uint16) * 16  # 272 to 3800 or so
    entries = np.linspace(0, 2**bits - 1, 2000).astype(int)[::-1]
    data = dicom(
        stored,
        BitsStored=12,
        HighBit=11,
        VOILUTSequence=table(entries, first=1000, bits=bits, form=form),
    )
    expected = entries[np.clip(stored.astype(int) - 1000, 0, 1999)] * 255 / (2**bits - 1)
    np.testing.assert_allclose(shown(data), expected, atol=0.51)


def test_modality_table_comes_before_the_window(film):
    stored = film.astype(np.uint16) * 16
    entries = np.arange(4096) ** 2 // 4096
    data = dicom(
        stored,
        BitsStored=12,
        HighBit=11,
        ModalityLUTSequence=table(entries, bits=12),
        WindowCenter=1000,
        WindowWidth=1500,
        VOILUTFunction="LINEAR_EXACT",
    )
    expected = np.clip((entries[stored] - 250) / 1500, 0, 1) * 255
    np.testing.assert_allclose(shown(data), expected, atol=0.51)


@pytest.mark.parametrize("elements", [{}, {"WindowCenter": 120, "WindowWidth": 100}])
def test_monochrome1_is_inverted(film, elements):
    plain = shown(dicom(film, **elements))
    inverted = shown(dicom(film, PhotometricInterpretation="MONOCHROME1", **elements))
    np.testing.assert_allclose(inverted, 255 - plain.astype(int), atol=1)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32])
def test_every_depth_shows_the_same_film(film, dtype):
    expected = shown(dicom(film // 2))
    stored = (film // 2).astype(dtype)
    np.testing.assert_array_equal(shown(dicom(stored)), expected)
    if np.iinfo(dtype).bits > 16:
        np.testing.assert_array_equal(shown(dicom(stored * 100_000)), expected)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_uncompressed_transfer_syntaxes(film, syntax):
    found = shown(dicom(film, TransferSyntaxUID=syntax))
    np.testing.assert_array_equal(found, shown(dicom(film)))


def test_run_length_encoding(film):
    dataset = pydicom.dcmread(BytesIO(dicom(film)))
    dataset.compress(pydicom.uid.RLELossless)
    file = BytesIO()
    dataset.save_as(file)
    np.testing.assert_array_equal(shown(file.getvalue()), shown(dicom(film)))


def test_jpeg_2000(film):
    frame = jpeg_2000(film)
    data = dicom(film, frames=[frame], TransferSyntaxUID=JPEG_2000)
    np.testing.assert_array_equal(shown(data), shown(dicom(film)))


# Colour.


def test_colour_is_red_green_blue(film):
    np.testing.assert_array_equal(shown(dicom(coloured(film))), coloured(film))


def test_colour_in_planes(film):
    planes = np.ascontiguousarray(coloured(film).transpose(2, 0, 1)).tobytes()
    data = dicom(coloured(film), PlanarConfiguration=1, PixelData=planes)
    np.testing.assert_array_equal(shown(data), coloured(film))


def test_colour_that_is_grey_becomes_one_channel(film):
    np.testing.assert_array_equal(shown(dicom(np.repeat(film[..., None], 3, axis=-1))), film)


def test_luminance_and_chrominance_become_red_green_blue(film):
    # The full-range conversion of PS3.3 C.7.6.3.1.2, by another library.
    ycc = cv2.cvtColor(coloured(film), cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]]
    data = dicom(np.ascontiguousarray(ycc), PhotometricInterpretation="YBR_FULL")
    np.testing.assert_allclose(shown(data), coloured(film), atol=3)


def test_colour_jpeg(film):
    data = dicom(
        coloured(film),
        frames=[encode(coloured(film), "JPEG", quality=95, subsampling=0)],
        TransferSyntaxUID=JPEG_BASELINE,
        PhotometricInterpretation="YBR_FULL_422",
    )
    assert np.abs(shown(data).astype(int) - coloured(film)).mean() < 3


def test_deep_colour(film):
    deep = coloured(film).astype(np.uint16) * 16
    data = dicom(deep, BitsStored=12, HighBit=11)
    np.testing.assert_allclose(shown(data), coloured(film), atol=1)


def test_palette_is_looked_up(film):
    red, green, blue = (np.arange(256)[::step] * 257 for step in (1, -1, 1))
    palette = {
        f"{name}PaletteColorLookupTable{part}": value
        for name, entries in (("Red", red), ("Green", green), ("Blue", blue))
        for part, value in (
            ("Descriptor", [256, 0, 16]),
            ("Data", entries.astype("<u2").tobytes()),
        )
    }
    data = dicom(film, PhotometricInterpretation="PALETTE COLOR", **palette)
    np.testing.assert_array_equal(shown(data), np.stack([film, 255 - film, film], axis=-1))


# Real files.


def test_every_real_file_decodes_and_is_judged_by_its_modality(real_data):
    found = Counter()
    for path in sorted((real_data / "dicom").iterdir()):
        film = decoding.decode(path.read_bytes())
        assert film.pixels.shape[0] >= 512
        try:
            check_suitable(film, RADIOGRAPHS)
            found[film.modality, "passes"] += 1
        except RefusedImageError as error:
            found[film.modality, error.code] += 1
    assert found["CR", "passes"] >= 5
    assert found["CT", "wrong_modality"] >= 3
    assert found["MR", "wrong_modality"] >= 4
    assert set(found) == {
        ("CR", "passes"), ("CT", "wrong_modality"), ("MR", "wrong_modality"),
    }  # fmt: skip


def test_real_monochrome1_is_the_inverse_of_its_twin(real_data):
    plain, inverted = (
        decoding.decode((real_data / "dicom" / name).read_bytes()).pixels
        for name in (
            "1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819.dcm",
            "Fake_MONOHR1.dcm",
        )
    )
    np.testing.assert_array_equal(inverted, 255 - plain)


def test_real_chest_shows_dark_lungs_and_bright_spine(real_data):
    film = decoding.decode((real_data / "dicom" / "pydicomdata_RG1_J2KI.dcm").read_bytes())
    rows, columns = film.pixels.shape
    spine = film.pixels[rows // 3 : rows // 2, int(0.48 * columns) : int(0.54 * columns)].mean()
    lung = film.pixels[rows // 4 : rows // 3, int(0.25 * columns) : int(0.35 * columns)].mean()
    assert spine > lung + 30


def test_real_cut_files_are_unreadable(real_data):
    for path in sorted((real_data / "dicom").iterdir())[::3]:
        data = path.read_bytes()
        for share in (0.5, 0.95, 0.9999):
            assert refusal(data[: int(share * len(data))]).status == "unreadable"
