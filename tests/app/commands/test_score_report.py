from collections import Counter
from pathlib import Path

import pytest

from app.commands.score_report import Tally, missing_summary
from app.core.errors import OverreadError
from app.core.images.reading import ReadOptions
from app.core.scoring.result import Result
from app.core.sources.left_out import LeftOut
from app.core.sources.problems import Problem
from app.core.sources.source import Source


def result(name="film.png", status="ok", code="", **facts):
    return Result(Source(name, Path(name)), "digest", status, code, **facts)


def tally_of(*results):
    tally = Tally()
    for one in results:
        tally.add(one)
    return tally


def test_rows_are_told_by_status_and_reason_the_scored_first_and_the_frequent_reason_first():
    tally = tally_of(
        result(status="refused", code="too_small"),
        result(),
        result(status="refused", code="blank"),
        result(status="refused", code="blank"),
    )

    said = tally.summary(LeftOut(), seconds=2.0, out=Path("r.csv"))

    assert said.startswith("4 images in 2.0 s (2")
    assert said.endswith(": 1 ok, 3 refused (2 blank, 1 too_small). Table: r.csv")
    assert tally.statuses == {"ok", "refused"}


def test_remedies_and_near_duplicates_are_noted_only_where_there_are_some():
    assert tally_of(result()).notes() == []

    remedies, duplicates = tally_of(
        result(status="refused", code="inverted", remedy="invert"),
        result(chosen=ReadOptions(remedy="invert"), remedy="invert"),
        result(duplicate_of="film.png"),
    ).notes()

    assert "Judged with a remedy: 1 " in remedies
    assert "with a remedy offered: 1 " in remedies
    assert duplicates.startswith("Nearly the same as an earlier image of the batch: 1 ")


def test_inputs_without_an_image_are_refused_with_what_was_wrong_with_them():
    gone = Result(
        Source("gone", None, problem=Problem("missing", "Gone.")),
        "",
        "unreadable",
        "missing",
        "Gone.",
    )
    tally = tally_of(*[gone] * 4)

    with pytest.raises(OverreadError) as caught:
        tally.require_images(LeftOut())

    assert str(caught.value).count("'gone': Gone.") == 3
    tally.add(result())
    tally.require_images(LeftOut())


def test_overlays_that_were_not_drawn_are_counted_by_reason():
    assert "Overlays not drawn: 3 (2 changed, 1 gone)." in missing_summary(
        Counter({"gone": 1, "changed": 2})
    )
