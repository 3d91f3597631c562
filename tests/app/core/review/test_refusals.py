"""What is told of refused films in words."""

from pathlib import Path

import numpy as np
import pytest

from app.core.gate.observation import Observation
from app.core.images.reading import ReadOptions
from app.core.review.refusals import all_refused_note, distance_text, row_note, second_look_note
from app.core.scoring.result import Result
from app.core.sources.source import Source


def seen(distance):
    return Observation(distance, np.zeros(2, np.float16))


def result(status="refused", **facts):
    return Result(Source("a.png", Path("a.png")), "a" * 64, status, **facts)


@pytest.mark.parametrize(
    ("distance", "figure"),
    [(0.5, "0.50"), (1.0, "1.00"), (1.035, "1.04 times"), (23.46, "23.5 times"), (1e9, "over 100")],
)
def test_a_distance_is_told_by_the_limit(distance, figure):
    assert figure in distance_text(seen(distance))


def test_a_row_tells_reason_and_remedy():
    refused = result(reason_code="inverted", reason="It is inverted.", remedy="invert")
    assert row_note(refused) == "Can be corrected. It is inverted."
    assert row_note(result("ok")) == ""


def test_a_row_tells_of_which_film_it_is_nearly_a_copy():
    copy = result("ok", duplicate_of="b.png")

    assert row_note(copy) == "Nearly the same as b.png."
    assert row_note(copy, hides_names=True) == "Nearly the same as another film."


def test_a_row_tells_the_first_sentence_of_the_gate_and_all_of_a_decoder():
    reason = "It lies at 1.9 times the limit. Choose another film."
    foreign = result(reason_code="unfamiliar", reason=reason, observation=seen(1.9))
    assert row_note(foreign) == "It lies at 1.9 times the limit."
    assert row_note(result("unreadable", reason_code="x", reason=reason)) == reason


def test_a_second_look_is_told_with_its_reason():
    note = second_look_note(ReadOptions(remedy="turn_180", override="seen by two"))
    assert "turned by 180°" in note
    assert note.endswith("seen by two")
    assert second_look_note(ReadOptions(frame=2, window=(0, 9))) == ""


def test_a_folder_of_foreign_films_is_counted_without_files_that_cannot_be_read():
    foreign = [result(reason_code="unfamiliar", observation=seen(3.0)) for _ in range(4)]
    torn = result("unreadable", reason_code="truncated", reason="torn")

    assert "all 4 " in all_refused_note([*foreign, torn])
    assert all_refused_note([*foreign, result("ok", observation=seen(0.2))]) == ""
    assert all_refused_note([torn]) == ""
    turned = result(reason_code="turned_90", observation=seen(3.0), remedy="turn_90")
    assert all_refused_note([*foreign, turned]) == (
        "All 5 films that could be read were refused. The list says why, and what can be done."
    )
    assert all_refused_note([]) == all_refused_note([turned]) == ""
