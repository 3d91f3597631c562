import math

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from app.core.statistics.bootstrap import Interval, bootstrap_interval
from app.core.statistics.bootstrap_areas import auc_interval
from app.core.statistics.curves import macro_auc, roc_auc
from app.core.statistics.metrics import operating_point


def draw(seed, *, num_patients, films_each, shared=0.0, levels=None):
    """Films of patients, whose scores share a part `shared` of their spread."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, num_patients)
    patient = np.repeat(np.arange(num_patients), films_each)
    own = random.normal(0, 1, len(patient)) * math.sqrt(1 - shared)
    common = random.normal(0, 1, num_patients)[patient] * math.sqrt(shared)
    score = 1.2 * truth[patient] + own + common
    score = 1 / (1 + np.exp(-score))
    return truth[patient], np.round(score * levels) / levels if levels else score, patient


def slow_interval(statistic, y_true, y_score, groups, *, num_resamples, seed):
    """The definition, written out: draw patients, gather all their films, take percentiles."""
    random = np.random.default_rng(seed)
    names = sorted(set(groups.tolist()))
    figures = []
    for _ in range(num_resamples):
        rows = []
        for drawn in random.integers(len(names), size=len(names)):
            rows += [row for row, name in enumerate(groups) if name == names[drawn]]
        if len(set(y_true[rows])) == len(set(y_true)):
            figures.append(statistic(y_true[rows], y_score[rows]))
    return *np.percentile(figures, (2.5, 97.5)), num_resamples - len(figures)


@pytest.mark.parametrize("levels", [None, 8])
def test_interval_is_that_of_the_plain_slow_loop(levels):
    y_true, y_score, patient = draw(0, num_patients=25, films_each=3, levels=levels)
    order = np.random.default_rng(1).permutation(len(y_true))
    y_true, y_score = y_true[order], y_score[order]
    groups = np.array([f"person{number:03d}" for number in patient[order]])
    low, high, skipped = slow_interval(
        roc_auc_score, y_true, y_score, groups, num_resamples=100, seed=5
    )

    for interval in (
        auc_interval(y_true, y_score, groups=groups, num_resamples=100, seed=5),
        bootstrap_interval(roc_auc, y_true, y_score, groups=groups, num_resamples=100, seed=5),
    ):
        assert interval.value == pytest.approx(roc_auc_score(y_true, y_score))
        assert (interval.low, interval.high) == pytest.approx((low, high))
        assert (interval.num_cases, interval.num_groups) == (75, 25)
        assert (interval.num_resamples, interval.num_skipped) == (100, skipped)
        assert not interval.degenerate


def test_resamples_that_lack_a_class_are_skipped_and_counted():
    y_true, y_score = np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.4, 0.5, 0.2, 0.1])
    groups = np.array([0, 1, 2, 3, 3])
    low, high, skipped = slow_interval(
        roc_auc_score, y_true, y_score, groups, num_resamples=200, seed=0
    )
    interval = auc_interval(y_true, y_score, groups=groups, num_resamples=200)

    # Each draw is all of one class with probability 2 * (1/2)**4.
    assert interval.num_skipped == skipped
    assert skipped / 200 == pytest.approx(1 / 8, abs=0.05)
    assert (interval.low, interval.high) == pytest.approx((low, high))


def test_the_same_seed_draws_the_same_patients():
    y_true, y_score, groups = draw(2, num_patients=40, films_each=1)
    first, again, other = (
        auc_interval(y_true, y_score, groups=groups, seed=seed, num_resamples=100)
        for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


def test_the_order_of_the_rows_does_not_matter():
    y_true, y_score, groups = draw(2, num_patients=40, films_each=2)
    order = np.random.default_rng(0).permutation(80)

    assert auc_interval(y_true, y_score, groups=groups, num_resamples=50) == auc_interval(
        y_true[order], y_score[order], groups=groups[order], num_resamples=50
    )


def delong_error(y_true, y_score):
    """Standard error of the area after DeLong, DeLong and Clarke-Pearson (1988)."""
    positive, negative = y_score[y_true == 1], y_score[y_true == 0]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    return math.sqrt(
        wins.mean(axis=1).var(ddof=1) / len(positive)
        + wins.mean(axis=0).var(ddof=1) / len(negative)
    )


def test_width_agrees_with_delong_when_films_are_independent():
    y_true, y_score, groups = draw(3, num_patients=400, films_each=1)
    interval = auc_interval(y_true, y_score, groups=groups, num_resamples=2000)

    error = delong_error(y_true, y_score)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * error, rel=0.08)


def test_width_of_a_proportion_agrees_with_its_variance():
    y_true, y_score, groups = draw(4, num_patients=400, films_each=1)

    def accuracy(labels, scores):
        return operating_point(labels, scores, threshold=0.6).accuracy.value

    interval = bootstrap_interval(accuracy, y_true, y_score, groups=groups)
    error = math.sqrt(interval.value * (1 - interval.value) / 400)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * error, rel=0.12)


def test_copies_of_a_film_add_nothing():
    y_true, y_score, groups = draw(5, num_patients=100, films_each=1)
    once = auc_interval(y_true, y_score, groups=groups)
    copied = auc_interval(np.repeat(y_true, 6), np.repeat(y_score, 6), groups=np.repeat(groups, 6))

    assert (copied.value, copied.low, copied.high) == (once.value, once.low, once.high)
    assert (copied.num_cases, copied.num_groups) == (600, 100)


@pytest.mark.slow
def test_patients_are_covered_where_films_are_not():
    # 1.2 standard deviations apart: the true area is Phi(1.2 / sqrt(2)).
    true_area = 0.5 * (1 + math.erf(1.2 / 2))
    covered = {"patients": 0, "films": 0}
    for seed in range(100):
        y_true, y_score, patient = draw(seed, num_patients=80, films_each=5, shared=0.9)
        for unit, groups in (("patients", patient), ("films", np.arange(400))):
            interval = auc_interval(y_true, y_score, groups=groups, num_resamples=200)
            covered[unit] += interval.low <= true_area <= interval.high

    # Over 1,000 seeds: 93 % and 63 %. Both bounds are three standard deviations away.
    assert covered["patients"] >= 85
    assert covered["films"] <= 78


def test_multi_class_scores():
    random = np.random.default_rng(6)
    y_true = random.integers(0, 3, 90)
    y_score = random.dirichlet(np.ones(3), 90) + np.eye(3)[y_true] / 4
    groups = np.arange(90) // 2
    interval = bootstrap_interval(macro_auc, y_true, y_score, groups=groups, num_resamples=100)
    low, high, skipped = slow_interval(
        macro_auc, y_true, y_score, groups, num_resamples=100, seed=0
    )

    assert interval.low < interval.value < interval.high
    assert (interval.low, interval.high) == pytest.approx((low, high))
    assert interval.num_skipped == skipped


def test_a_figure_that_is_sometimes_undefined_is_counted():
    y_true, y_score = [1, 0, 1, 0], [0.9, 0.1, 0.2, 0.3]

    def ppv(labels, scores):
        return operating_point(labels, scores, threshold=0.8).ppv.value

    interval = bootstrap_interval(ppv, y_true, y_score, groups=range(4), num_resamples=200)
    assert interval.num_skipped > 40
    assert (interval.low, interval.high) == (1.0, 1.0)


def test_perfect_separation_is_marked_as_degenerate():
    interval = auc_interval([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], groups=range(4))

    assert (interval.value, interval.low, interval.high) == (1.0, 1.0, 1.0)
    assert interval.degenerate


@pytest.mark.parametrize(
    ("y_true", "y_score", "groups"),
    [
        ([1, 1, 1], [0.1, 0.2, 0.3], [0, 1, 2]),  # one class
        ([1, 0, 1], [0.1, 0.2, 0.3], [7, 7, 7]),  # one patient
        ([], [], []),
    ],
)
def test_nothing_to_draw_from_gives_nan(y_true, y_score, groups):
    for interval in (
        auc_interval(y_true, y_score, groups=groups, num_resamples=20),
        bootstrap_interval(roc_auc, y_true, y_score, groups=groups, num_resamples=20),
    ):
        assert math.isnan(interval.low)
        assert math.isnan(interval.high)
        assert interval.num_skipped == 20
        assert interval.num_cases == len(y_true)
        assert not interval.degenerate


@pytest.mark.parametrize(
    "groups",
    [
        ["b", "a", "b", "c"],
        [2, 1, 2, 3],
        [2.0, 1.0, 2.0, 3.0],
        pd.Series(["b", "a", "b", "c"]),
        pd.Series(["b", "a", "b", "c"]).astype("category"),
        pd.Series([2, 1, 2, 3], dtype="Int64"),
    ],
)
def test_patients_may_be_named_in_any_way(groups):
    interval = auc_interval([1, 0, 1, 0], [0.9, 0.5, 0.4, 0.1], groups=groups)

    assert interval.num_groups == 3
    assert interval == auc_interval([1, 0, 1, 0], [0.9, 0.5, 0.4, 0.1], groups=[1, 0, 1, 2])


@pytest.mark.parametrize(
    "estimate", [auc_interval, lambda *a, **k: bootstrap_interval(roc_auc, *a, **k)]
)
@pytest.mark.parametrize(
    ("y_true", "y_score", "groups", "message"),
    [
        ([1, 0], [0.5], [0, 1], r"shapes \(2,\) and \(1,\)"),
        ([1, 0], [0.5, math.nan], [0, 1], "1 NaN"),
        ([1, 2], [0.5, 0.5], [0, 1], r"labels \[1, 2\]"),
        ([1, 0], [0.5, 0.5], [0, 1, 2], r"Received shape \(3,\) for 2 cases"),
        ([1, 0], [0.5, 0.5], ["a", None], "1 missing of 2"),
        ([1, 0], [0.5, 0.5], ["a", ""], "1 missing of 2"),
        ([1, 0], [0.5, 0.5], [math.nan, math.nan], "2 missing of 2"),
    ],
)
def test_rejects_malformed_input(estimate, y_true, y_score, groups, message):
    with pytest.raises(ValueError, match=message):
        estimate(y_true, y_score, groups=groups, num_resamples=5)


def test_rejects_no_resamples():
    with pytest.raises(ValueError, match="num_resamples=0"):
        auc_interval([1, 0], [0.5, 0.4], groups=[0, 1], num_resamples=0)


def test_inputs_are_left_alone_and_results_are_plain_numbers():
    y_true, y_score, groups = draw(0, num_patients=10, films_each=2)
    for array in (y_true, y_score, groups):
        array.flags.writeable = False
    interval = auc_interval(y_true, y_score, groups=groups, num_resamples=10)
    bootstrap_interval(roc_auc, y_true, y_score, groups=groups, num_resamples=10)

    assert isinstance(interval, Interval)
    assert {type(value) for value in (interval.value, interval.low, interval.high)} == {float}
    assert type(interval.num_groups) is int
