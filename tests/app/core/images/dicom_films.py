"""What the tests of DICOM files share."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from app.core.bundles.network_input import Input
from app.core.errors import ImageError
from app.core.images import decoding
from tests.pictures import encode

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
CANARY = "CANARY^DORIS"
RADIOGRAPHS = Input(height=64, width=64, channels=1, fit="pad", modalities=("CR", "DX"))
TWELVE = {"BitsStored": 12, "HighBit": 11}
RAMP = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)  # every value of 12 bits
OWN_RANGE = np.rint(RAMP * (255 / 4095))


def item(**elements):
    found = Dataset()
    for keyword, value in elements.items():
        setattr(found, keyword, value)
    return found


def shown(data):
    return decoding.decode(data).pixels


def refusal(data):
    with pytest.raises(ImageError) as caught:
        decoding.decode(data)
    return caught.value


def jpeg_2000(film):
    return encode(film, "JPEG2000", no_jp2=True, irreversible=False)


def table(values, *, first=0, bits=8, form="US"):
    found = item(LUTDescriptor=[len(values), first, bits])
    entries = values.astype("<u2")
    found.add_new(0x00283006, form, entries.tobytes() if form == "OW" else entries.tolist())
    return Sequence([found])
