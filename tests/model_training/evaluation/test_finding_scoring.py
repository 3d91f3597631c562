"""Evaluating and comparing models of findings on labelled images."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from app.core.errors import BundleError, DatasetError
from model_training.data.datasets import Dataset
from model_training.evaluation import evaluation_report
from model_training.evaluation.comparison import compare_on_data, compare_on_test_rows
from model_training.evaluation.scoring import score
from tests.model_training.finding_films import write_findings


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Films that the model has not seen, one of which cannot be read."""
    dataset = write_findings(tmp_path_factory.mktemp("elsewhere"), patients=40, seed=9)
    dataset.cases[3].path.write_bytes(b"no image")
    return dataset


@pytest.fixture(scope="module")
def scored(trained_on_findings, elsewhere):
    return score(trained_on_findings, elsewhere)


def test_a_finding_is_evaluated_on_its_labelled_images(scored, elsewhere):
    own = scored.of_finding("NODULE")
    held_out = own.held_out()

    expected = [
        (case.name, case.findings[1])
        for number, case in enumerate(elsewhere.cases)
        if number != 3 and case.findings[1] is not None
    ]
    assert list(zip(held_out.paths.tolist(), held_out.y_true.tolist(), strict=True)) == expected
    by_name = {
        case.name: result.prediction
        for case, result in zip(elsewhere.cases, scored.results, strict=True)
    }
    assert held_out.probabilities[:, 1].tolist() == [
        by_name[name].findings[1].probability for name, _ in expected
    ]
    assert len(own.groups) == held_out.num_images


def test_text_has_every_finding(scored):
    text = " ".join(evaluation_report.text(scored).split())

    assert "79 images of 40 patients scored by findings" in text
    assert "1 of 80 images could not be scored" in text
    assert "Mean AUC of the 2 findings" in text
    assert "### Effusion" in text
    assert "### Nodule" in text
    held_out = scored.of_finding("NODULE").held_out()
    auc = roc_auc_score(held_out.y_true, held_out.probabilities[:, 1])
    assert f"{auc:.3f}" in text


def test_page(scored, tmp_path):
    evaluation_report.write_html(tmp_path / "r.html", scored, data="elsewhere", warning="")

    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Nodule: Calibration" in page
    assert "All findings" in page


def test_table_has_the_truth_of_each_finding(scored, elsewhere):
    table = scored.table()

    assert len(table) == 80
    for number, name in enumerate(("EFFUSION", "NODULE")):
        expected = [case.findings[number] for case in elsewhere.cases]
        assert table[f"truth:{name}"].isna().tolist() == [one is None for one in expected]
        assert table[f"truth:{name}"].dropna().tolist() == [
            one for one in expected if one is not None
        ]
    assert table.loc[3, "status"] == "unreadable"


def test_data_labelled_for_some_of_the_findings(trained_on_findings, elsewhere):
    only = Dataset(
        ("NODULE",),
        [replace(case, findings=case.findings[1:]) for case in elsewhere.cases],
        task="any-of",
    )

    some, every = score(trained_on_findings, only), score(trained_on_findings, elsewhere)

    np.testing.assert_array_equal(
        some.of_finding("NODULE").held_out().probabilities,
        every.of_finding("NODULE").held_out().probabilities,
    )
    assert "Mean AUC of the 1 findings" in evaluation_report.text(some)


def test_a_finding_without_labels_is_named(scored, trained_on_findings, elsewhere, tmp_path):
    cases = [replace(case, findings=(case.findings[0], None)) for case in elsewhere.cases]

    text = evaluation_report.text(replace(scored, cases=cases))
    evaluation_report.write_html(
        tmp_path / "r.html", replace(scored, cases=cases), data="elsewhere", warning=""
    )

    said = (
        "No figures: no test images are labelled for Nodule. Label some images with it and some "
        "without it."
    )
    assert f"### Nodule\n\n{said}" in text
    assert said in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "nan" not in text
    few = Dataset(("EFFUSION", "NODULE"), cases[:2], task="any-of")
    with pytest.raises(DatasetError, match="None of the 2 images is labelled for 'NODULE'"):
        compare_on_data([trained_on_findings] * 2, few, finding="NODULE")


def test_one_class_each_is_refused(trained_on_findings, elsewhere):
    classes = Dataset(
        ("EFFUSION", "NODULE"),
        [replace(case, label=0, findings=()) for case in elsewhere.cases],
    )

    with pytest.raises(DatasetError, match=r"is any-of, that of the data one-of"):
        score(trained_on_findings, classes)


def test_two_models_are_compared_by_finding(trained_on_findings, elsewhere):
    twice = [trained_on_findings, trained_on_findings]

    on_rows = compare_on_test_rows(twice, finding="NODULE")
    on_data = compare_on_data(twice, elsewhere, finding="NODULE")

    expected = trained_on_findings.of_finding("NODULE").predictions()
    assert on_rows.contenders[0].cases.num_images == (expected["split"] == "test").sum()
    assert on_rows.pairs[0].auc_by_patient.difference == 0
    labelled = [case.findings[1] is not None for case in elsewhere.cases]
    assert on_data.contenders[0].cases.num_images == sum(labelled) - labelled[3]


def test_a_comparison_needs_a_finding(trained_on_findings, elsewhere):
    twice = [trained_on_findings, trained_on_findings]

    with pytest.raises(BundleError, match="Choose it with --finding"):
        compare_on_test_rows(twice)
    with pytest.raises(BundleError, match="does not look for 'MASS'"):
        compare_on_data(twice, elsewhere, finding="MASS")
