"""Every DICOM file at hand, compared with an independent reader.

DCMTK's `dcm2pnm` and its siblings display files by the same standard; where they do not decode the
compression, GDCM decodes it first.
"""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from app.core.errors import ImageError
from app.core.images import decoding, silence
from app.core.images.reading import ReadOptions

TOOLS = ("dcm2pnm", "dcmj2pnm", "dcml2pnm")
FIRST = ReadOptions(frame=1)
# Files that are read here and shown otherwise there, with what the standard says.
DIFFERENT = {
    "mono1_nowindow.dcm": "DCMTK takes the padding into the range; PS3.3 C.7.5.1.1.2 leaves it out",
    "mono1_window.dcm": "DCMTK shows padding as a value; C.7.5.1.1.2 leaves its shade open",
    "range.dcm": "DCMTK takes the padding into the range; C.7.5.1.1.2 leaves it out",
    "exact.dcm": "DCMTK 3.6.7 knows no LINEAR_EXACT and no width below 1; C.11.2.1.3.2 allows it",
    "sigmoid.dcm": "DCMTK 3.6.7 allows no width below 1; C.11.2.1.3.1 does",
}
# Files with an image that are not read here, with the code of the reason.
REFUSED = {
    "JPEG2000-embedded-sequence-delimiter.dcm": "too_large",  # so its code stream states
    "MR_truncated.dcm": "damaged",
    "linear.dcm": "range_unknown",  # C.11.2.1.2.1: the width shall be at least 1
    "meta_missing_tsyntax.dcm": "missing_element",
    "nested_priv_SQ.dcm": "missing_element",
}
NO_FILM = ("no_image", "too_small", "not_an_image")


def bundled():
    folder = Path(pydicom.data.__file__).parent / "test_files"
    return sorted(folder.glob("*.dcm"))


def other_reading(path, folder):
    """The picture that DCMTK shows; None if neither reader decodes the file."""
    with silence.silent():
        header = pydicom.dcmread(path, force=True, stop_before_pixels=True)
    view = ["+Wm"]
    if "VOILUTSequence" in header:
        view = ["+Wl", "1"]
    elif header.get("WindowWidth") not in (None, ""):
        view = ["+Wi", "1"]
    found = folder / "shown.pnm"
    for source in (path, decompressed(path, folder)):
        for tool in TOOLS:
            if source is not None and shutil.which(tool):
                command = [tool, "-q", "-O", *view, source, found]
                subprocess.run(command, capture_output=True, timeout=60)
                if found.exists():
                    return np.asarray(Image.open(found))
    return None


def decompressed(path, folder):
    gdcm = pytest.importorskip("gdcm")
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        return None
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.ExplicitVRLittleEndian))
    change.SetInput(reader.GetImage())
    if not change.Change():
        return None
    writer = gdcm.ImageWriter()
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.SetFileName(str(folder / "decompressed.dcm"))
    return folder / "decompressed.dcm" if writer.Write() else None


def compare(path, folder):
    """Whether a file has a picture that was compared."""
    try:
        ours = decoding.decode(path.read_bytes(), FIRST).pixels
    except ImageError as error:
        reason, ours = error.code, None
    if ours is None:
        assert reason in NO_FILM or REFUSED.get(path.name) == reason, path.name
        return False
    assert path.name not in REFUSED
    theirs = other_reading(path, folder)
    assert theirs is not None, path.name
    if theirs.ndim == 3 and ours.ndim == 2:
        theirs = theirs[..., 0]
    assert theirs.shape == ours.shape, path.name
    furthest = int(np.abs(theirs.astype(int) - ours).max())
    # 1 because decoders may round lossy compression differently, ISO/IEC 10918-2.
    assert (furthest > 1) == (path.name in DIFFERENT), (path.name, furthest)
    return True


needs_dcmtk = pytest.mark.skipif(not shutil.which("dcm2pnm"), reason="needs DCMTK")


@pytest.mark.slow
@needs_dcmtk
@pytest.mark.parametrize("path", bundled(), ids=lambda path: path.name)
def test_files_of_pydicom(path, tmp_path):
    compare(path, tmp_path)


@needs_dcmtk
@pytest.mark.slow
def test_real_files_and_cases(real_data, tmp_path):
    cases = (real_data.parent / "cases").glob("dicom*/in/*")
    paths = [*(real_data / "dicom").glob("*.dcm"), *cases]
    compared = []
    for number, path in enumerate(sorted(paths)):
        folder = tmp_path / str(number)
        folder.mkdir()
        compared.append(compare(path, folder))
    assert sum(compared) >= 12
