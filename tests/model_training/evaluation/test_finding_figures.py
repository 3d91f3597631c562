import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from app.core.performance.findings import select_findings
from model_training.bundling import bundle_page
from model_training.evaluation.figures import overall
from model_training.evaluation.finding_figures import (
    as_markdown,
    as_numbers,
    cases_of_test_split,
    numbers_on_test_split,
    summary_rows,
)
from model_training.fitting.repeats import as_text, spread
from tests.bundles import without_test_labels

# Every finding has bootstraps of all its figures.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cases(findings_bundle):
    return cases_of_test_split(findings_bundle.manifest, findings_bundle.predictions())


def test_each_finding_has_the_figures_of_two_classes(cases, findings_bundle):
    table = findings_bundle.predictions()
    rows = summary_rows(cases)

    assert [row[0] for row in rows] == ["Effusion", "Nodule", "Cardiomegaly"]
    for one, row in zip(cases, rows, strict=True):
        expected = overall(one.cases, one.manifest.task, threshold=one.manifest.thresholds.decision)
        values = {figure.name: figure for figure in expected}
        assert row[2] == f"{values['AUC'].value} ({values['AUC'].interval})"
        assert row[3].startswith(values["Sensitivity"].value)
        assert row[4].startswith(values["Specificity"].value)
    labels = table.loc[table["split"] == "test", "y_true:NODULE"]
    assert rows[1][1] == f"{int(labels.sum())} of {labels.notna().sum()} images"


def test_numbers_equal_scikit_learn(findings_bundle):
    found = numbers_on_test_split(findings_bundle)

    table = findings_bundle.predictions()
    table = table[table["split"] == "test"]
    aucs = []
    for name in findings_bundle.manifest.task.classes:
        known = table["y_true:" + name].notna()
        truth, score = (table.loc[known, f"{what}:{name}"] for what in ("y_true", "probability"))
        aucs.append(roc_auc_score(truth, score))
        assert found[f"AUC {name}"] == pytest.approx(aucs[-1], abs=1e-12)
    assert found["mean AUC"] == pytest.approx(np.mean(aucs), abs=1e-12)


def test_a_finding_without_both_answers_says_so(findings_bundle):
    table = findings_bundle.predictions()
    table["y_true:NODULE"] = 0.0
    manifest = findings_bundle.manifest
    cases = cases_of_test_split(manifest, table)

    text = as_markdown(cases, select_findings(table, manifest.task, split="test"))

    assert "### Nodule\n\nNo figures" in text
    assert "0 of 60 images show Nodule" in text
    assert "Mean AUC of the 3 findings: none, for lack of images with and without Nodule." in text
    assert summary_rows(cases)[1][2:] == ("none", "none", "none")


def test_a_finding_without_test_images_says_so(findings_bundle, tmp_path):
    bundle = without_test_labels(findings_bundle, tmp_path / "b", "NODULE")
    manifest, table = bundle.manifest, bundle.predictions()
    cases = cases_of_test_split(manifest, table)

    text = as_markdown(cases, select_findings(table, manifest.task, split="test"))
    bundle_page.write_page(tmp_path / "page.html", bundle)

    assert summary_rows(cases)[1] == ("Nodule", "no images", "none", "none", "none")
    said = "No figures: no test images are labelled for Nodule. Label some images with it"
    assert f"### Nodule\n\n{said}" in text
    assert said in (tmp_path / "page.html").read_text()
    assert "nan" not in text + as_text(spread([bundle, bundle]))


def test_numbers_of_nothing_known():
    found = as_numbers(np.full((3, 1), np.nan, np.float32), np.full((3, 1), 0.5), ["A"])
    assert np.isnan(found["mean AUC"])
