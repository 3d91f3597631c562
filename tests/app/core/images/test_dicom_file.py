"""DICOM files whose beginning, compression or length is unusual."""

import logging
import zlib
from io import BytesIO

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from app.core.errors import RefusedImageError
from app.core.images import decoding, dicom_file
from app.core.images.reading import ReadOptions
from tests.app.core.images.dicom_films import (
    CANARY,
    JPEG_2000,
    JPEG_BASELINE,
    jpeg_2000,
    refusal,
    shown,
)
from tests.pictures import dicom, encode

DEFLATED = "1.2.840.10008.1.2.1.99"


def written(film, syntax, *, keeps):
    """A file from which parts of the beginning are left out."""
    dataset = pydicom.dcmread(BytesIO(dicom(film, TransferSyntaxUID=syntax)))
    meta = dataset.file_meta
    start = BytesIO()
    pydicom.filewriter.write_file_meta_info(start, meta)
    whole = BytesIO()
    dataset.save_as(whole, enforce_file_format=True)
    body = whole.getvalue()[132 + len(start.getvalue()) :]
    assert body.startswith(b"\x00\x08" if syntax == ExplicitVRBigEndian else b"\x08\x00")
    del meta.TransferSyntaxUID
    without_syntax = BytesIO()
    pydicom.filewriter.write_file_meta_info(without_syntax, meta, enforce_standard=False)
    return {
        "nothing": body,
        "meta": start.getvalue() + body,
        "magic and meta": b"DICM" + start.getvalue() + body,
        "no transfer syntax": bytes(128) + b"DICM" + without_syntax.getvalue() + body,
    }[keeps]


@pytest.mark.parametrize("keeps", ["nothing", "meta", "magic and meta", "no transfer syntax"])
@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_beginning_that_is_not_whole(film, syntax, keeps):
    deep = film.astype(np.uint16) * 16
    stored = deep.astype(">u2") if syntax == ExplicitVRBigEndian else deep
    data = written(stored, syntax, keeps=keeps)
    assert dicom_file.is_dicom(data)
    np.testing.assert_array_equal(shown(data), shown(dicom(deep)))


@pytest.mark.parametrize(
    "data",
    [b"", b"\x08\x00", b"\x08\x00\x05\x00", b"\x08\x00" * 200, b"BM" + bytes(300), bytes(400),
     b"\x02\x00\x00\x00" + bytes(300), "Text. ".encode("utf-16-le") * 50],
)  # fmt: skip
def test_what_does_not_begin_as_dicom(data):
    assert not dicom_file.is_dicom(data)


def test_compressed_pixels_without_a_transfer_syntax(film):
    dataset = pydicom.dcmread(
        BytesIO(dicom(film, frames=[encode(film, "JPEG")], TransferSyntaxUID=JPEG_BASELINE))
    )
    del dataset.file_meta.TransferSyntaxUID
    file = BytesIO()
    dataset.save_as(file, implicit_vr=False, little_endian=True)
    error = refusal(file.getvalue())
    assert error.code == "missing_element"
    assert "TransferSyntaxUID" in str(error)


@pytest.mark.parametrize(
    "syntax", [b"1.2.840.10008.1.2.4.102", b"1.2.840.10008.1.2.4.110", b"1.2.840.99999.1.2.4.102"]
)  # video, JPEG XL, a private one
def test_compression_that_is_not_supported(film, syntax):
    video = "1.2.840.10008.1.2.4.102"
    data = dicom(film, frames=[b"\0\1" * 99], TransferSyntaxUID=video)
    error = refusal(data.replace(video.encode(), syntax))
    assert (error.code, error.status) == ("unknown_compression", "unreadable")


# Deflated as a whole.


def deflated(film, **elements):
    return dicom(film, TransferSyntaxUID=DEFLATED, **elements)


def test_deflated_film(film):
    assert b"PatientName" not in deflated(film)
    np.testing.assert_array_equal(shown(deflated(film)), shown(dicom(film)))


def test_deflated_film_that_is_cut(film):
    data = deflated(film)
    for share in (0.3, 0.6, 0.99):
        assert refusal(data[: int(share * len(data))]).status == "unreadable"


def test_deflated_bomb_is_refused_before_it_grows(film, monkeypatch):
    monkeypatch.setattr(dicom_file, "MAX_INFLATED_BYTES", 10_000)
    error = refusal(deflated(film))
    assert (error.code, error.status) == ("file_too_large", "refused")
    monkeypatch.setattr(dicom_file, "MAX_INFLATED_BYTES", 30_000)
    assert shown(deflated(film)).shape == film.shape


def test_deflated_garbage(film):
    data = bytearray(deflated(film))
    data[-4000:] = b"\xff" * 4000
    assert refusal(bytes(data)).code == "damaged"


def test_deflater_of_the_test_is_raw(film):
    """As PS3.5 A.5 asks: without a header of zlib."""
    with pytest.raises(zlib.error):
        zlib.decompress(deflated(film)[-2000:])


# Frames.


def stack(film):
    return [film, 255 - film, film // 2]


@pytest.mark.parametrize("stated", [1, 3, None])
def test_frames_beyond_those_stated_are_offered(film, stated):
    pixels = b"".join(one.tobytes() for one in stack(film))
    data = dicom(film, PixelData=pixels, NumberOfFrames=stated or 1)
    error = refusal(data)
    assert (error.code, error.status) == ("several_images", "refused")
    assert "3 images" in str(error)
    for frame, expected in enumerate(stack(film), start=1):
        found = decoding.decode(data, ReadOptions(frame=frame))
        np.testing.assert_array_equal(found.pixels, shown(dicom(expected)))
        assert found.chosen.frame == frame
    with pytest.raises(RefusedImageError, match="holds 3"):
        decoding.decode(data, ReadOptions(frame=4))


@pytest.mark.parametrize("more", [1, 512, 10_798])
def test_less_than_a_frame_behind_the_pixels_is_filling(film, more):
    data = dicom(film, PixelData=film.tobytes() + bytes(more + more % 2))
    np.testing.assert_array_equal(shown(data), shown(dicom(film)))
    assert decoding.decode(data, ReadOptions(frame=7)).chosen.frame is None


@pytest.mark.parametrize("has_offsets", [True, False])
@pytest.mark.parametrize("stated", [1, 3])
def test_compressed_frames_are_counted(film, stated, has_offsets):
    frames = [encode(one, "JPEG", quality=95) for one in stack(film)]
    dataset = pydicom.dcmread(
        BytesIO(dicom(film, frames=frames, TransferSyntaxUID=JPEG_BASELINE, NumberOfFrames=stated))
    )
    dataset.PixelData = encapsulate(frames, has_bot=has_offsets)
    file = BytesIO()
    dataset.save_as(file)
    assert "3 images" in str(refusal(file.getvalue()))
    for frame, expected in enumerate(stack(film), start=1):
        found = decoding.decode(file.getvalue(), ReadOptions(frame=frame)).pixels
        np.testing.assert_allclose(found, shown(dicom(expected)), atol=8)


def test_one_frame_in_several_fragments(film):
    dataset = pydicom.dcmread(
        BytesIO(dicom(film, frames=[encode(film, "JPEG")], TransferSyntaxUID=JPEG_BASELINE))
    )
    whole = shown(dicom(film, frames=[encode(film, "JPEG")], TransferSyntaxUID=JPEG_BASELINE))
    dataset.PixelData = encapsulate([encode(film, "JPEG")], fragments_per_frame=4)
    file = BytesIO()
    dataset.save_as(file)
    np.testing.assert_array_equal(shown(file.getvalue()), whole)


def test_fewer_frames_than_stated(film):
    data = dicom(film, frames=[encode(film, "JPEG")], TransferSyntaxUID=JPEG_BASELINE,
                 NumberOfFrames=3)  # fmt: skip
    assert refusal(data).code == "damaged"
    assert refusal(dicom(film, NumberOfFrames=2)).code == "damaged"


# The decoder's own words.


def test_log_has_the_decoders_words_but_none_of_the_file(film, caplog):
    data = dicom(film, PatientName=CANARY, frames=[jpeg_2000(film)[:60] + bytes(200)],
                 TransferSyntaxUID=JPEG_2000, PatientComments="plugins")  # fmt: skip
    with caplog.at_level(logging.WARNING):
        error = refusal(data)
    assert error.code == "undecodable"
    (record,) = [one for one in caplog.records if one.name == "app.core.images.decoder_log"]
    assert decoding.image_id(data)[:8] in record.getMessage()
    assert "imagecodecs" in record.getMessage()
    assert "plugins" not in record.getMessage()
    assert "CANARY" not in caplog.text
