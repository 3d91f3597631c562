import logging
import traceback
import warnings
from collections import Counter
from io import BytesIO

import numpy as np
import pydicom
import pytest

from app.core.errors import ImageError
from app.core.images import decoding
from tests.app.core.images.dicom_films import CANARY
from tests.pictures import dicom, encode


def named(film):
    """A file full of a patient's data, some of it against the standard."""
    with warnings.catch_warnings(action="ignore"):
        return dicom(
            film,
            PatientName=CANARY,
            PatientID="CANARY" * 20,
            PatientComments="CANARY " * 99,
            StudyDescription="CANARY",
            NumberOfFrames="1",
            BurnedInAnnotation="CANARY BURNED IN ANNOTATION",
        )


def reason_of(data):
    try:
        decoding.decode(data)
    except ImageError as error:
        return "".join(traceback.format_exception(error)[-1:]) + str(error)
    return ""


@pytest.mark.slow
def test_no_error_quotes_a_header(film, capfd, caplog, recwarn):
    caplog.set_level(logging.DEBUG)
    data = named(film)
    reasons = [reason_of(data)]
    assert reasons == [""]
    for old, new in (
        (b"DX", b"\xff\xfe"), (b"MONOCHROME2", b"CANARY_MODE"), (b"1.2.840.1000", b"CANARY.CANAR"),
        (b"US\x02\x00", b"DS\x02\x00"), (b"IS\x02\x001 ", b"IS\x02\x00CA"), (b"PN", b"SQ"),
        (b"LO", b"UI"), (b"LT", b"FL"), (b"CS", b"DA"), (b"PN", b"XX"), (b"OB", b"UN"),
    ):  # fmt: skip
        assert old in data
        reasons.append(reason_of(data.replace(old, new)))
    reasons += [reason_of(data[:length]) for length in range(130, len(data), 97)]
    generator = np.random.default_rng(3)
    head = data.index(b"\xe0\x7f\x10\x00")
    for _ in range(200):
        changed = bytearray(data)
        for position in generator.integers(132, head + 12, 3):
            changed[position] = generator.integers(0, 256)
        reasons.append(reason_of(bytes(changed)))
    assert "CANARY" not in " ".join(reasons)
    assert Counter(map(bool, reasons))[True] > 100
    assert "CANARY" not in "".join(capfd.readouterr())
    assert "CANARY" not in caplog.text
    assert not recwarn.list


def test_words_of_a_deflated_header_are_not_logged(film, caplog):
    dataset = pydicom.dcmread(
        BytesIO(dicom(film, TransferSyntaxUID=pydicom.uid.DeflatedExplicitVRLittleEndian))
    )
    dataset[0x00280011] = pydicom.DataElement(0x00280011, "LO", "CANARY")
    changed = BytesIO()
    dataset.save_as(changed)
    assert b"CANARY" not in changed.getvalue()

    assert reason_of(changed.getvalue())

    assert "ValueError" in caplog.text
    assert "CANARY" not in caplog.text


def test_tags_of_a_tiff_are_not_logged(film, caplog):
    data = encode(film, "TIFF", description="CANARY")
    assert b"CANARY" in data
    caplog.set_level(logging.DEBUG)
    caplog.clear()

    assert reason_of(data) == ""

    assert "CANARY" not in caplog.text
