import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, norm

from app.core.bundles.bundle import load_bundle
from app.core.evidence.comparison import Comparison, Difference, compare
from app.core.evidence.comparison_words import as_json, conclusions, method, shared_cases, table
from model_training.evaluation.comparison import compare_on_test_rows
from tests.app.core.evidence.test_pairing import paired, results
from tests.app.views.light_bundles import drawn_table, write_bundle


def two(folder, truth, first, second, *, patients=None, **asked):
    """Two tables of scores on the same cases."""
    patients = range(len(truth)) if patients is None else patients
    frames = [
        pd.DataFrame({"case": range(len(truth)), "patient": patients, "score": s, "truth": truth})
        for s in (first, second)
    ]
    return [
        results(folder, frame.to_csv(index=False), name=name, **asked)
        for name, frame in zip(("A", "B"), frames, strict=True)
    ]


def of(found: Comparison, name: str) -> Difference:
    (difference,) = [one for one in found.differences if one.name == name]
    return difference


def test_discordant_cases_by_hand(tmp_path):
    # Of 10 positives both find 2, only B finds 7, neither 1; of 10 negatives A alone clears 1.
    truth = [1] * 10 + [0] * 10
    first = [0.9] * 2 + [0.2] * 8 + [0.1] * 10
    second = [0.9] * 9 + [0.2] + [0.8] + [0.1] * 9

    found = compare(paired(*two(tmp_path, truth, first, second)))

    sensitivity, specificity = of(found, "Sensitivity"), of(found, "Specificity")
    assert (sensitivity.first, sensitivity.second, sensitivity.num_cases) == (0.2, 0.9, 10)
    assert (sensitivity.discordant.first_only, sensitivity.discordant.second_only) == (0, 7)
    assert sensitivity.p_value == 2 / 2**7
    assert sensitivity.is_clear
    assert sensitivity.second_is_better
    assert (specificity.discordant.first_only, specificity.discordant.second_only) == (1, 0)
    assert specificity.p_value == 1
    assert "Specificity: these cases show no difference" in conclusions(found)[3]
    assert not specificity.is_clear
    accuracy = of(found, "Accuracy")
    assert (accuracy.discordant.first_only, accuracy.discordant.second_only) == (1, 7)
    # 2 (1 + 8) / 2**8. The interval excludes 0, the exact test does not.
    assert accuracy.p_value == pytest.approx(binomtest(1, 8).pvalue) == 18 / 256
    assert accuracy.low > 0
    assert not accuracy.is_clear
    said = conclusions(found)
    assert said[2].startswith(
        "Sensitivity: B is better, 90.0 % against 20.0 % (difference +70.0 points, 95 % interval +"
    )
    assert "p = 0.016)." in said[2]
    assert said[1].startswith("Accuracy: too few cases to tell, 60.0 % and 90.0 % (")


def test_areas_by_hand(tmp_path):
    # As in the test of DeLong's test by hand: each variance is 1/8 in A, none in B.
    one, other = two(tmp_path, [0, 0, 1, 1], [0.1, 0.3, 0.2, 0.4], [0.1, 0.2, 0.3, 0.4])

    auc = of(compare(paired(one, other)), "AUC")

    assert (auc.first, auc.second, auc.num_cases) == (0.75, 1.0, 4)
    assert auc.low == pytest.approx(0.25 - 1.959964 * math.sqrt(1 / 8))
    assert auc.p_value == pytest.approx(2 * norm.sf(0.25 / math.sqrt(1 / 8)))
    assert not auc.is_clear


def test_the_other_way_round_only_signs_change(tmp_path):
    random = np.random.default_rng(1)
    truth = np.repeat(random.integers(0, 2, 60), 2)
    noise = random.normal(0, 0.1, (2, 120))
    scores = np.clip([0.45 + 0.1 * truth + 2 * noise[0], 0.3 + 0.4 * truth + noise[1]], 0, 1)
    sides = two(tmp_path, truth, *scores, patients=np.arange(120) // 2)

    found, turned = compare(paired(*sides)), compare(paired(*reversed(sides)))

    for one, other in zip(found.differences, turned.differences, strict=True):
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
        assert one.is_clear
        assert other.is_clear
        assert one.second_is_better
        assert not other.second_is_better
    brier = of(found, "Brier score")
    assert brier.value == pytest.approx(
        np.mean((scores[1] - truth) ** 2) - np.mean((scores[0] - truth) ** 2)
    )
    assert all(": B is better, " in one for one in conclusions(turned))
    assert "in Obuchowski's form for several cases of one patient" in method(found)
    assert "120 shared cases of 60 patients" in shared_cases(found)[0]


def test_the_same_scores_are_no_difference(tmp_path):
    truth, scores = [0, 1] * 10, np.linspace(0.1, 0.9, 20)

    found = compare(paired(*two(tmp_path, truth, scores, scores)))

    assert all(one.value == 0 and not one.is_clear for one in found.differences)
    assert {row["Difference"] for row in table(found)} == {"0.000", "0.0 points"}
    assert {row["95 % interval"] for row in table(found)} == {"0.000 to 0.000", "0.0 to 0.0"}


def test_a_difference_without_spread_shows_nothing(tmp_path):
    one, other = two(tmp_path, [0, 0, 1, 1], [0.1] * 4, [0.1, 0.2, 0.8, 0.9])

    auc = of(compare(paired(one, other)), "AUC")

    assert auc.value == 0.5
    assert math.isnan(auc.p_value)
    assert not auc.is_clear


def test_scores_that_are_no_probabilities_have_no_brier_score(tmp_path):
    truth, scores = [0, 1] * 10, np.arange(20)
    one = two(tmp_path, truth, scores / 20, scores / 20)[0]
    points = two(tmp_path / "points", truth, scores, scores)[1]

    found = compare(paired(one, points))

    assert [each.name for each in found.differences] == [
        "AUC", "Accuracy", "Sensitivity", "Specificity",
    ]  # fmt: skip
    assert "The threshold of B was chosen on these cases, which favours it." in shared_cases(found)


@pytest.mark.parametrize("classes", [("NORMAL", "PNEUMONIA"), ("A", "B", "C")])
def test_bundles_are_compared_as_the_trainer_compares_them(tmp_path, classes):
    random = np.random.default_rng(3)
    rows = drawn_table(classes)
    changed = rows.copy()
    columns = ["probability"] if len(classes) == 2 else list(classes)
    changed[columns] = np.clip(rows[columns] + random.normal(0, 0.2, rows[columns].shape), 0, 1)
    bundles = [
        load_bundle(write_bundle(tmp_path, frame, name=name, classes=classes))
        for name, frame in (("one", rows), ("other", changed))
    ]

    found = compare(paired(*bundles, splits=("test", "test")))

    (pair,) = compare_on_test_rows(bundles).pairs
    accuracy = of(found, "Accuracy")
    assert found.pairing.matched_by == "the content of their films"
    assert (accuracy.discordant, accuracy.p_value) == (pair.mcnemar, pair.decisions_p)
    if len(classes) == 2:
        auc = of(found, "AUC")
        theirs = pair.auc_by_patient
        assert (auc.low, auc.high, auc.p_value) == (theirs.low, theirs.high, theirs.p_value)
    names = {one.name for one in pair.differences} & {one.name for one in found.differences}
    assert {"Accuracy"} < names if len(classes) == 2 else {"Accuracy"} <= names
    for theirs in pair.differences:
        if theirs.name in names:
            ours = of(found, theirs.name)
            assert (ours.first, ours.second) == pytest.approx((theirs.first, theirs.second))
            interval = theirs.interval
            assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high))


def test_all_of_it_is_written_as_json(tmp_path):
    truth, scores = [0, 1] * 10, np.linspace(0.1, 0.9, 20)

    found = json.loads(as_json(compare(paired(*two(tmp_path, truth, scores, scores[::-1])))))

    assert (found["num_shared"], found["num_only_first"], found["num_patients"]) == (20, 0, 20)
    assert found["differences"][0]["name"] == "AUC"
    assert found["differences"][-1]["p_value"] is None
    assert found["thresholds"] == [0.5, 0.5]
