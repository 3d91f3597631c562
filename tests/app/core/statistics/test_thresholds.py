import numpy as np
import pytest

from app.core.statistics.metrics import operating_point
from app.core.statistics.thresholds import (
    balanced_threshold,
    cost_threshold,
    youden_threshold,
)


def every_decision(y_true, y_score):
    """An operating point for each way a threshold in [0, 1] can split the scores."""
    candidates = {0.0, 1.0, *np.asarray(y_score, dtype=float).tolist()}
    return [operating_point(y_true, y_score, threshold=t) for t in sorted(candidates)]


def draw(seed, *, levels):
    random = np.random.default_rng(seed)
    y_true = np.append([0, 1], random.integers(0, 2, 38))
    y_score = np.clip(0.5 + 0.2 * (2 * y_true - 1) + random.normal(0, 0.25, 40), 0, 1)
    return y_true, np.round(y_score * levels) / levels


def test_youden_lies_midway_between_the_classes():
    assert youden_threshold([0, 0, 1, 1], [0.1, 0.2, 0.6, 0.9]) == pytest.approx(0.4)


def test_youden_takes_the_widest_of_equal_gaps():
    # Above 0.2 and above 0.5 both leave one case wrong; the second gap is 0.4 wide.
    y_true, y_score = [0, 1, 0, 1], [0.2, 0.3, 0.5, 0.9]

    assert youden_threshold(y_true, y_score) == pytest.approx(0.7)


def test_youden_weighs_the_classes_alike():
    # One positive of two costs as much as two negatives of four.
    y_true, y_score = [0, 0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.9]

    assert youden_threshold(y_true, y_score) == pytest.approx(0.35)


@pytest.mark.parametrize("levels", [10, 1000])
@pytest.mark.parametrize("seed", range(10))
def test_thresholds_are_the_best_of_all(seed, levels):
    y_true, y_score = draw(seed, levels=levels)
    decisions = every_decision(y_true, y_score)

    chosen = operating_point(y_true, y_score, threshold=youden_threshold(y_true, y_score))
    best = max(each.sensitivity.value + each.specificity.value for each in decisions)
    assert chosen.sensitivity.value + chosen.specificity.value == pytest.approx(best)


def test_scores_at_the_ends_of_the_range():
    y_true, y_score = [0, 0, 1, 1], [0.0, 0.0, 1.0, 1.0]

    assert youden_threshold(y_true, y_score) == 0.5


def test_neighbouring_floats_keep_their_decisions():
    upper = np.nextafter(0.5, 1)
    threshold = youden_threshold([0, 1], [0.5, upper])

    assert threshold == upper
    assert operating_point([0, 1], [0.5, upper], threshold=threshold).accuracy.value == 1


def test_rounding_errors_of_scores_do_not_change_decisions():
    y_true, y_score = draw(0, levels=1000)
    for threshold in (
        youden_threshold(y_true, y_score),
        balanced_threshold(y_true, y_score),
    ):
        before = operating_point(y_true, y_score, threshold=threshold)
        for shift in (-1e-6, 1e-6):
            moved = np.clip(y_score + shift, 0, 1)
            assert operating_point(y_true, moved, threshold=threshold) == before


CHOOSERS = [
    youden_threshold,
    balanced_threshold,
]


@pytest.mark.parametrize("choose", CHOOSERS)
@pytest.mark.parametrize(
    ("y_true", "y_score", "message"),
    [
        ([1, 1], [0.2, 0.4], "2 positives and 0 negatives"),
        ([0], [0.2], "0 positives and 1 negatives"),
        ([], [], "0 positives and 0 negatives"),
        ([0, 1], [-3.0, 3.0], "2 values outside"),
        ([0, 1], [0.5], r"shapes \(2,\) and \(1,\)"),
        ([0, 2], [0.5, 0.5], r"labels \[0, 2\]"),
    ],
)
def test_rejects_malformed_input(choose, y_true, y_score, message):
    with pytest.raises(ValueError, match=message):
        choose(y_true, y_score)


@pytest.mark.parametrize("choose", CHOOSERS)
def test_inputs_are_left_alone_and_the_answer_is_a_plain_float(choose):
    y_true, y_score = np.array([0, 1, 0, 1]), np.array([0.4, 0.6, 0.1, 0.9])
    for array in (y_true, y_score):
        array.flags.writeable = False

    assert type(choose(y_true, y_score)) is float


def test_balanced_threshold_by_hand():
    # From 0.35 up: 3 of 4 found, 4 of 6 cleared. From 0.45: 3 of 4, 5 of 6. From 0.65: 2, 6.
    y_true = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
    y_score = [0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.25, 0.5, 0.7, 0.9]

    assert balanced_threshold(y_true, y_score) == pytest.approx(0.45)


def test_balanced_threshold_is_the_best_of_all_thresholds():
    generator = np.random.default_rng(0)
    for _ in range(50):
        y_true = np.append([0, 1], generator.integers(0, 2, 40))
        y_score = generator.integers(0, 30, 42) / 30
        chosen = balanced_threshold(y_true, y_score)

        def worse(threshold, y_true=y_true, y_score=y_score):
            called = y_score >= threshold
            return min(called[y_true == 1].mean(), (~called)[y_true == 0].mean())

        assert worse(chosen) == pytest.approx(max(worse(t) for t in np.linspace(0, 1, 241)))


def test_cost_by_hand():
    # Positives at 0.3 and 0.9, negatives at 0.1, 0.4, 0.5 and 0.6.
    y_true, y_score = [0, 1, 0, 0, 0, 1], [0.1, 0.3, 0.4, 0.5, 0.6, 0.9]

    # Finding the one at 0.3 costs three false alarms: worth it if a miss costs four.
    assert cost_threshold(y_true, y_score, 4) == pytest.approx(0.2)
    assert cost_threshold(y_true, y_score, 2) == pytest.approx(0.75)
    assert cost_threshold(y_true, y_score, 3) == pytest.approx(0.75)  # alike; the wider gap


@pytest.mark.parametrize("ratio", [0.2, 1, 4.5])
@pytest.mark.parametrize("seed", range(5))
def test_cost_is_the_lowest_of_all(seed, ratio):
    y_true, y_score = draw(seed, levels=100)

    def cost(point):
        return ratio * point.fn + point.fp

    chosen = operating_point(y_true, y_score, threshold=cost_threshold(y_true, y_score, ratio))
    best = min(cost(each) for each in every_decision(y_true, y_score))
    assert cost(chosen) == pytest.approx(best)


@pytest.mark.parametrize("ratio", [0, -1, float("nan"), float("inf")])
def test_an_impossible_cost_is_refused(ratio):
    with pytest.raises(ValueError, match="above 0"):
        cost_threshold([0, 1], [0.1, 0.9], ratio)
