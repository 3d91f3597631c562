"""Elements of a DICOM header that change how the pixels look, each worked by hand."""

import numpy as np
import pytest
from pydicom.sequence import Sequence

from app.core.images import decoding
from app.core.images.reading import ReadOptions
from tests.app.core.images.dicom_films import OWN_RANGE, RAMP, TWELVE, item, refusal, shown
from tests.pictures import dicom

# The window.


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("LINEAR_EXACT", [0, 0, 128, 255, 255]),
        ("SIGMOID", [5, 30, 128, 225, 250]),  # 255 / (1 + exp(-4 d / w)), d/w = -1, -0.5, 0 …
    ],
)
def test_window_narrower_than_1(function, expected):
    stored = RAMP.copy()
    stored[0, :5] = 1500, 1750, 2000, 2250, 2500
    data = dicom(
        stored,
        **TWELVE,
        RescaleSlope="0.001",
        RescaleIntercept="0",
        WindowCenter="2.0",
        WindowWidth="0.5",
        VOILUTFunction=function,
    )
    np.testing.assert_allclose(shown(data)[0, :5], expected, atol=1)


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"WindowCenter": 5, "WindowWidth": 0.5}, "0.5 wide"),
        ({"WindowCenter": 5, "WindowWidth": 0}, "0 wide"),
        ({"WindowCenter": 5, "WindowWidth": -3, "VOILUTFunction": "SIGMOID"}, "-3 wide"),
        ({"WindowCenter": 5, "WindowWidth": 10, "VOILUTFunction": "GAMMA"}, "VOI LUT function"),
        ({"WindowCenter": 5}, "one is missing"),
        ({"WindowCenter": 5, "WindowWidth": ""}, "one is missing"),
    ],
)
def test_window_that_the_standard_does_not_allow(elements, words):
    data = dicom(RAMP, **TWELVE, **elements)
    error = refusal(data)
    assert (error.code, error.status) == ("range_unknown", "refused")
    assert words in str(error)
    assert "CANARY" not in str(error)
    found = decoding.decode(data, ReadOptions(window=(0, 4095)))
    np.testing.assert_array_equal(found.pixels, OWN_RANGE)
    assert found.chosen.window == (0, 4095)


@pytest.mark.parametrize("elements", [{}, {"WindowCenter": 2048, "WindowWidth": 4096}])
def test_readers_window_only_where_the_headers_is_not_valid(elements):
    data = dicom(RAMP, **TWELVE, **elements)
    found = decoding.decode(data, ReadOptions(window=(0, 9)))
    np.testing.assert_array_equal(found.pixels, shown(data))
    assert found.chosen == ReadOptions()


# The rescaling.


@pytest.mark.parametrize("slope", ["0", "0.0"])
def test_slope_of_zero(slope):
    error = refusal(dicom(RAMP, **TWELVE, RescaleSlope=slope, RescaleIntercept=5))
    assert error.code == "invalid_header"
    assert "slope is 0" in str(error)


def test_missing_half_of_the_rescaling_has_its_default():
    window = {"WindowCenter": 500, "WindowWidth": 1000, "VOILUTFunction": "LINEAR_EXACT"}
    shifted = shown(dicom(RAMP, **TWELVE, RescaleIntercept=-1000, **window))
    np.testing.assert_allclose(shifted, np.clip((RAMP - 1000.0) * 0.255, 0, 255), atol=0.51)
    doubled = shown(dicom(RAMP, **TWELVE, RescaleSlope=2, **window))
    np.testing.assert_allclose(doubled, np.clip(RAMP * 2 * 0.255, 0, 255), atol=0.51)


def test_negative_slope_inverts():
    found = shown(dicom(RAMP, **TWELVE, RescaleSlope=-1, RescaleIntercept=0))
    np.testing.assert_allclose(found, 255 - OWN_RANGE, atol=1)


# Functional groups of enhanced objects.


def groups(center):
    return item(
        FrameVOILUTSequence=Sequence(
            [item(WindowCenter=center, WindowWidth=1000, VOILUTFunction="LINEAR_EXACT")]
        ),
        PixelValueTransformationSequence=Sequence(
            [item(RescaleSlope=2, RescaleIntercept=-100, RescaleType="US")]
        ),
    )


def expected_of(center):
    return np.clip((RAMP * 2.0 - 100 - (center - 500)) * 0.255, 0, 255)


def test_window_and_rescaling_in_shared_groups():
    data = dicom(RAMP, **TWELVE, SharedFunctionalGroupsSequence=Sequence([groups(700)]))
    np.testing.assert_allclose(shown(data), expected_of(700), atol=0.51)


def test_groups_of_the_frame_come_first():
    data = dicom(
        RAMP,
        **TWELVE,
        PixelData=RAMP.tobytes() * 2,
        NumberOfFrames=2,
        WindowCenter=1,
        WindowWidth=2,
        SharedFunctionalGroupsSequence=Sequence([groups(9)]),
        PerFrameFunctionalGroupsSequence=Sequence([groups(700), groups(2000)]),
    )
    for frame, center in ((1, 700), (2, 2000)):
        found = decoding.decode(data, ReadOptions(frame=frame)).pixels
        np.testing.assert_allclose(found, expected_of(center), atol=0.51)


# Presentation.


@pytest.mark.parametrize(
    ("coding", "shape"), [("MONOCHROME1", "INVERSE"), ("MONOCHROME2", "IDENTITY")]
)
def test_shape_that_goes_with_the_coding(coding, shape):
    elements = {"PhotometricInterpretation": coding}
    np.testing.assert_array_equal(
        shown(dicom(RAMP, **TWELVE, PresentationLUTShape=shape, **elements)),
        shown(dicom(RAMP, **TWELVE, **elements)),
    )


@pytest.mark.parametrize(
    ("coding", "elements"),
    [
        ("MONOCHROME1", {"PresentationLUTShape": "IDENTITY"}),
        ("MONOCHROME2", {"PresentationLUTShape": "INVERSE"}),
        ("MONOCHROME2", {"PresentationLUTShape": "LIN OD"}),
        ("MONOCHROME2", {"PixelPresentation": "COLOR"}),
        ("MONOCHROME2", {"PresentationLUTSequence": Sequence([item(LUTExplanation="x")])}),
    ],
)
def test_presentation_that_is_refused(coding, elements):
    data = dicom(RAMP, **TWELVE, PhotometricInterpretation=coding, **elements)
    assert refusal(data).code == "invalid_header"


# Padding.


@pytest.mark.parametrize("coding", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("window", [{}, {"WindowCenter": 2048, "WindowWidth": 4000}])
def test_padding_is_black_and_out_of_the_range(coding, window):
    stored = RAMP.astype(np.int16)
    plain = shown(dicom(stored, PhotometricInterpretation=coding, **window))
    stored = np.vstack([stored, np.full((9, 64), -2010, np.int16)])
    padding = {"PixelPaddingValue": -2048, "PixelPaddingRangeLimit": -2000}
    found = shown(dicom(stored, PhotometricInterpretation=coding, **padding, **window))
    np.testing.assert_array_equal(found[:64], plain)
    assert not found[64:].any()
    swapped = {"PixelPaddingValue": -2000, "PixelPaddingRangeLimit": -2048}
    again = shown(dicom(stored, PhotometricInterpretation=coding, **swapped, **window))
    np.testing.assert_array_equal(again, found)


def test_padding_value_in_the_wrong_sign():
    stored = np.vstack([RAMP.astype(np.int16), np.full((9, 64), -2000, np.int16)])
    data = bytearray(dicom(stored, PixelPaddingValue=-2000))
    place = data.index(b"\x28\x00\x20\x01SS")
    data[place + 4 : place + 6] = b"US"
    found = shown(bytes(data))
    np.testing.assert_array_equal(found[:64], OWN_RANGE)
    assert not found[64:].any()


def test_all_padding():
    error = refusal(dicom(np.zeros((64, 64), np.uint16), PixelPaddingValue=0))
    assert error.code == "invalid_header"


# Bits.


@pytest.mark.parametrize("high_bit", [11, 13, 15])
@pytest.mark.parametrize("garbage", [0, 1])
def test_high_bit(high_bit, garbage):
    shift = high_bit - 11
    outside = 0xFFFF & ~(0x0FFF << shift)
    stored = (RAMP << shift) | (outside if garbage else 0)
    found = shown(dicom(stored.astype(np.uint16), BitsStored=12, HighBit=high_bit))
    np.testing.assert_array_equal(found, OWN_RANGE)


@pytest.mark.parametrize("high_bit", [11, 15])
def test_high_bit_of_signed_values(high_bit):
    signed = RAMP.astype(np.int16) - 2048
    stored = (signed.view(np.uint16) << (high_bit - 11)) & (0x0FFF << (high_bit - 11))
    data = dicom(
        stored.astype(np.uint16).view(np.int16),
        BitsStored=12,
        HighBit=high_bit,
        WindowCenter=0,
        WindowWidth=4096,
        VOILUTFunction="LINEAR_EXACT",
    )
    np.testing.assert_allclose(shown(data), RAMP * (255 / 4096), atol=0.51)


def test_one_bit():
    mask = (RAMP % 7 < 3).astype(np.uint8)
    data = dicom(
        mask,
        BitsAllocated=1,
        BitsStored=1,
        HighBit=0,
        PixelData=np.packbits(mask.ravel(), bitorder="little").tobytes(),
    )
    np.testing.assert_array_equal(shown(data), mask * 255)


@pytest.mark.parametrize(
    ("keyword", "dtype"), [("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")]
)
def test_float_pixels(keyword, dtype):
    values = RAMP.astype(dtype) / 1000 - 2
    values[0, :2] = np.nan, -999
    data = dicom(
        RAMP,
        PixelData=None,
        BitsStored=None,
        HighBit=None,
        PixelRepresentation=None,
        BitsAllocated=8 * values.itemsize,
        **{keyword: values.tobytes(), keyword.replace("Data", "PaddingValue"): -999.0},
    )
    found = shown(data)
    low, high = values[0, 2], values[-1, -1]
    np.testing.assert_allclose(
        found.ravel()[2:], ((values - low) / (high - low) * 255).ravel()[2:], atol=0.51
    )
    assert found[0, :2].tolist() == [0, 0]
