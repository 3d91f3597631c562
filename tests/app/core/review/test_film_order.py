from dataclasses import replace
from pathlib import Path

import pytest

from app.core.review.film_answers import Answer, ReadersView
from app.core.review.film_filter import UNREAD, Filter
from app.core.review.film_order import Order, listing
from app.core.review.film_table import FilmTables
from app.core.review.worklist import FILM_STATUSES
from app.core.scoring.prediction import Prediction
from app.core.scoring.result import Result
from app.core.sources.source import Source

EVERYTHING = ReadersView()


def scored(name: str, probability: float, label: str = "") -> Result:
    zone = "negative" if probability < 0.3 else "positive" if probability >= 0.7 else "uncertain"
    prediction = Prediction(
        label=label or ("SICK" if probability >= 0.4 else "WELL"),
        class_index=int(probability >= 0.4),
        probability=probability,
        raw_probability=probability,
        threshold=0.4,
        zone=zone,
        class_probabilities=(1 - probability, probability),
    )
    return Result(Source(name, Path(name)), name * 8, "ok", prediction=prediction)


def unscored(name: str, status: str, code: str = "blank") -> Result:
    return Result(
        Source(name, Path(name)), name * 8, status, reason_code=code, reason="Nothing to judge."
    )


RESULTS = [
    unscored("torn", "unreadable", "torn"),
    scored("low", 0.1),
    scored("high", 0.9),
    unscored("blank", "refused"),
    scored("far", 0.65),
    scored("highest", 0.97),
    scored("near", 0.41),
    None,
]
NAMES = [one.source.name if one else "later" for one in RESULTS]
URGENCY = ["near", "far", "highest", "high", "low", "blank", "torn", "later"]
ANSWERED = ReadersView(
    {
        2: Answer("Agree", ("Reader 1",), ("rotated", "device")),
        4: Answer("Disagree", ("Reader 2",), ("device",)),
        1: Answer("Agree", ("Reader 1", "Reader 2")),
    }
)


def table(results=RESULTS, names=NAMES):
    return FilmTables().table(results, names)


def statuses(films, view=EVERYTHING):
    """What each film is found by."""
    found = {
        int(item): status
        for status in FILM_STATUSES
        for item in listing(films, view, Filter(statuses=[status]), Order()).items
    }
    return [found[item] for item in range(len(films))]


def listed(chosen=None, order=None, view=EVERYTHING, films=None):
    found = listing(films or table(), view, chosen or Filter(), order or Order())
    return [NAMES[item] for item in found.items]


def test_uncertain_first_then_positive_then_negative_then_those_without_a_prediction():
    assert listed() == URGENCY


def test_nearness_to_the_threshold_is_relative_on_either_side():
    # 0.39 of 0.4 below is nearer than 0.1 of 0.6 above.
    films = table([scored("above", 0.5), scored("below", 0.39)], ["above", "below"])

    assert listing(films, EVERYTHING, Filter(), Order()).items.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Filter(), URGENCY),
        (Filter(statuses=["positive"]), ["highest", "high"]),
        (Filter(statuses=["refused", "unreadable", "pending"]), ["blank", "torn", "later"]),
        (Filter(predictions=["WELL"]), ["low"]),
        (Filter(lowest=0.5), ["far", "highest", "high"]),
        (Filter(highest=0.5), ["near", "low"]),
        (Filter(text=" HIGH"), ["highest", "high"]),
        (Filter(verdicts=["Agree"]), ["high", "low"]),
        (Filter(verdicts=[UNREAD], statuses=["positive"]), ["highest"]),
        (Filter(verdicts=[UNREAD, "Disagree"], statuses=["uncertain"]), ["near", "far"]),
        (Filter(readers=["Reader 2"]), ["far", "low"]),
        (Filter(tags=["device", "none such"]), ["far", "high"]),
        (Filter(statuses=["none such"]), []),
    ],
)
def test_filters(chosen, expected):
    assert listed(chosen, view=ANSWERED) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order("name"), ["blank", "far", "high", "highest", "later", "low", "near", "torn"]),
        (Order("name", True), ["torn", "near", "low", "later", "highest", "high", "far", "blank"]),
        (
            Order("probability"),
            ["low", "near", "far", "high", "highest", "blank", "torn", "later"],
        ),
        (
            Order("probability", True),
            ["highest", "high", "far", "near", "low", "blank", "torn", "later"],
        ),
        (
            Order("prediction", True),
            ["low", "near", "far", "highest", "high", "blank", "torn", "later"],
        ),
        (
            Order("status", True),
            ["later", "torn", "blank", "low", "highest", "high", "near", "far"],
        ),
        (Order("verdict"), ["high", "low", "far", "near", "highest", "blank", "torn", "later"]),
        (Order("reader"), ["high", "low", "far", "near", "highest", "blank", "torn", "later"]),
        (Order("tags"), ["far", "high", "near", "highest", "low", "blank", "torn", "later"]),
        (Order("reason"), ["blank", "torn", "near", "far", "highest", "high", "low", "later"]),
        (Order(descending=True), URGENCY[::-1]),
    ],
)
def test_films_without_a_value_come_last_in_any_order(order, expected):
    assert listed(order=order, view=ANSWERED) == expected


def test_numbers_in_names_count_as_numbers():
    names = ["film 10", "film 9", "Film 1"]

    found = listing(table([None] * 3, names), EVERYTHING, Filter(), Order("name"))

    assert found.items.tolist() == [2, 1, 0]


def test_before_a_readers_own_call_nothing_tells_of_the_model():
    view = ReadersView(shown=frozenset({5}), hides_names=True)
    films = table()

    # Of no column but the name, and of no filter, does the order follow what is hidden.
    own_order = [*range(8)]
    assert listing(films, view, Filter(), Order()).items.tolist() == own_order
    for column in ("probability", "prediction"):
        found = listing(films, view, Filter(), Order(column)).items.tolist()
        assert found == [5, 0, 1, 2, 3, 4, 6, 7]
    assert listing(films, view, Filter(lowest=0.01), Order()).items.tolist() == [5]
    assert listing(films, view, Filter(predictions=["SICK", "WELL"]), Order()).items.tolist() == [5]
    assert listing(films, view, Filter(text="near"), Order()).items.tolist() == []
    assert listing(films, view, Filter(text="FILM 7"), Order()).items.tolist() == [6]
    assert listing(films, view, Filter(), Order("name", True)).items.tolist() == own_order[::-1]
    assert statuses(films, view) == [
        "unreadable", "to_read", "to_read", "refused", "to_read", "positive", "to_read", "to_read",
    ]  # fmt: skip
    counts = listing(films, view, Filter(), Order()).counts
    assert counts.statuses == {"positive": 1, "refused": 1, "unreadable": 1, "to_read": 5}
    assert counts.predictions == {"SICK": 1}


def test_counts_are_of_the_films_that_a_choice_would_leave():
    counts = listing(table(), ANSWERED, Filter(statuses=["positive"]), Order()).counts

    assert counts.statuses == {
        "uncertain": 2, "positive": 2, "negative": 1, "refused": 1, "unreadable": 1, "pending": 1,
    }  # fmt: skip
    assert counts.predictions == {"SICK": 2}
    assert counts.verdicts == {UNREAD: 1, "Agree": 1}
    assert counts.readers == {"Reader 1": 1}
    assert counts.tags == {"device": 1, "rotated": 1}


def test_findings_are_counted_and_filtered_one_by_one():
    names = ["both", "one", "neither"]
    films = table(
        [
            scored("both", 0.9, "EDEMA|MASS"),
            scored("one", 0.8, "MASS"),
            scored("neither", 0.1, "none"),
        ],
        names,
    )

    found = listing(films, EVERYTHING, Filter(predictions=["EDEMA", "none"]), Order())

    assert found.items.tolist() == [0, 2]
    assert found.counts.predictions == {"EDEMA": 1, "MASS": 2, "none": 1}


def test_a_table_follows_what_is_judged_anew_and_added():
    tables = FilmTables()
    before = tables.table([None, scored("b", 0.9)], ["a", "b"])
    second = [scored("a", 0.5), scored("b", 0.9)]
    after = tables.table([*second, None], ["a", "b", "c"])
    again = tables.table([second[0], replace(second[1], prediction=None, status="failed"), None],
                         ["a", "b", "c"])  # fmt: skip

    assert before.num_judged == 1
    assert [after.num_judged, len(after)] == [2, 3]
    assert tables.table([*second, None], ["a", "b", "c"]).probabilities.tolist()[:2] == [0.5, 0.9]
    assert statuses(again)[1] == "failed"
    assert statuses(before)[0] == "pending"
    assert tables.table([None] * 3, ["a", "b", "c"]).num_judged == 0  # to be read otherwise
