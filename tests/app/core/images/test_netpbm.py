"""PBM, PGM and PPM: depth by the header, never by the largest pixel; damage that sizes show."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from app.core.errors import ImageError
from app.core.images import netpbm
from app.core.images.decoding import decode
from app.core.images.file_kinds import kind_of
from app.core.images.reading import ReadOptions
from tests.pictures import coloured, plain_netpbm, raw_netpbm


def code(data, reading=ReadOptions()):  # noqa: B008 (it is frozen)
    with pytest.raises(ImageError) as caught:
        decode(data, reading)
    return caught.value.code


@pytest.mark.parametrize("write", [raw_netpbm, plain_netpbm])
def test_pixels_of_8_bits_are_those_of_the_file_and_of_another_reader(film, write):
    for pixels in (film, coloured(film)):
        data = write(pixels, 255)
        np.testing.assert_array_equal(decode(data).pixels, pixels)
        np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(data))), pixels)


@pytest.mark.parametrize("write", [raw_netpbm, plain_netpbm])
@pytest.mark.parametrize("largest", [15, 100, 1023, 4095, 65_534])
def test_the_header_states_the_depth(film, write, largest):
    stored = np.rint(film * (largest / 255)).astype(np.uint16)
    found = decode(write(stored, largest), ReadOptions(window=(0, 1)))
    np.testing.assert_allclose(found.pixels, stored * (255 / largest), atol=0.501)
    assert found.chosen == ReadOptions()
    colours = np.rint(coloured(film) * (largest / 255)).astype(np.uint16)
    found = decode(write(colours, largest))
    np.testing.assert_allclose(found.pixels, colours * (255 / largest), atol=0.501)


@pytest.mark.parametrize("write", [raw_netpbm, plain_netpbm])
def test_16_bits_are_a_container_as_in_other_formats(film, write):
    twelve = film.astype(np.uint16) * 16
    assert code(write(twelve, 65_535)) == "range_unknown"
    chosen = ReadOptions(window=(0.0, 4080.0))
    found = decode(write(twelve, 65_535), chosen)
    np.testing.assert_array_equal(found.pixels, film)
    assert found.chosen == chosen
    np.testing.assert_array_equal(decode(write(film.astype(np.uint16) * 257, 65_535)).pixels, film)


@pytest.mark.parametrize("largest", [100, 2000])
def test_a_value_above_the_largest_that_is_stated_is_not_cut(film, largest):
    stored = film.astype(np.uint16) * (16 if largest > 255 else 1)
    assert stored.max() > largest
    assert code(raw_netpbm(stored, largest)) == "range_unknown"


def test_bitmaps(film):
    bits = (film[:, :90] < 128).astype(np.uint8)  # 90 columns do not fill the last byte
    expected = (1 - bits) * 255
    plain = b"P1 90 90\n" + b"\n".join(bytes(row + ord("0")) for row in bits)
    raw = b"P4\n90 90\n" + np.packbits(bits, axis=1).tobytes()
    for data in (plain, plain.replace(b"0", b"0 "), raw):
        np.testing.assert_array_equal(decode(data).pixels, expected)
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(raw)).convert("L")), expected)


def test_comments_and_any_white_space(film):
    head = b"P5#a film\r\n# 99 99\n120\t# columns\n 90\r255\n"
    np.testing.assert_array_equal(decode(head + film.tobytes()).pixels, film)
    plain = plain_netpbm(film, 255).replace(b"\n", b" # end\n\n")
    np.testing.assert_array_equal(decode(plain).pixels, film)


def test_images_that_follow_each_other(film):
    data = raw_netpbm(film, 255) + raw_netpbm(coloured(film), 255)
    assert code(data) == "several_images"
    found = decode(data, ReadOptions(frame=2))
    np.testing.assert_array_equal(found.pixels, coloured(film))
    assert (found.chosen.frame, found.num_images) == (2, 2)
    assert code(data, ReadOptions(frame=3)) == "no_such_frame"


@pytest.mark.parametrize("tail", [b"\n", b"\0\0", b"\r\n "])
def test_an_end_of_line_after_the_pixels_is_nothing(film, tail):
    np.testing.assert_array_equal(decode(raw_netpbm(film, 255) + tail).pixels, film)


def test_damage_is_found(film):
    raw, plain = raw_netpbm(film, 255), plain_netpbm(film, 255)
    for data in (
        raw[:-1], raw + b"more", raw.replace(b"120 90", b"120 80", 1), plain + b" 7",
        plain.rstrip()[:-4], plain.replace(b" 1", b" -1", 1), plain.replace(b" 1", b" x", 1),
        plain.replace(b" 1", b" 99999999999999999999 1", 1),
        raw.replace(b"\n255", b"\n0", 1), raw.replace(b"\n255", b"\n65536", 1),
    ):  # fmt: skip
        assert code(data) == "damaged"


def test_what_is_too_large_is_not_decoded(film, monkeypatch):
    assert code(b"P5 30000 30000 255\n") == "too_large"
    assert code(b"P5 31 900 255\n" + bytes(31 * 900)) == "too_small"
    monkeypatch.setattr(netpbm, "_MAX_PLAIN_BYTES", 100)
    assert code(plain_netpbm(film, 255)) == "too_large"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"P1 ", None), (b"P2 notes of the 3rd of May", None), (b"P5", None), (b"P3\n1 2\n", None),
        (b"P6 is a phase of 12 trials of 30 patients", None), (b"P8 64 64 255\n", None),
        (b"P2\n# by a scanner\n64 64\n255\n0 1", "Netpbm image"), (b"P4 64 64\n\0", "Netpbm image"),
        (b"P7\nWIDTH 64\n", "Netpbm image of another kind (PAM or PFM)"),
        (b"Pf\n64 64\n-1.0\n", "Netpbm image of another kind (PAM or PFM)"),
        (b"P7 is 5", None), (b"PF 3 of 4 ", None),
    ],
)  # fmt: skip
def test_only_a_whole_header_makes_a_netpbm_file(head, name):
    found = kind_of(head)
    assert (found and found.name) == name


def test_an_icon_is_named(film):
    file = BytesIO()
    Image.fromarray(film).save(file, "ICO")
    assert kind_of(file.getvalue()[:512]).name == "Windows icon (ICO)"
    assert kind_of(bytes(4) + b"\1\0" * 200) is None
