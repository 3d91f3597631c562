"""Damaged files of every format, and the sandbox that reads them."""

import sys
from io import BytesIO

import pytest
from PIL import Image

from benchmarks import fuzz
from benchmarks.fuzzing import readers
from benchmarks.fuzzing.originals import film, originals
from benchmarks.fuzzing.sandbox import Limits, run_all
from tests.benchmarks.misbehaving import misbehave

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="peaks are read from /proc")


@pytest.mark.slow
def test_nothing_but_a_refusal_comes_of_damage():
    outcomes = list(fuzz.run(range(1000), seed=11, workers=1))

    assert [one.fault for one in outcomes if one.fault] == []
    answers = [one.answer for one in outcomes]
    assert min(answers.count(readers.REFUSED), answers.count(readers.READ)) > 150


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


def test_a_table_that_damage_makes_one_of_findings_is_sound():
    table = next(one for one in originals() if one.kind == "table")
    damaged_cell = table.data.replace(b"NORMAL", b"a|b", 1)

    assert readers.read(table, "broken_cells", damaged_cell) == readers.READ


def test_another_label_of_an_untouched_row_is_found():
    table = next(one for one in originals() if one.kind == "table")
    # The rows stay, but the header calls another column the label.
    swapped = table.data.replace(b"label,patient_id,split", b"was,patient_id,label")

    assert readers.read(table, "flip", table.data) == readers.READ
    with pytest.raises(readers.WrongContentError, match="another label"):
        readers.read(table, "flip", swapped)


@pytest.mark.slow
def test_the_sandbox_finds_each_fault_and_goes_on():
    # Only the last run may be cut short, so that a busy machine turns no fault into another.
    patient, hurried = Limits(0.6, 30, wait=300), Limits(0.6, 30, wait=1)

    found = list(run_all(misbehave, (0, 1, 2, 3, 4, 6, 7), workers=1, limits=patient))
    unanswered, after = run_all(misbehave, (5, 7), workers=1, limits=hurried)

    assert [one.index for one in found] == [0, 1, 2, 3, 4, 6, 7]
    assert [found[0].answer, found[-1].answer, after.answer] == ["fine", "done", "done"]
    assert "RecursionError: deep" in found[1].fault
    assert "ended with -11" in found[2].fault
    assert found[3].megabytes == pytest.approx(60, abs=10)
    assert f"{found[3].megabytes:.0f} MB" in found[3].fault
    assert "MB" not in found[4].fault
    for slow in found[4:6]:
        assert 0.8 <= slow.seconds
        assert f"{slow.seconds:.1f} s" in slow.fault
    assert found[5].fault.endswith(f" s and {found[5].megabytes:.0f} MB")
    assert "No answer" in unanswered.fault
