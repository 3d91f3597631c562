import math

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from app.core.bundles.decision_rule import Thresholds
from app.core.performance.predictions import HeldOut
from app.core.performance.proportions import (
    ClusteredProportion,
    evaluate_decisions,
    evaluate_zones,
)
from app.core.statistics.bootstrap import bootstrap_interval
from app.core.statistics.metrics import Proportion


def held_out(truth, probabilities, patients):
    text = np.array(patients).astype(np.str_)
    return HeldOut("test", np.array(truth), np.array(probabilities), text, text, text, text, text)


def test_proportions_by_hand():
    score = np.array([0.9, 0.2, 0.8, 0.1, 0.6])
    cases = held_out([1, 1, 0, 0, 1], np.stack([1 - score, score], 1), ["a", "a", "b", "c", "d"])
    found = evaluate_decisions(cases, threshold=0.5)

    counts = {
        name: (getattr(found, name).successes, getattr(found, name).total)
        for name in ("sensitivity", "specificity", "ppv", "npv", "accuracy")
    }
    assert counts == {
        "sensitivity": (2, 3), "specificity": (1, 2), "ppv": (2, 3), "npv": (1, 2),
        "accuracy": (3, 5),
    }  # fmt: skip
    assert (found.f1.overlap.successes, found.f1.overlap.total) == (2, 4)
    assert found.sensitivity.num_patients == 2


def test_the_interval_by_hand():
    # Of patients with 2, 2 and 1 images 2, 1 and 0 were right: proportion 3/5, and residuals from
    # it 0.8, -0.2, -0.6, whose squares sum to 1.04.
    proportion = ClusteredProportion.of(
        np.array([1, 1, 1, 0, 0], bool), np.array(["a", "a", "b", "b", "c"])
    )

    between = 3 / 2 * 1.04 / 25
    assert proportion.design_effect == pytest.approx(between / (0.6 * 0.4 / 5))
    effective = 5 / proportion.design_effect
    z = 1.959963984540054
    half = z * math.sqrt(0.6 * 0.4 / effective + z**2 / (4 * effective**2))
    centre = 0.6 + z**2 / (2 * effective)
    expected = [(centre + side * half) / (1 + z**2 / effective) for side in (-1, 1)]
    assert proportion.interval() == pytest.approx(expected)


def test_patients_with_one_image_each_have_wilsons_interval():
    right = np.arange(50) < 37
    proportion = ClusteredProportion.of(right, np.arange(50).astype(np.str_))

    assert proportion.design_effect == pytest.approx(1, abs=0.03)
    assert proportion.interval() == pytest.approx(Proportion(37, 50).interval(), abs=0.003)


@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
def test_it_is_as_wide_as_a_bootstrap_over_many_patients(alike):
    random = np.random.default_rng(1)
    patients = np.repeat(np.arange(300), random.integers(1, 5, 300))
    of_patient = random.random(300) < 0.8
    same = random.random(len(patients)) < alike
    right = np.where(same, of_patient[patients], random.random(len(patients)) < 0.8)
    names = patients.astype(np.str_)

    low, high = ClusteredProportion.of(right, names).interval()
    drawn = bootstrap_interval(
        lambda truth, _: truth.mean(), right, np.zeros(len(right)), groups=names
    )
    assert high - low == pytest.approx(drawn.high - drawn.low, rel=0.1)


@pytest.mark.parametrize("num_patients", [8, 20, 60])
def test_the_interval_covers_the_truth_where_films_of_a_patient_are_alike(num_patients):
    random = np.random.default_rng(num_patients)
    plain, clustered = [], []
    for _ in range(1000):
        patients = np.repeat(np.arange(num_patients), random.integers(1, 5, num_patients))
        # Beta-binomial with a mean of 0.8 and a correlation of 0.4 within a patient.
        of_patient = random.beta(0.8 * 1.5, 0.2 * 1.5, num_patients)
        right = random.random(len(patients)) < of_patient[patients]
        proportion = ClusteredProportion.of(right, patients.astype(np.str_))
        for found, part in (
            (clustered, proportion),
            (plain, Proportion(proportion.successes, proportion.total)),
        ):
            low, high = part.interval()
            found.append(low <= 0.8 <= high)

    assert 0.93 <= np.mean(clustered) <= 0.98
    assert np.mean(plain) < 0.9


def test_where_all_were_right_each_patient_counts_once():
    proportion = ClusteredProportion.of(np.ones(12, bool), np.repeat(["a", "b", "c"], 4))

    assert proportion.interval() == pytest.approx(Proportion(3, 3).interval())


def test_a_proportion_of_no_cases_is_undefined():
    empty = ClusteredProportion.of(np.zeros(0, bool), np.zeros(0, np.str_))

    assert math.isnan(empty.value)
    assert all(math.isnan(end) for end in empty.interval())


@pytest.mark.parametrize("label", range(3))
def test_one_class_against_the_others_agrees_with_scikit_learn(label):
    random = np.random.default_rng(label)
    truth, probabilities = random.integers(0, 3, 200), random.dirichlet([1, 1, 1], 200)
    found = evaluate_decisions(held_out(truth, probabilities, np.arange(200)), label=label)

    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, _ = sklearn_metrics.precision_recall_fscore_support(
        truth == label, predicted == label, average="binary"
    )
    assert (found.ppv.value, found.sensitivity.value) == pytest.approx((precision, recall))
    assert found.f1.value == pytest.approx(f1)
    assert found.accuracy.value == pytest.approx((truth == predicted).mean())


def test_zones_by_hand():
    score = np.array([0.1, 0.2, 0.5, 0.7, 0.8, 0.9])
    cases = held_out([0, 1, 1, 0, 1, 1], np.stack([1 - score, score], 1), list("abcdef"))
    thresholds = Thresholds(
        decision=0.5, uncertain_low=0.3, uncertain_high=0.7, rule="half", chosen_on="validation"
    )
    found = evaluate_zones(cases, thresholds)

    assert (found.missed.successes, found.missed.total) == (1, 4)
    assert (found.precision.successes, found.precision.total) == (2, 3)
    assert (found.ruled_out.successes, found.ruled_in.successes) == (2, 3)
    assert found.to_be_read == Proportion(1, 6)
