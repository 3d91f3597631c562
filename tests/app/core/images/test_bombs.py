"""Small files that promise much, each within a gigabyte and ten seconds of processor time."""

import struct
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import ImageError
from app.core.images import decoding
from app.core.images.limits import COSTS, MAX_BYTES, MAX_SECONDS
from app.core.images.reading import ReadOptions
from benchmarks.fuzzing.sandbox import Limits, run_all
from tests.app.core.images.test_limits import FILES, WIDTH
from tests.pictures import encode

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux",
        reason="the peak of memory is read from /proc, which only Linux has",
    ),
]

FILM = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8) + 40
LIMITS = Limits(seconds=MAX_SECONDS, megabytes=MAX_BYTES / 1024**2, wait=120)
# A whole film, stretched: what it takes is measured by `benchmarks.limits`.
MEASURED = "AVIF"


def at_the_limit(kind):
    return FILES[kind](COSTS[kind].max_pixels // WIDTH)


def scans(number):
    """A JPEG of 100 million pixels whose scans say nothing of 16,384 blocks in 15 bits."""
    data = bytearray(encode(FILM, "JPEG", progressive=True))
    struct.pack_into(">HH", data, data.index(b"\xff\xc2") + 5, 10_000, 10_000)
    first, second = (data.index(b"\xff\xda"), data.index(b"\xff\xc4", data.index(b"\xff\xda")))
    table = b"\xff\xc4" + struct.pack(">HB", 20, 0x10) + b"\1" + bytes(15) + b"\xe0"
    blocks = "0" + "1" * 14
    runs = blocks * (1250**2 // 2**14 + 1)
    runs += "1" * (-len(runs) % 8)
    coded = int(runs, 2).to_bytes(len(runs) // 8, "big").replace(b"\xff", b"\xff\0")
    scan = b"\xff\xda\0\x08\1\1\0\1\x3f\0" + coded
    body = bytes(data[first:second]) + table + scan * number
    return bytes(data[:first]) + body + b"\xff\xd9" + bytes(200_000)


BOMBS = {
    **{kind: lambda kind=kind: at_the_limit(kind) for kind in COSTS if kind != MEASURED},
    "scans": lambda: scans(98),
}


def read(index, folder):
    """Decodes the file of this name, and gives `read` or the code of the reason.

    Args:
        index: Its name.
        folder: Where it lies.
    """
    try:
        decoding.decode(Path(folder, str(index)).read_bytes(), ReadOptions(window=(0.0, 255.0)))
    except ImageError as error:
        return error.code
    return "read"


def test_no_promise_of_a_header_is_kept_in_memory(tmp_path):
    for number, make in enumerate(BOMBS.values()):
        (tmp_path / str(number)).write_bytes(make())
    case = partial(read, folder=str(tmp_path))
    outcomes = list(run_all(case, range(len(BOMBS)), workers=1, limits=LIMITS))

    assert {name: one.fault for name, one in zip(BOMBS, outcomes, strict=True) if one.fault} == {}
    assert {one.answer for one in outcomes} <= {"damaged", "undecodable"}
