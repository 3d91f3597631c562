"""Damaged files of every format, and the sandbox that reads them."""

import os
import signal
import sys
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from benchmarks import fuzz
from benchmarks.fuzzing import readers
from benchmarks.fuzzing.originals import film, originals
from benchmarks.fuzzing.sandbox import Limits, run_all

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="peaks are read from /proc")


@pytest.mark.slow
def test_nothing_but_a_refusal_comes_of_damage():
    outcomes = list(fuzz.run(range(2000), seed=11, workers=1))

    assert [one.fault for one in outcomes if one.fault] == []
    answers = [one.answer for one in outcomes]
    assert min(answers.count(readers.REFUSED), answers.count(readers.READ)) > 400


@pytest.mark.parametrize("original", originals(), ids=lambda one: one.name)
def test_every_original_is_sound(original):
    assert readers.read(original, "none", original.data) == readers.READ


def test_a_case_is_made_from_its_index_and_the_seed_alone():
    first, again, other = fuzz.damaged(50, 3), fuzz.damaged(50, 3), fuzz.damaged(50, 4)

    assert first == again
    assert first[2] != other[2]


def test_other_pixels_of_a_cut_file_are_found():
    file = BytesIO()
    Image.fromarray(255 - film()).save(file, "PNG")

    with pytest.raises(readers.WrongContentError, match="pixels differ"):
        readers.read(originals()[0], "cut", file.getvalue())


def test_another_label_of_an_untouched_row_is_found():
    table = next(one for one in originals() if one.kind == "table")
    # The rows stay, but the header calls another column the label.
    swapped = table.data.replace(b"label,patient_id,split", b"was,patient_id,label")

    assert readers.read(table, "flip", table.data) == readers.READ
    with pytest.raises(readers.WrongContentError, match="another label"):
        readers.read(table, "flip", swapped)


def misbehave(index: int) -> str:
    match index:
        case 0:
            return "fine"
        case 1:
            raise RecursionError("deep")
        case 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        case 3:
            np.ones(200 * 1024**2, np.uint8)
        case 4:
            end = time.process_time() + 1.2
            while time.process_time() < end:
                pass
        case 5:
            time.sleep(60)
    return "done"


@pytest.mark.slow
def test_the_sandbox_finds_each_fault_and_goes_on():
    limits = Limits(seconds=0.8, megabytes=100, wait=10)

    found = list(run_all(misbehave, range(7), workers=1, limits=limits))

    assert [one.index for one in found] == list(range(7))
    assert [found[0].answer, found[6].answer] == ["fine", "done"]
    assert "RecursionError: deep" in found[1].fault
    assert "ended with -11" in found[2].fault
    assert "MB" in found[3].fault
    assert found[3].megabytes == pytest.approx(200, abs=20)
    assert "It took 1.2 s" in found[4].fault
    assert "No answer" in found[5].fault
