"""The pages on a model of findings that do not exclude each other."""

import pytest
from streamlit.testing.v1 import AppTest

from app.core.performance.findings import mean_auc, select_findings
from app.core.performance.formatting import figure
from app.core.performance.predictions import select
from app.core.statistics.bootstrap_areas import auc_interval
from tests.app.views.conftest import MAIN, made, named, open_film, texts
from tests.bundles import without_test_labels
from tests.homes import link_converted


@pytest.fixture
def app(findings_bundle, data_root, tmp_path, monkeypatch) -> AppTest:
    """The app on a small model of three findings."""
    monkeypatch.setenv("OVERREAD_MODELS", str(findings_bundle.path.parent))
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(data_root))
    monkeypatch.setenv("OVERREAD_HOME", str(link_converted(tmp_path / "home")))
    return named(AppTest.from_file(MAIN, default_timeout=60))


def finding_key(bundle, page):
    return f"{page}_finding_{bundle.sha256[:12]}"


def test_performance_of_all_findings(app, findings_bundle):
    at = app.run().switch_page("views/performance.py").run()

    assert not at.exception
    table = at.dataframe[0].value
    assert table["Finding"].tolist() == ["Effusion", "Nodule", "Cardiomegaly"]
    everything = findings_bundle.predictions()
    test = everything[everything["split"] == "test"]
    labels = test["y_true:NODULE"]
    assert table["Shown by"].iloc[1] == f"{int(labels.sum())} of {labels.notna().sum()} labelled"
    together = select_findings(everything, findings_bundle.manifest.task, split="test")
    assert at.metric[0].label == "Mean AUC"
    assert at.metric[0].value == figure(mean_auc(together))
    assert "Co-occurrence" in texts(at)


def test_performance_of_one_finding_is_that_of_two_classes(app, findings_bundle):
    at = app.switch_page("views/performance.py").run()
    at.selectbox(key=finding_key(findings_bundle, "performance")).set_value("NODULE").run()

    assert not at.exception
    nodule = findings_bundle.of_finding("NODULE")
    held_out = select(nodule.predictions(), nodule.manifest.task, split="test")
    auc = auc_interval(held_out.y_true, held_out.probabilities[:, 1], groups=held_out.patients)
    metrics = {metric.label: metric.value for metric in at.metric}
    assert metrics["AUC"] == figure(auc)
    predicted = held_out.probabilities[held_out.y_true == 1, 1] >= 0.4
    assert metrics["Sensitivity"] == f"{predicted.mean():.1%}".replace("%", " %")

    at.selectbox(key=finding_key(findings_bundle, "performance")).set_value("EFFUSION").run()
    assert {metric.label: metric.value for metric in at.metric}["AUC"] != metrics["AUC"]


def test_a_finding_without_test_images(findings_bundle, data_root, tmp_path, monkeypatch):
    without_test_labels(findings_bundle, tmp_path / "models" / "findings", "NODULE")
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    at = AppTest.from_file(MAIN, default_timeout=60).run()
    at.switch_page("views/performance.py").run()

    assert at.dataframe[0].value["Shown by"].iloc[1] == "no test images"
    assert list(at.dataframe[0].value.iloc[1, 2:]) == ["none", "0.400", "none", "none"]
    assert at.metric[0].value == "none"

    finding = next(one for one in at.selectbox if one.label == "Finding")
    finding.set_value("NODULE").run()
    assert not at.exception
    assert [one.value for one in at.info] == ["No test images are labelled for Nodule."]
    assert "Validation split" in texts(at)
    assert "nan" not in texts(at)


@pytest.mark.parametrize("view", ["Misclassified films", "Calibration", "Subgroups", "Counts"])
def test_details_of_one_finding(app, findings_bundle, view):
    at = app.switch_page("views/performance.py").run()
    at.selectbox(key=finding_key(findings_bundle, "performance")).set_value("NODULE").run()

    at.segmented_control(key="performance_view").set_value(view).run()

    assert not at.exception


def test_the_card_of_a_model_of_findings(app):
    at = app.switch_page("views/model_card.py").run()

    assert not at.exception
    assert "It looks for: Effusion, Nodule, Cardiomegaly" in texts(at)


def test_activations_explain_the_finding_that_leads(app, findings_bundle):
    results = made(app, "ward").results()
    first = next(one for one in results if one is not None and one.prediction is not None)
    at = open_film(app, first.source.name, "views/activations.py")

    assert not at.exception
    leading = findings_bundle.manifest.task.classes[first.prediction.class_index]
    word = findings_bundle.manifest.task.display_name(leading).lower()
    assert f"Probability of {word}" in texts(at)
