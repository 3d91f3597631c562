import warnings

import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from app.core.errors import RefusedImageError
from app.core.images import decoding
from app.core.images.coded_image import coded_image
from app.core.images.suitability import check_suitable
from tests.app.core.images.dicom_films import (
    CANARY,
    JPEG_2000,
    JPEG_BASELINE,
    RADIOGRAPHS,
    jpeg_2000,
    refusal,
)
from tests.pictures import coloured, dicom, encode, huge_jpeg

JPEG_LS = "1.2.840.10008.1.2.4.80"


def test_several_frames(film):
    data = dicom(film, PixelData=film.tobytes() * 3, NumberOfFrames=3)
    error = refusal(data)
    assert (error.code, error.status) == ("several_images", "refused")
    assert "3 images" in str(error)


def test_no_pixels(film):
    assert refusal(dicom(film, PixelData=None)).status == "unreadable"


def test_no_image(film):
    report = dicom(film, Rows=None, Columns=None, PixelData=None, Modality="SR")
    error = refusal(report)
    assert (error.code, error.status) == ("no_image", "refused")


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95])
def test_cut_off(film, share):
    for data in (
        dicom(film),
        dicom(film, frames=[encode(film, "JPEG")], TransferSyntaxUID=JPEG_BASELINE),
        dicom(
            film,
            frames=[jpeg_2000(film)],
            TransferSyntaxUID=JPEG_2000,
        ),
    ):
        head = data.index(b"\xe0\x7f\x10\x00")
        assert refusal(data[: head + 12 + int(share * (len(data) - head - 12))]).code == "damaged"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("syntax", [JPEG_BASELINE, JPEG_2000])
def test_cut_frame_in_a_whole_file(film, syntax, share):
    frame = encode(film, "JPEG") if syntax == JPEG_BASELINE else jpeg_2000(film)
    frame = frame[: int(share * len(frame))]
    assert refusal(dicom(film, frames=[frame], TransferSyntaxUID=syntax)).status == "unreadable"


def test_fewer_pixels_than_stated(film):
    assert refusal(dicom(film, Rows=200)).code == "damaged"


@pytest.mark.parametrize("elements", [
    {"Rows": 30_000, "Columns": 30_000}, {"Rows": 1, "Columns": 1},
    {"NumberOfFrames": 2}, {"BitsAllocated": 7}, {"PhotometricInterpretation": None},
    {"PixelRepresentation": None}, {"BitsStored": 9}, {"HighBit": 8}, {"HighBit": 3},
])  # fmt: skip
def test_header_that_does_not_fit_gives_a_reason(film, elements):
    assert str(refusal(dicom(film, **elements)))


@pytest.mark.parametrize(
    "keyword",
    ["Rows", "Columns", "BitsStored", "PixelRepresentation", "PhotometricInterpretation"],
)  # fmt: skip
def test_element_without_a_default_is_named(film, keyword):
    error = refusal(dicom(film, **{keyword: None}))
    assert (error.code, error.status) == ("missing_element", "unreadable")
    assert keyword in str(error)


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        # One sample where colours are stated, and the reverse: neither is to be guessed.
        ({"PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}, "RGB has 3"),
        ({"SamplesPerPixel": 3, "PlanarConfiguration": 0}, "MONOCHROME2 has 1"),
        ({"FloatPixelData": b"1234"}, "PixelData and FloatPixelData"),
        ({"RecommendedViewingMode": "SUB"}, "mask"),
    ],
)
def test_grey_that_contradicts_itself(film, elements, words):
    error = refusal(dicom(film, **elements))
    assert error.code == "invalid_header"
    assert words in str(error)


@pytest.mark.parametrize(
    ("dtype", "coding", "words"),
    [(np.int8, "RGB", "negative"), (np.uint16, "YBR_FULL", "16 bits")],
)
def test_colours_that_are_not_shown(film, dtype, coding, words):
    error = refusal(dicom(coloured(film).astype(dtype), PhotometricInterpretation=coding))
    assert error.code == "invalid_header"
    assert words in str(error)


@pytest.mark.parametrize(
    ("encoder", "syntax"), [(imagecodecs.jpegls_encode, JPEG_LS), (jpeg_2000, JPEG_2000)]
)
def test_a_compressed_frame_of_other_channels_than_the_header_states(film, encoder, syntax):
    frames = [bytes(encoder(coloured(film)))]
    error = refusal(dicom(film, frames=frames, TransferSyntaxUID=syntax))
    assert error.code == "invalid_header"
    assert "3 channels" in str(error)


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"PixelAspectRatio": [2, 1]}, "unsupported_layout"),
        ({"ImagerPixelSpacing": [0.1, 0.2]}, "unsupported_layout"),
        ({"ImagerPixelSpacing": [0.2, 0.18], "PixelAspectRatio": [2, 1]}, None),
        ({"PixelSpacing": [0, 1]}, None),
    ],
)
def test_pixels_that_are_not_square(film, elements, code):
    data = dicom(film, **elements)
    if code is None:
        assert decoding.decode(data).pixels.shape == film.shape
    else:
        assert refusal(data).code == code


def test_pixels_of_a_frame_that_are_not_square(film):
    measures = Dataset()
    measures.PixelMeasuresSequence = Sequence([Dataset()])
    measures.PixelMeasuresSequence[0].PixelSpacing = [3, 1]
    data = dicom(film, SharedFunctionalGroupsSequence=Sequence([measures]))
    assert refusal(data).code == "unsupported_layout"


def test_pixels_that_lie_on_a_server(film):
    error = refusal(dicom(film, PixelData=None, PixelDataProviderURL="https://example.org/1"))
    assert error.code == "no_image"


def test_size_that_a_compressed_frame_states(film):
    jpeg_ls = b"\xff\xd8\xff\xf7\x00\x0b\x08\x00\x5a\x00\x78\x01"
    for stream in (
        encode(film, "JPEG"),
        encode(film, "JPEG", progressive=True),
        jpeg_2000(film),
        encode(film, "JPEG2000", irreversible=False),
        jpeg_ls,
    ):
        image = coded_image(stream)
        assert (image.width, image.height, image.bits, image.channels) == (120, 90, 8, 1)
    assert coded_image(b"none of them") is None
    assert coded_image(b"") is None


def test_frame_that_states_more_than_its_header(film):
    huge = bytearray(jpeg_2000(film))
    huge[8:16] = (60_000).to_bytes(4, "big") * 2
    for frame, syntax in ((huge_jpeg(film), JPEG_BASELINE), (bytes(huge), JPEG_2000)):
        assert refusal(dicom(film, frames=[frame], TransferSyntaxUID=syntax)).code == "too_large"


@pytest.mark.parametrize(
    ("stated", "found"),
    [("DX", "DX"), ("cr ", "CR"), ("", None), (CANARY[:16], "unknown"), (["DX", "CR"], "unknown")],
)
def test_modality_is_a_code_or_unknown(film, stated, found):
    with warnings.catch_warnings(action="ignore"):
        data = dicom(film, Modality=stated)
    assert decoding.decode(data).modality == found


def test_other_modalities_are_refused(film):
    check_suitable(decoding.decode(dicom(film, Modality="CR")), RADIOGRAPHS)
    for modality in ("CT", "MR", "US", CANARY[:16]):
        with warnings.catch_warnings(action="ignore"):
            data = dicom(film, Modality=modality)
        with pytest.raises(RefusedImageError) as caught:
            check_suitable(decoding.decode(data), RADIOGRAPHS)
        assert caught.value.code == "wrong_modality"
        assert "CANARY" not in str(caught.value)
