from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.core.errors import BundleError, DatasetError
from app.core.statistics.paired_tests import auc_test, mcnemar_test
from model_training.evaluation.comparison import compare_on_test_rows
from tests.model_training.altered_bundles import altered

pytestmark = pytest.mark.slow


def blurred(table):
    """The same predictions with noise: a model that knows less."""
    noise = np.random.default_rng(1).normal(0, 0.35, len(table))
    return table.assign(probability=(table["probability"] + noise).clip(0, 1))


def differences(pair):
    return {difference.name: difference for difference in pair.differences}


def test_two_bundles_on_their_test_rows(bundle, tmp_path):
    other = altered(bundle, tmp_path / "other", blurred)

    found = compare_on_test_rows([bundle, other])

    first, second = (
        each.predictions().query("split == 'test'").reset_index() for each in (bundle, other)
    )
    truth, patients = first["y_true"], first["patient_id"]
    (pair,) = found.pairs
    assert (pair.first, pair.second, found.notes) == ("small", "other", ())
    scores = first["probability"], second["probability"]
    assert pair.auc_by_image == auc_test(truth, *scores)
    assert pair.auc_by_patient == auc_test(truth, *scores, groups=patients)
    assert pair.auc_p == pair.auc_by_patient.p_value
    right = [(score >= 0.5) == (truth == 1) for score in scores]
    assert pair.mcnemar == mcnemar_test(*right)
    accuracy = differences(pair)["Accuracy"]
    assert (accuracy.first, accuracy.second) == (right[0].mean(), right[1].mean())
    assert accuracy.interval.value == pytest.approx(right[1].mean() - right[0].mean())
    assert accuracy.interval.num_groups == patients.nunique()
    brier = differences(pair)["Brier score"]
    assert brier.second == pytest.approx(((scores[1] - truth) ** 2).mean())


def test_images_are_matched_by_their_content_and_the_rest_is_left_out(bundle, tmp_path):
    def fewer(table):
        shuffled = table.sample(frac=1, random_state=0).assign(path="elsewhere")
        return shuffled[~shuffled["image_id"].str.startswith(("test01", "test11"))]

    other = altered(bundle, tmp_path / "other", fewer)

    found = compare_on_test_rows([bundle, other])

    assert found.cases.num_images == 20
    [note] = found.notes
    assert note.startswith("small has 40 test images;")
    assert found.pairs[0].auc_by_patient.difference == 0
    assert found.pairs[0].auc_p == 1
    np.testing.assert_array_equal(
        found.contenders[0].cases.image_ids, found.contenders[1].cases.image_ids
    )


def test_each_bundle_decides_at_its_own_threshold(bundle, tmp_path):
    other = altered(bundle, tmp_path / "other", lambda table: table)
    thresholds = bundle.manifest.thresholds.model_copy(
        update={"decision": 0.9, "uncertain_high": 0.9}
    )
    manifest = other.manifest.model_copy(update={"one_of_thresholds": thresholds})
    other = replace(other, manifest=manifest)

    found = differences(compare_on_test_rows([bundle, other]).pairs[0])

    assert found["Sensitivity"].second < found["Sensitivity"].first
    assert found["Specificity"].second > found["Specificity"].first


def test_three_bundles_are_compared_in_pairs_with_holm_s_correction(bundle, tmp_path):
    others = [altered(bundle, tmp_path / name, blurred) for name in ("b", "c")]

    found = compare_on_test_rows([bundle, *others])

    assert [(pair.first, pair.second) for pair in found.pairs] == [
        ("small", "b"), ("small", "c"), ("b", "c")
    ]  # fmt: skip
    assert found.pairs[0].auc_p == pytest.approx(min(1, 3 * found.pairs[0].auc_by_patient.p_value))


def test_training_images_are_left_out_and_validation_images_reported(bundle, tmp_path):
    image_ids = bundle.predictions().query("split == 'test'")["image_id"].tolist()
    split = pd.DataFrame({"image_id": image_ids[:7], "split": ["train"] * 4 + ["val"] * 3})
    other = altered(bundle, tmp_path / "other", lambda table: table, split=split)

    found = compare_on_test_rows([bundle, other])

    assert found.cases.num_images == 36
    assert "other was trained on 4 of 40 images; they are left out." in found.notes
    assert any("3 of 40 images" in note for note in found.notes)


def test_bundles_of_the_same_name_get_different_labels(bundle, tmp_path):
    other = altered(bundle, tmp_path / "small", blurred)

    labels = [each.label for each in compare_on_test_rows([bundle, other]).contenders]

    assert labels == [f"small {bundle.sha256[:6]}", f"small {other.sha256[:6]}"]


def test_bundles_of_two_tasks_are_refused(bundle, three_class_bundle):
    with pytest.raises(BundleError, match="same order"):
        compare_on_test_rows([bundle, three_class_bundle])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.assign(image_id="x" + table["image_id"]), "no image in common"),
        (lambda table: table.assign(y_true=1 - table["y_true"]), "different labels for 40 of 40"),
        (lambda table: table[table["y_true"] == 1], "of 0 patients in the smallest class"),
    ],
)
def test_what_cannot_be_compared_is_refused(bundle, tmp_path, change, message):
    other = altered(bundle, tmp_path / "other", change)

    with pytest.raises(DatasetError, match=message):
        compare_on_test_rows([bundle, other])


def test_three_classes(three_class_bundle, tmp_path):
    classes = list(three_class_bundle.manifest.task.classes)

    def flattened(table):
        proportions = np.random.default_rng(0).dirichlet(np.ones(3), len(table))
        return table.assign(**dict(zip(classes, proportions.T, strict=True)))

    other = altered(three_class_bundle, tmp_path / "other", flattened)

    (pair,) = compare_on_test_rows([three_class_bundle, other]).pairs

    assert pair.auc_by_patient is None
    assert np.isnan(pair.auc_p)
    ranking = differences(pair)["AUC, mean of each class against the rest"]
    assert ranking.interval.high < 0
    assert pair.decisions_p < 0.05
