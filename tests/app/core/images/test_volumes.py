"""NIfTI volumes and NumPy arrays: left and right, range, damage, and what is refused."""

import gzip
import struct
from io import BytesIO

import nibabel
import numpy as np
import pytest

from app.core.errors import ImageError
from app.core.images.decoding import decode
from app.core.images.reading import ReadOptions
from tests.pictures import npy_file

# Along the axes of RAS+: to the right, to the front, upwards.
COLUMNS, ROWS, SLICES = 40, 50, 3


def patient():
    """A patient as uint8 `(right, front, up)`, with a mark at the right front of the top slice."""
    generator = np.random.default_rng(3)
    volume = generator.integers(0, 200, (COLUMNS, ROWS, SLICES)).astype(np.uint8)
    volume[-8:, -6:, -1] = 255
    return volume


def nifti(volume, affine=None, *, compressed=False, kind=nibabel.Nifti1Image, **header):
    """A volume as a file, by nibabel; `affine` from voxels to RAS+, the identity by default."""
    image = kind(volume, np.eye(4) if affine is None else affine)
    image.set_sform(image.affine, code=1)
    for name, value in header.items():
        image.header[name] = value
    data = image.to_bytes()
    return gzip.compress(data) if compressed else data


def code(data, reading=ReadOptions(frame=1)):  # noqa: B008 (it is frozen)
    with pytest.raises(ImageError) as caught:
        decode(data, reading)
    return caught.value.code


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_the_patient_s_right_is_left_and_the_front_is_up(kind, compressed):
    data = nifti(patient(), compressed=compressed, kind=kind)
    assert code(data, ReadOptions()) == "several_images"

    found = decode(data, ReadOptions(frame=3))

    assert found.pixels.shape == (ROWS, COLUMNS)
    assert (found.pixels[:6, :8] == 255).all()  # top left: the front, and the patient's right
    assert (found.pixels == 255).sum() == 48
    np.testing.assert_array_equal(found.pixels, patient()[::-1, ::-1, 2].T)
    assert (found.chosen.frame, found.num_images) == (3, 3)
    lowest = decode(data, ReadOptions(frame=1)).pixels
    np.testing.assert_array_equal(lowest, patient()[::-1, ::-1, 0].T)
    assert code(data, ReadOptions(frame=4)) == "no_such_frame"


@pytest.mark.parametrize("stored", ["LPS", "LAS", "PIR", "ASL", "SRA", "RSP", "RAS"])
def test_however_it_is_stored_it_is_shown_alike(stored):
    from nibabel.orientations import (
        apply_orientation,
        axcodes2ornt,
        inv_ornt_aff,
        ornt_transform,
    )

    there = ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(stored))
    volume = apply_orientation(patient(), there)
    affine = inv_ornt_aff(there, patient().shape)
    assert "".join(nibabel.aff2axcodes(affine)) == stored

    for number in (1, 2, 3):
        found = decode(nifti(volume, affine), ReadOptions(frame=number)).pixels
        np.testing.assert_array_equal(found, patient()[::-1, ::-1, number - 1].T)


def test_an_oblique_volume_is_shown_along_the_nearest_axes():
    turned = np.eye(4)
    turned[:2, :2] = [[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]]
    found = decode(nifti(patient(), turned), ReadOptions(frame=2)).pixels
    np.testing.assert_array_equal(found, patient()[::-1, ::-1, 1].T)


def test_the_qform_states_the_orientation_where_there_is_no_sform():
    image = nibabel.Nifti1Image(patient(), np.diag([-1.0, -1, 1, 1]))
    image.set_sform(None, code=0)
    image.set_qform(np.diag([-1.0, -1, 1, 1]), code=1)
    found = decode(image.to_bytes(), ReadOptions(frame=3)).pixels
    np.testing.assert_array_equal(found, patient()[:, :, 2].T)


def test_a_volume_without_orientation_is_refused():
    data = bytearray(nifti(patient()))
    struct.pack_into("<2h", data, 252, 0, 0)  # qform_code and sform_code
    assert code(bytes(data)) == "orientation_unknown"


def test_slope_and_intercept_are_applied_before_the_window():
    stored = patient().astype(np.int16)
    data = nifti(stored, scl_slope=2.0, scl_inter=-1000.0)  # from -1000 to -490
    assert code(data) == "range_unknown"
    found = decode(data, ReadOptions(frame=3, window=(-1000.0, -490.0)))
    np.testing.assert_array_equal(found.pixels, patient()[::-1, ::-1, 2].T)
    assert found.chosen == ReadOptions(3, (-1000.0, -490.0))
    other = decode(data, ReadOptions(frame=3, window=(-1000.0, 20.0))).pixels
    np.testing.assert_allclose(other, patient()[::-1, ::-1, 2].T / 2, atol=0.51)


def test_the_range_that_a_volume_states_is_used():
    stored = patient().astype(np.int16)
    data = nifti(stored, scl_slope=2.0, scl_inter=-1000.0, cal_min=-1000.0, cal_max=-490.0)
    found = decode(data, ReadOptions(frame=3, window=(0.0, 1.0)))
    np.testing.assert_array_equal(found.pixels, patient()[::-1, ::-1, 2].T)
    assert found.chosen == ReadOptions(3)


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_a_range_that_is_not_stated_is_asked(dtype):
    assert code(nifti(patient().astype(dtype))) == "range_unknown"
    found = decode(nifti(patient().astype(dtype)), ReadOptions(3, (0.0, 255.0)))
    np.testing.assert_array_equal(found.pixels, patient()[::-1, ::-1, 2].T)


def test_a_big_endian_volume():
    image = nibabel.Nifti1Image(
        patient().astype(">i2"), np.eye(4), nibabel.Nifti1Header(endianness=">")
    )
    data = image.to_bytes()
    assert data[:4] == b"\0\0\1\x5c"
    found = decode(data, ReadOptions(3, (0.0, 255.0))).pixels
    np.testing.assert_array_equal(found, patient()[::-1, ::-1, 2].T)


def test_a_volume_of_one_slice_is_an_image():
    for volume in (patient()[:, :, 1], patient()[:, :, 1:2], patient()[:, :, 1:2, np.newaxis]):
        found = decode(nifti(volume))
        np.testing.assert_array_equal(found.pixels, patient()[::-1, ::-1, 1].T)
        assert found.chosen == ReadOptions()


@pytest.mark.parametrize(
    ("volume", "spacing", "reason"),
    [
        (np.zeros((40, 40, 2, 5), np.uint8), (1, 1, 1), "4 axes"),
        (np.zeros((40, 40, 2), np.complex64), (1, 1, 1), "neither integers"),
        (np.zeros((40, 40, 2), [("R", "u1"), ("G", "u1"), ("B", "u1")]), (1, 1, 1), "neither"),
        (np.zeros((40, 40, 2), np.uint8), (4, 0.5, 0.5), "4 × 0.5 mm"),
    ],
)  # fmt: skip
def test_what_is_of_another_layout_is_refused(volume, spacing, reason):
    with pytest.raises(ImageError, match=reason) as caught:
        decode(nifti(volume, np.diag([*spacing, 1.0])), ReadOptions(frame=1))
    assert caught.value.code == "unsupported_layout"


def test_damage_is_found():
    data, packed = nifti(patient()), nifti(patient(), compressed=True)
    torn = bytearray(packed)
    torn[-6] ^= 1  # of the checksum
    for one in (data[:-1], packed[:-9], bytes(torn), gzip.compress(data[:-1])):
        assert code(one) == "damaged"
    bomb = bytearray(data)
    struct.pack_into("<4h", bomb, 40, 3, 9000, 9000, 900)
    assert code(gzip.compress(bytes(bomb))) == "too_large"
    struct.pack_into("<4h", bomb, 40, 3, 40, 50, -1)
    assert code(bytes(bomb)) in ("damaged", "undecodable")


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_zeros_behind_the_voxels_are_filling(pack):
    data = nifti(patient())
    frame = ReadOptions(frame=2)
    np.testing.assert_array_equal(
        decode(pack(data + bytes(512)), frame).pixels, decode(data, frame).pixels
    )


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("more", [b"\1", bytes(99) + b"\1", bytes(100_000)])
def test_a_volume_that_goes_on_contradicts_its_header(pack, more):
    data = nifti(patient())
    assert code(pack(data + more)) == "invalid_header"


def test_several_arrays_in_a_file_are_not_one_of_them():
    array = npy_file(patient()[:, :, 1])
    assert code(array + array) == "invalid_header"
    assert code(array[:-1]) == "damaged"


def test_an_array_of_rows_and_columns():
    image = patient()[:, :, 1]
    for array in (image, np.asfortranarray(image), image.astype(">u2") * np.uint16(257)):
        np.testing.assert_array_equal(decode(npy_file(array)).pixels, image)
    deep = npy_file(image.astype(np.int16) * 4)
    assert code(deep) == "range_unknown"
    found = decode(deep, ReadOptions(window=(0.0, 1020.0)))
    np.testing.assert_array_equal(found.pixels, image)
    assert found.chosen.window == (0.0, 1020.0)


def test_arrays_that_are_no_image_are_refused():
    assert code(npy_file(np.zeros((64, 64, 3), np.uint8))) == "volume"
    assert code(npy_file(np.zeros(5000, np.uint8))) == "volume"
    assert code(npy_file(np.zeros((64, 64), np.complex64))) == "unsupported_layout"
    assert code(npy_file(np.zeros((8, 64), np.uint8))) == "too_small"
    data = npy_file(patient()[:, :, 0])
    assert code(data[:-1]) == "damaged"
    file = BytesIO()
    np.save(file, np.full((64, 64), None), allow_pickle=True)
    assert code(file.getvalue()) == "unsupported_layout"
