"""Lookup tables and palettes of DICOM files, each worked by hand."""

from io import BytesIO

import numpy as np
import pydicom
import pytest
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from tests.app.core.images.dicom_films import OWN_RANGE, RAMP, TWELVE, item, refusal, shown, table
from tests.pictures import dicom


def as_implicit(data):
    dataset = pydicom.dcmread(BytesIO(data))
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize("first", [-1024, 0, 300])
def test_first_value_of_a_voi_table_is_of_the_sign_that_can_occur(implicit, first):
    entries = np.arange(4096)
    data = dicom(
        RAMP,
        **TWELVE,
        RescaleSlope=1,
        RescaleIntercept=-1024,
        VOILUTSequence=table(entries, first=first & 0xFFFF, bits=12),
    )
    expected = np.clip(RAMP.astype(int) - 1024 - first, 0, 4095) * (255 / 4095)
    found = shown(as_implicit(data) if implicit else data)
    np.testing.assert_allclose(found, expected, atol=0.51)


def test_first_value_of_a_modality_table_of_signed_pixels():
    signed = RAMP.astype(np.int16) - 2048
    sequence = table(np.arange(4096), bits=12)
    sequence[0].add_new(0x00283002, "US", [4096, 63488, 12])  # -2048 in 16 bits
    np.testing.assert_array_equal(shown(dicom(signed, ModalityLUTSequence=sequence)), OWN_RANGE)


def test_sixteen_bit_table_of_65536_entries():
    stored = RAMP * 16
    sequence = Sequence([item(LUTDescriptor=[0, 0, 16])])  # 65,536 does not fit
    sequence[0].add_new(0x00283006, "OW", np.arange(65536)[::-1].astype("<u2").tobytes())
    data = dicom(stored, VOILUTSequence=sequence)
    np.testing.assert_allclose(shown(data), (65535 - stored.astype(float)) / 257, atol=0.51)


@pytest.mark.parametrize("number", [256, 255])
def test_eight_bit_entries_packed_in_pairs(number):
    entries = np.arange(number, dtype=np.uint8)[::-1]
    sequence = Sequence([item(LUTDescriptor=[number, 0, 8])])
    sequence[0].add_new(0x00283006, "OW", entries.tobytes() + b"\0" * (number % 2))
    film = (RAMP // 16).astype(np.uint8)
    found = shown(dicom(film, VOILUTSequence=sequence))
    np.testing.assert_array_equal(found, entries[np.minimum(film, number - 1)])


@pytest.mark.parametrize(
    ("entries", "descriptor"),
    [
        (np.arange(4096), [4096, 0, 8]),  # entries above their depth
        (np.arange(256), [256, 0, 16]),  # hardly any of it
        (np.arange(4096), [4000, 0, 12]),
        (np.arange(4096), [4096, 0, 20]),
        (np.arange(4096), [4096, 0, 0]),
    ],
)
def test_table_that_contradicts_its_descriptor(entries, descriptor):
    sequence = table(entries, bits=12)
    sequence[0].LUTDescriptor = descriptor
    assert refusal(dicom(RAMP, **TWELVE, VOILUTSequence=sequence)).code == "invalid_header"


def test_table_comes_before_a_window():
    data = dicom(
        RAMP,
        **TWELVE,
        WindowCenter=5,
        WindowWidth=1,
        VOILUTSequence=table(np.arange(4096), bits=12),
    )
    np.testing.assert_array_equal(shown(data), OWN_RANGE)


def big_endian(values, **elements):
    return dicom(
        values.astype(values.dtype.newbyteorder(">")),
        TransferSyntaxUID=ExplicitVRBigEndian,
        **elements,
    )


def test_big_endian_with_a_table_in_words():
    sequence = Sequence([item(LUTDescriptor=[4096, 0, 12])])
    sequence[0].add_new(0x00283006, "OW", np.arange(4096)[::-1].astype(">u2").tobytes())
    found = shown(big_endian(RAMP, **TWELVE, VOILUTSequence=sequence))
    np.testing.assert_allclose(found, 255 - OWN_RANGE, atol=1)


PALETTE = {"Red": np.arange(256), "Green": np.arange(256)[::-1], "Blue": np.full(256, 7)}


def palette(form, *, first=0, bits=16):
    found = {}
    for name, entries in PALETTE.items():
        words = entries.astype(np.uint16) * (257 if bits == 16 else 1)
        data = words.astype(form).tobytes() if form != "bytes" else entries.astype("u1").tobytes()
        found[f"{name}PaletteColorLookupTableDescriptor"] = [256, first, bits]
        found[f"{name}PaletteColorLookupTableData"] = data
    return {"PhotometricInterpretation": "PALETTE COLOR", **found}


@pytest.mark.parametrize(("form", "bits"), [("<u2", 16), ("<u2", 8), ("bytes", 8)])
def test_palettes(form, bits):
    film = (RAMP // 16).astype(np.uint8)
    expected = np.stack([entries[film] for entries in PALETTE.values()], axis=-1)
    np.testing.assert_array_equal(shown(dicom(film, **palette(form, bits=bits))), expected)


def test_palette_in_big_endian():
    film = (RAMP // 16).astype(np.uint16)
    expected = np.stack([entries[film] for entries in PALETTE.values()], axis=-1)
    np.testing.assert_array_equal(shown(big_endian(film, **palette(">u2"))), expected)


def test_palette_with_a_first_value():
    film = (RAMP // 16).astype(np.uint16) + 1000
    expected = np.stack([entries[film - 1000] for entries in PALETTE.values()], axis=-1)
    np.testing.assert_array_equal(shown(dicom(film, **palette("<u2", first=1000))), expected)


def test_palette_that_is_missing():
    data = dicom((RAMP // 16).astype(np.uint8), PhotometricInterpretation="PALETTE COLOR")
    assert refusal(data).code == "invalid_header"
