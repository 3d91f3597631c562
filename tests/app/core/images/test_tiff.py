"""TIFF files of every depth, layout and compression, written by another library than reads them."""

from io import BytesIO

import numpy as np
import pytest
import tifffile

from app.core.images import decoding
from app.core.images.reading import ReadOptions
from tests.app.core.images.decoding import decoded, refusal
from tests.pictures import coloured, encode


def tiff(values, **options):
    file = BytesIO()
    tifffile.imwrite(file, values, **options)
    return file.getvalue()


REPEATED = {
    "uint8": lambda film: film,
    "int8": lambda film: (film.astype(np.int16) - 128).astype(np.int8),
    "uint16": lambda film: film.astype(np.uint16) * 257,
    "int16": lambda film: (film.astype(np.int32) * 257 - 32768).astype(np.int16),
    "uint32": lambda film: film.astype(np.uint32) * 0x01010101,
    "int32": lambda film: (film.astype(np.int64) * 0x01010101 - 2**31).astype(np.int32),
}


@pytest.mark.parametrize("dtype", REPEATED)
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_every_depth_and_sign_gives_the_same_picture(film, dtype, byteorder):
    data = tiff(REPEATED[dtype](film), byteorder=byteorder)
    np.testing.assert_array_equal(decoded(data), film)


@pytest.mark.parametrize("dtype", [np.uint32, np.int32, np.int16, np.float16, np.float32])
def test_depth_that_is_not_stated_needs_a_window(film, dtype):
    values = film.astype(dtype) * 4
    error = refusal(tiff(values))
    assert (error.code, error.status) == ("range_unknown", "refused")
    found = decoding.decode(tiff(values), ReadOptions(window=(0, 1020)))
    np.testing.assert_allclose(found.pixels, film, atol=1)
    assert found.chosen.window == (0, 1020)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_that_fill_0_to_1(film, dtype):
    ramp = (film.astype(dtype) - film.min()) / np.ptp(film)
    noisy = np.clip(ramp + np.random.default_rng(0).normal(0, 0.004, ramp.shape), 0, 1)
    noisy = noisy.astype(dtype)
    np.testing.assert_array_equal(decoded(tiff(noisy)), np.rint(noisy * 255))
    assert refusal(tiff(noisy * dtype(0.9))).code == "range_unknown"


def test_undefined_floats_are_black(film):
    values = film.astype(np.float32)
    values[0, :3] = np.nan, np.inf, -np.inf
    found = decoding.decode(tiff(values), ReadOptions(window=(0, 255))).pixels
    assert found[0, :3].tolist() == [0, 255, 0]
    np.testing.assert_array_equal(found[1:], film[1:])


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_packed_bits_are_the_depth(film, bits):
    stored = np.rint(film * ((2**bits - 1) / 255)).astype(np.uint16)
    packed = np.unpackbits(stored.astype(">u2").view(np.uint8)).reshape(*film.shape, 16)
    rows = np.packbits(packed[..., 16 - bits :].reshape(len(film), -1), axis=-1)
    data = bytearray(tiff(np.zeros_like(film), metadata=None))
    with tifffile.TiffFile(BytesIO(data)) as file:
        tags = {code: file.pages[0].tags[code].valueoffset for code in (258, 273, 278, 279)}
    data[tags[258] : tags[258] + 2] = bits.to_bytes(2, "little")
    data[tags[273] : tags[273] + 4] = len(data).to_bytes(4, "little")
    data[tags[279] : tags[279] + 4] = rows.nbytes.to_bytes(4, "little")
    np.testing.assert_allclose(decoded(bytes(data) + rows.tobytes()), film, atol=1)


@pytest.mark.parametrize("compression", ["lzw", "deflate", "packbits", "zstd", "lzma"])
@pytest.mark.parametrize("factor", [1, 257])
def test_lossless_compressions(film, compression, factor):
    values = film.astype(np.uint8 if factor == 1 else np.uint16) * factor
    np.testing.assert_array_equal(decoded(tiff(values, compression=compression)), film)


def test_predictor_and_tiles(film):
    deep = film.astype(np.uint16) * 257
    found = decoded(tiff(deep, compression="lzw", predictor=True, tile=(32, 48)))
    np.testing.assert_array_equal(found, film)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("factor", [1, 257])
def test_colour(film, planar, factor):
    rgb = coloured(film)
    values = rgb if factor == 1 else rgb.astype(np.uint16) * factor
    if planar == "separate":
        values = np.moveaxis(values, -1, 0)
    data = tiff(values, photometric="rgb", planarconfig=planar)
    np.testing.assert_array_equal(decoded(data), rgb)


@pytest.mark.parametrize("factor", [1, 257])
@pytest.mark.parametrize("colours", [1, 3])
def test_transparency_lies_over_black(film, factor, colours):
    alpha = np.full_like(film, 255)
    alpha[:, :40], alpha[:, 40:80] = 0, 51  # nothing, and a fifth
    samples = [film] if colours == 1 else list(np.moveaxis(coloured(film), -1, 0))
    values = np.stack([*samples, alpha], axis=-1).astype(np.uint8 if factor == 1 else np.uint16)
    data = tiff(
        values * factor,
        photometric="minisblack" if colours == 1 else "rgb",
        extrasamples=["unassalpha"],
        planarconfig="contig",
    )
    found = decoded(data)
    expected = film if colours == 1 else coloured(film)
    assert not found[:, :40].any()
    np.testing.assert_allclose(found[:, 40:80], expected[:, 40:80] / 5, atol=1)
    np.testing.assert_array_equal(found[:, 80:], expected[:, 80:])


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "uint32"])
def test_zero_is_white(film, dtype):
    data = tiff(REPEATED[dtype](film), photometric="miniswhite")
    np.testing.assert_array_equal(decoded(data), 255 - film)


def test_orientation_of_a_deep_film(film):
    data = tiff(film.astype(np.uint16) * 257, extratags=[(274, 3, 1, 6, True)], metadata=None)
    np.testing.assert_array_equal(decoded(data), np.rot90(film, -1))


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (np.zeros((64, 64, 5), np.uint8), {"planarconfig": "contig"}),
        (np.zeros((64, 64, 2), np.uint16), {"planarconfig": "contig"}),
        (np.zeros((64, 64), np.complex64), {}),
    ],
)
def test_layouts_that_are_not_read(values, options):
    values.flat[::7] = 200
    error = refusal(tiff(values, photometric="minisblack", **options))
    assert (error.code, error.status) == ("unsupported_layout", "refused")


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
@pytest.mark.parametrize("compression", [None, "lzw", "zstd"])
def test_cut_deep_film_is_damaged(film, share, compression):
    data = tiff(film.astype(np.uint16) * 257, compression=compression, metadata=None)
    assert refusal(data[: int(share * len(data))]).status == "unreadable"


def stacks(film):
    three = np.stack([film, 255 - film, film // 2])
    deep = three.astype(np.uint16) * 257
    return {
        "pages": tiff(three, photometric="minisblack"),
        "deep pages": tiff(deep, photometric="minisblack"),
        "imagej": tiff(three, imagej=True),
        "deep imagej": tiff(deep, imagej=True),
        "one directory": tiff(three, photometric="minisblack", truncate=True),
        "deep in one directory": tiff(deep, photometric="minisblack", truncate=True),
        "one directory, big endian": tiff(
            deep, photometric="minisblack", truncate=True, byteorder=">"
        ),
    }


@pytest.mark.parametrize("kind", stacks(np.zeros((40, 40), np.uint8)))
def test_stack_is_offered(film, kind):
    data = stacks(film)[kind]
    error = refusal(data)
    assert (error.code, error.status) == ("several_images", "refused")
    assert "3 images" in str(error)
    for frame, expected in ((1, film), (2, 255 - film), (3, film // 2)):
        found = decoding.decode(data, ReadOptions(frame=frame))
        np.testing.assert_array_equal(found.pixels, expected)
        assert found.chosen.frame == frame
    with pytest.raises(decoding.RefusedImageError, match="holds 3") as caught:
        decoding.decode(data, ReadOptions(frame=4))
    assert caught.value.code == "no_such_frame"


def test_preview_is_no_second_image(film):
    file = BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(film[::4, ::4], subfiletype=1)
        writer.write(film)
    found = decoding.decode(file.getvalue(), ReadOptions(frame=9))
    np.testing.assert_array_equal(found.pixels, film)
    assert found.chosen.frame is None


def test_display_range_of_imagej_is_a_statement(film):
    deep = film.astype(np.uint16) * 4 + 1000
    data = tiff(deep, imagej=True, metadata={"min": 1000.0, "max": 2020.0})
    np.testing.assert_array_equal(decoded(data), film)


def test_same_pixels_as_pillow_writes(film):
    np.testing.assert_array_equal(decoded(encode(film, "TIFF")), film)


def test_the_display_range_of_imagej_applies_to_8_bits_too(film):
    data = tiff(film, imagej=True, metadata={"min": 50.0, "max": 101.0})
    np.testing.assert_array_equal(decoded(data), np.clip((film.astype(int) - 50) * 5, 0, 255))
    whole = tiff(film, imagej=True, metadata={"min": 0.0, "max": 255.0})
    np.testing.assert_array_equal(decoded(whole), film)


@pytest.mark.parametrize("factor", [1, 257], ids=["8 bits, as some write it", "16 bits"])
def test_a_palette(film, factor):
    colours = np.stack([np.arange(256), np.arange(256)[::-1], np.full(256, 30)])
    data = tiff(film, photometric="palette", colormap=(colours * factor).astype(np.uint16))
    np.testing.assert_array_equal(decoded(data), colours.T[film])


def test_a_palette_of_16_bits(film):
    colours = np.tile(np.arange(65_536, dtype=np.uint16), (3, 1))
    data = tiff(film.astype(np.uint16) * 257, photometric="palette", colormap=colours)
    np.testing.assert_array_equal(decoded(data), film)


def test_grey_that_is_multiplied_by_its_opacity(film):
    half = np.stack([film // 2, np.full_like(film, 128)], axis=-1)
    data = tiff(half, photometric="minisblack", extrasamples=["assocalpha"], planarconfig="contig")
    np.testing.assert_allclose(decoded(data), film // 2, atol=1)


def test_floats_of_24_bits_are_no_integers(film):
    """Sign, 7 bits of exponent, 16 of fraction; `frexp` gives fractions of 0.5 to 1."""
    ramp = np.linspace(0, 1, film.size).reshape(film.shape)
    fraction, exponent = np.frexp(ramp)
    bits = (exponent + 62).astype(np.int64) << 16 | ((fraction * 2 - 1) * 65_536).astype(np.int64)
    part = b"".join(int(one).to_bytes(3, "little") for one in np.where(ramp > 0, bits, 0).flat)
    data = tiff(ramp.astype(np.float32), metadata=None)
    with tifffile.TiffFile(BytesIO(data)) as file:
        start = file.pages[0].dataoffsets[0]
        places = {code: file.pages[0].tags[code].valueoffset for code in (258, 279)}
    changed = bytearray(data[:start] + part)
    changed[places[258] : places[258] + 2] = (24).to_bytes(2, "little")
    changed[places[279] : places[279] + 4] = len(part).to_bytes(4, "little")
    np.testing.assert_allclose(decoded(bytes(changed)), np.rint(ramp * 255), atol=1)


@pytest.mark.parametrize("factor", [1, 257], ids=["8 bits", "16 bits"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation(film, orientation, factor):
    values = film.astype(np.uint8 if factor == 1 else np.uint16) * factor
    turned = film if orientation < 5 else film.T
    turned = turned[::-1] if orientation in (3, 4, 7, 8) else turned
    turned = turned[:, ::-1] if orientation in (2, 3, 6, 7) else turned
    for compression in (None, "lzw"):
        data = tiff(
            values, compression=compression, extratags=[(274, 3, 1, orientation, True)],
            metadata=None,
        )  # fmt: skip
        np.testing.assert_array_equal(decoded(data), turned)
