"""The reported cases: each is read as its reference shows, or refused for the reason given here."""

import numpy as np
import pytest
from PIL import Image

from app.core.errors import ImageError
from app.core.images import decoding
from app.core.images.reading import ReadOptions

SEVERAL = "several_images"
UNKNOWN = "range_unknown"
# None: read. The same kinds are rebuilt in the other tests here.
CASES = {
    "dicom-deflated/deflated.dcm": None,
    "dicom-high-bit-15/above.dcm": None,
    "dicom-high-bit-15/above_w.dcm": None,
    "dicom-high-bit-15/highbit15.dcm": None,
    "dicom-high-bit-15/highbit15_w.dcm": None,
    "dicom-more-pixels-than-stated/encapsulated_two.dcm": SEVERAL,
    "dicom-more-pixels-than-stated/encapsulated_two_says_1.dcm": SEVERAL,
    "dicom-more-pixels-than-stated/odd.dcm": None,
    "dicom-more-pixels-than-stated/one_frame_more.dcm": SEVERAL,
    "dicom-more-pixels-than-stated/three_pages.dcm": SEVERAL,
    "dicom-more-pixels-than-stated/trailing_512.dcm": None,
    "dicom-pixel-padding/mono1_nowindow.dcm": None,
    "dicom-pixel-padding/mono1_window.dcm": None,
    "dicom-pixel-padding/range.dcm": None,
    "dicom-several-frames/three.dcm": SEVERAL,
    "dicom-voi-lut-signs/ct_implicit.dcm": None,
    "dicom-voi-lut-signs/signed_ss.dcm": None,
    "dicom-voi-lut-signs/signed_us.dcm": None,
    "dicom-voi-lut-signs/unsigned_40000.dcm": None,
    "dicom-voi-lut-signs/unsigned_40000_implicit.dcm": None,
    "dicom-window-narrower-than-1/exact.dcm": None,
    "dicom-window-narrower-than-1/linear.dcm": UNKNOWN,
    "dicom-window-narrower-than-1/sigmoid.dcm": None,
    "dicom-without-preamble/bare_explicit.dcm": None,
    "dicom-without-preamble/bare_implicit.dcm": None,
    "dicom-without-preamble/control.dcm": None,
    "dicom-without-preamble/meta_no_preamble.dcm": None,
    "dicom-without-preamble/no_transfer_syntax.dcm": None,
    "grey-16-bit/narrow.png": UNKNOWN,
    "grey-16-bit/narrow.tif": UNKNOWN,
    "grey-16-bit/twelve.png": UNKNOWN,
    "grey-16-bit/twelve_hot_pixel_4096.png": UNKNOWN,
    "grey-16-bit/twelve_hot_pixel_65535.png": UNKNOWN,
    "jpeg-processes/extended_12.jpg": None,
    "jpeg-processes/jls.jls": None,
    "jpeg-processes/jp2.jp2": None,
    "jpeg-processes/lossless_16.jpg": None,
    "jpeg-processes/lossless_8.jpg": None,
    "jpeg-processes/progressive.jpg": None,
    "tiff-variants/float32_0_1.tif": UNKNOWN,
    "tiff-variants/float64.tif": UNKNOWN,
    "tiff-variants/grey16_alpha.tif": None,
    "tiff-variants/grey8_alpha.tif": None,
    "tiff-variants/int8.tif": None,
    "tiff-variants/jpeg_in_tiff.tif": None,
    "tiff-variants/lzw_pred.tif": None,
    "tiff-variants/packed12.tif": None,
    "tiff-variants/palette.tif": None,
    "tiff-variants/rgb16.tif": None,
    "tiff-variants/rgb_planar.tif": None,
    "tiff-variants/zstd.tif": None,
}
# The windows by which the references of these were made.
WINDOWS = {
    "dicom-window-narrower-than-1/linear.dcm": (0.2065323565, 0.7065323565),
    "grey-16-bit/narrow.png": (33069, 36491),
    "grey-16-bit/narrow.tif": (33069, 36491),
    "grey-16-bit/twelve.png": (0, 4095),
    "grey-16-bit/twelve_hot_pixel_4096.png": (0, 4095),
    "grey-16-bit/twelve_hot_pixel_65535.png": (0, 4095),
    "tiff-variants/float32_0_1.tif": (0, 1),
    "tiff-variants/float64.tif": (0, 1),
}
WITHOUT_REFERENCE = {"jls.jls": "lossless_8.png", "jp2.jp2": "lossless_8.png"}
HOT = 20  # more pixels than any of the files has hot ones


@pytest.fixture(scope="module")
def cases(real_data):
    folder = real_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip("There is no folder `cases` beside OVERREAD_TEST_DATA")
    return folder


def reference(cases, name):
    kind, file = name.split("/")
    folder = cases / kind / "ref"
    names = (file.replace(".", "_") + ".png", WITHOUT_REFERENCE.get(file), file[:-4] + ".png")
    path = next(folder / one for one in names if one and (folder / one).exists())
    return np.asarray(Image.open(path)).astype(int)


def require_same(found, expected):
    apart = np.abs(found - expected)
    # A lossy file differs by its compression: little on average, and nowhere much.
    assert apart.mean() < 1, apart.mean()
    assert np.count_nonzero(apart > 8) < HOT


def test_table_is_complete(cases):
    assert {f"{path.parts[-3]}/{path.name}" for path in cases.glob("*/in/*")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_case(cases, name):
    kind, file = name.split("/")
    data = (cases / kind / "in" / file).read_bytes()
    if CASES[name] is None:
        require_same(decoding.decode(data).pixels, reference(cases, name))
        return
    with pytest.raises(ImageError) as caught:
        decoding.decode(data)
    assert caught.value.code == CASES[name]


@pytest.mark.parametrize("name", WINDOWS)
def test_case_with_a_window(cases, name):
    kind, file = name.split("/")
    data = (cases / kind / "in" / file).read_bytes()
    found = decoding.decode(data, ReadOptions(window=WINDOWS[name])).pixels
    require_same(found, reference(cases, name))
