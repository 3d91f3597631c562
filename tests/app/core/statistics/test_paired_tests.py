import math

import numpy as np
import pytest
from scipy.stats import binomtest, norm
from sklearn.metrics import roc_auc_score

from app.core.statistics.curves import roc_auc
from app.core.statistics.paired_tests import (
    auc_test,
    holm,
    mcnemar_test,
    paired_difference,
)


def draw(seed, *, num_patients=60, films_each=1, levels=None):
    """Two related scores of the same films; a patient's films share most of their spread."""
    random = np.random.default_rng(seed)
    patient = np.repeat(np.arange(num_patients), films_each)
    truth = np.append([0, 0, 1, 1], random.integers(0, 2, num_patients - 4))[patient]
    shared = random.normal(0, 1, (2, num_patients))[:, patient]
    scores = truth * [[1.0], [1.4]] + shared + 0.4 * random.normal(0, 1, (2, len(truth)))
    scores += 0.6 * shared[0]
    return truth, *(np.round(scores * levels) / levels if levels else scores), patient


def textbook_delong(y_true, first, second):
    """DeLong, DeLong and Clarke-Pearson's own form: a kernel for every pair of cases."""
    kernels = []
    for score in (first, second):
        of_positives, of_negatives = score[y_true == 1], score[y_true == 0]
        kernels.append(
            [[1.0 if x > y else 0.5 if x == y else 0.0 for y in of_negatives] for x in of_positives]
        )
    kernels = np.array(kernels)
    by_positive, by_negative = kernels.mean(axis=2), kernels.mean(axis=1)
    covariance = np.cov(by_positive) / by_positive.shape[1]
    covariance += np.cov(by_negative) / by_negative.shape[1]
    aucs = kernels.mean(axis=(1, 2))
    spread = math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    return aucs, spread, 2 * norm.sf(abs(aucs[1] - aucs[0]) / spread)


@pytest.mark.parametrize("levels", [None, 2])
@pytest.mark.parametrize("seed", range(4))
def test_delong_agrees_with_the_textbook_form(seed, levels):
    y_true, first, second, _ = draw(seed, levels=levels)

    found = auc_test(y_true, first, second)

    aucs, spread, p_value = textbook_delong(y_true, first, second)
    assert (found.first, found.second) == pytest.approx(aucs)
    assert found.first == pytest.approx(roc_auc_score(y_true, first))
    assert found.difference == pytest.approx(aucs[1] - aucs[0])
    assert (found.high - found.low) / 2 == pytest.approx(1.959964 * spread, rel=1e-6)
    assert found.p_value == pytest.approx(p_value)


def test_delong_by_hand():
    # First: the positive at 2 beats one negative of two; second: all are beaten.
    found = auc_test([0, 0, 1, 1], [1, 3, 2, 4], [1, 2, 3, 4])

    assert (found.first, found.second) == (0.75, 1.0)
    # Shares beaten: 1/2 and 1 by the positives, 1 and 1/2 by the negatives. Each variance is
    # 1/8, over two cases 1/16, together 1/8; the second area has none.
    assert (found.high - found.low) / 2 == pytest.approx(1.959964 * math.sqrt(1 / 8))
    assert found.p_value == pytest.approx(2 * norm.sf(0.25 / math.sqrt(1 / 8)))


def obuchowski_by_loops(y_true, first, second, patient):
    """The formulas of Obuchowski (1997) with a plain loop over clusters."""
    positives, negatives = np.flatnonzero(y_true == 1), np.flatnonzero(y_true == 0)
    m, n, clusters = len(positives), len(negatives), sorted(set(patient.tolist()))

    def kernel(x, y):
        return 1.0 if x > y else 0.5 if x == y else 0.0

    parts = []
    for score in (first, second):
        v10 = {i: np.mean([kernel(score[i], score[j]) for j in negatives]) for i in positives}
        v01 = {j: np.mean([kernel(score[i], score[j]) for i in positives]) for j in negatives}
        area = np.mean(list(v10.values()))
        x = [sum(v10[i] - area for i in positives if patient[i] == c) for c in clusters]
        y = [sum(v01[j] - area for j in negatives if patient[j] == c) for c in clusters]
        parts.append((np.array(x), np.array(y)))
    i10 = len(set(patient[positives].tolist()))
    i01 = len(set(patient[negatives].tolist()))
    i = len(clusters)

    def covariance(r, s):
        s10 = i10 / ((i10 - 1) * m) * (parts[r][0] @ parts[s][0])
        s01 = i01 / ((i01 - 1) * n) * (parts[r][1] @ parts[s][1])
        s11 = i / (i - 1) * (parts[r][0] @ parts[s][1])
        s11_turned = i / (i - 1) * (parts[s][0] @ parts[r][1])
        return s10 / m + s01 / n + (s11 + s11_turned) / (m * n)

    return math.sqrt(covariance(0, 0) + covariance(1, 1) - 2 * covariance(0, 1))


@pytest.mark.parametrize("mixed", [False, True])
def test_clustered_version_agrees_with_its_formulas(mixed):
    y_true, first, second, patient = draw(5, num_patients=20, films_each=3)
    if mixed:  # patients with images of both classes
        y_true = np.roll(y_true, 1)

    found = auc_test(y_true, first, second, groups=patient)

    spread = obuchowski_by_loops(y_true, first, second, patient)
    assert (found.high - found.low) / 2 == pytest.approx(1.959964 * spread, rel=1e-6)


def test_clustered_version_is_delong_s_where_each_patient_has_one_image():
    y_true, first, second, patient = draw(1)

    assert auc_test(y_true, first, second, groups=patient) == auc_test(y_true, first, second)


def test_only_the_clustered_version_keeps_its_error_rate_on_images_of_the_same_patients():
    rejected = {"images": 0, "patients": 0}
    for seed in range(150):
        random = np.random.default_rng(seed)
        truth = np.repeat(random.permutation(np.repeat([0, 1], 20)), 5)
        patient = np.repeat(np.arange(40), 5)
        own, others = random.normal(0, 1, (2, 40))[:, patient], random.normal(0, 0.3, (2, 200))
        first, second = truth * 1.5 + own + others  # equally good, whatever the sample says
        rejected["images"] += auc_test(truth, first, second).p_value < 0.05
        tested = auc_test(truth, first, second, groups=patient)
        rejected["patients"] += tested.p_value < 0.05

    assert rejected["images"] > 40
    assert rejected["patients"] < 16


def test_the_same_ranking_is_no_difference():
    y_true, first, _, patient = draw(0)

    found = auc_test(y_true, first, 2 * first + 1, groups=patient)

    assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_a_difference_without_spread_has_no_p_value():
    found = auc_test([0, 0, 1, 1], [1, 1, 1, 1], [1, 2, 3, 4])

    assert found.difference == 0.5
    assert math.isnan(found.p_value)


@pytest.mark.parametrize(
    ("y_true", "groups", "message"),
    [
        ([0, 0, 0, 1], None, "Received 1 and 3"),
        ([0, 0, 1, 1], ["a", "b", "c", "c"], "Received 1 and 2"),
        ([0, 0, 1, 2], None, "labels"),
        ([0, 1], None, "same length"),
        ([0, 0, 1, 1], ["a"], "`y_true` and `groups`"),
    ],
)
def test_auc_test_rejects_malformed_input(y_true, groups, message):
    with pytest.raises(ValueError, match=message):
        auc_test(y_true, [1, 2, 3, 4], [4, 3, 2, 1], groups=groups)


@pytest.mark.parametrize(("b", "c"), [(0, 0), (1, 0), (0, 6), (3, 9), (10, 10), (200, 260)])
def test_mcnemar_agrees_with_the_binomial_test(b, c):
    first = np.repeat([True, False, True, False], [b, c, 50, 20])
    second = np.repeat([False, True, True, False], [b, c, 50, 20])

    found = mcnemar_test(first, second)

    assert (found.first_only, found.second_only) == (b, c)
    expected = binomtest(b, b + c).pvalue if b + c else 1.0
    assert found.p_value == pytest.approx(expected)


def test_mcnemar_by_hand():
    # Six cases fall to the second and none to the first: 2 / 2**6.
    assert mcnemar_test([False] * 6, [True] * 6).p_value == 2 / 64


def test_mcnemar_rejects_arrays_of_two_lengths():
    with pytest.raises(ValueError, match="`first_right` and `second_right`"):
        mcnemar_test([True], [True, False])


def test_a_paired_difference_draws_the_same_patients_for_both():
    y_true, first, second, patient = draw(2, num_patients=30, films_each=2)

    found = paired_difference(roc_auc, y_true, first, second, groups=patient)

    assert found.value == pytest.approx(
        roc_auc_score(y_true, second) - roc_auc_score(y_true, first)
    )
    assert found.low < found.value < found.high
    assert found.num_groups == 30
    same = paired_difference(roc_auc, y_true, first, 3 * first, groups=patient)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_the_paired_bootstrap_and_the_clustered_test_agree():
    y_true, first, second, patient = draw(7, num_patients=150, films_each=2)

    drawn = paired_difference(roc_auc, y_true, first, second, groups=patient)
    tested = auc_test(y_true, first, second, groups=patient)

    assert drawn.value == pytest.approx(tested.difference)
    assert drawn.high - drawn.low == pytest.approx(tested.high - tested.low, rel=0.1)


def test_paired_differences_take_class_probabilities():
    proportions = np.random.default_rng(0).dirichlet(np.ones(3), (2, 20))

    found = paired_difference(
        lambda truth, share: float((share.argmax(axis=1) == truth).mean()),
        np.arange(20) % 3, proportions[0], proportions[1], groups=np.arange(20),
    )  # fmt: skip

    right = (proportions.argmax(axis=2) == np.arange(20) % 3).mean(axis=1)
    assert found.value == pytest.approx(right[1] - right[0])


def test_holm_by_hand():
    # Smallest first: 0.01 times 3, then 0.02 times 2, then 0.03, but never below the one before.
    assert holm([0.03, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.4, 0.9]) == pytest.approx([0.8, 0.9])
    assert holm([0.6, 0.7]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_holm_leaves_out_what_was_no_test():
    found = holm([math.nan, 0.02, 0.03])

    assert math.isnan(found[0])
    assert found[1:] == pytest.approx([0.04, 0.04])
