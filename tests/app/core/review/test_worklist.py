from app.core.review.worklist import STATUS_LABELS, count_by_status, status_of
from app.core.scoring.result import Result
from app.core.sources.source import Source


def unscored(status: str) -> Result:
    return Result(Source("a", None), "a" * 64, status, reason_code="blank", reason="Nothing.")


def test_films_are_counted_by_status_the_most_urgent_first():
    results = [unscored(one) for one in ("unreadable", "refused", "unreadable")]

    assert status_of(results[0]) == "unreadable"
    assert list(count_by_status(results).items()) == [("refused", 1), ("unreadable", 2)]


def test_each_status_has_a_shape_and_a_word():
    assert all(len(label.split(" ")[0]) == 1 and label[2:] for label in STATUS_LABELS.values())
