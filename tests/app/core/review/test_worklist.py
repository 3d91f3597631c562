from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.core.record.verdict import Verdict
from app.core.review.worklist import (
    BY_URGENCY,
    NOT_REVIEWED,
    Filter,
    Order,
    count_by_status,
    worklist,
)
from app.core.scoring.prediction import Prediction
from app.core.scoring.result import Result
from app.core.sources.source import Source


def scored(name: str, probability: float) -> Result:
    zone = "negative" if probability < 0.3 else "positive" if probability >= 0.7 else "uncertain"
    prediction = Prediction(
        label="SICK" if probability >= 0.4 else "WELL",
        class_index=int(probability >= 0.4),
        probability=probability,
        raw_probability=probability,
        threshold=0.4,
        zone=zone,
        class_probabilities=(1 - probability, probability),
    )
    return Result(Source(name, Path(name)), name * 8, "ok", prediction=prediction)


def unscored(name: str, status: str) -> Result:
    return Result(
        Source(name, Path(name)), name * 8, status, reason_code="blank", reason="nothing to judge"
    )


RESULTS = [
    unscored("torn", "unreadable"),
    scored("low", 0.1),
    scored("high", 0.9),
    unscored("blank", "refused"),
    scored("far", 0.65),
    scored("highest", 0.97),
    scored("near", 0.41),
]


def names(results):
    return [result.source.name for result in results]


def test_uncertain_first_then_positive_then_negative_then_unscored():
    listed = worklist(RESULTS, {}, Filter())

    assert names(listed) == ["near", "far", "highest", "high", "low", "blank", "torn"]


def test_uncertainty_is_the_distance_from_the_threshold_on_either_side():
    below, above = scored("below", 0.39), scored("above", 0.5)

    # 0.39 of 0.4 below is nearer than 0.1 of 0.6 above.
    assert names(worklist([above, below], {}, Filter())) == ["below", "above"]


def test_nothing_disappears_without_a_filter():
    assert len(worklist(RESULTS, {}, Filter())) == len(RESULTS)
    assert sum(count_by_status(RESULTS).values()) == len(RESULTS)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Filter(statuses=["positive"]), ["highest", "high"]),
        (Filter(statuses=["refused", "unreadable"]), ["blank", "torn"]),
        (Filter(predictions=["WELL"]), ["low"]),
        (Filter(lowest=0.5), ["far", "highest", "high"]),
        (Filter(highest=0.5), ["near", "low"]),
        (Filter(text="HIGH"), ["highest", "high"]),
        (Filter(verdicts=["agree"]), ["high"]),
        (Filter(verdicts=[NOT_REVIEWED], statuses=["positive"]), ["highest"]),
    ],
)
def test_filters(chosen, expected):
    verdicts = {"high" * 8: Verdict("agree", "", datetime.now(UTC))}

    assert names(worklist(RESULTS, verdicts, chosen)) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (BY_URGENCY, ["near", "far", "highest", "high", "low", "blank", "torn"]),
        (Order("name"), ["blank", "far", "high", "highest", "low", "near", "torn"]),
        (Order("name", True), ["torn", "near", "low", "highest", "high", "far", "blank"]),
        (Order("probability"), ["low", "near", "far", "high", "highest", "blank", "torn"]),
        (Order("probability", True), ["highest", "high", "far", "near", "low", "blank", "torn"]),
        (Order("prediction", True), ["low", "near", "far", "highest", "high", "blank", "torn"]),
        (Order("status", True), ["torn", "blank", "low", "highest", "high", "near", "far"]),
        (Order("verdict"), ["low", "far", "near", "highest", "high", "blank", "torn"]),
    ],
)
def test_films_without_a_value_come_last_in_any_order(order, expected):
    verdicts = {
        "low" * 8: Verdict("agree", "", datetime.now(UTC)),
        "far" * 8: Verdict(None, "a comment", datetime.now(UTC)),
    }

    assert names(worklist(RESULTS, verdicts, Filter(), order)) == expected
