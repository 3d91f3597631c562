"""The pages on a model of findings that do not exclude each other."""

import numpy as np
import pytest
from app.ui.review import finding_columns
from app.ui.review.finding_columns import are_listed
from streamlit.testing.v1 import AppTest

from app.core.bundles.task import Task
from app.core.performance.findings import mean_auc, select_findings
from app.core.performance.formatting import figure
from app.core.performance.predictions import select
from app.core.record.log import all_entries
from app.core.record.opening import open_record
from app.core.record.verdicts import VerdictStore
from app.core.statistics.bootstrap import auc_interval
from tests.app.views.conftest import MAIN, review_folder
from tests.bundles import without_test_labels
from tests.homes import link_converted


@pytest.fixture
def app(findings_bundle, data_root, tmp_path, monkeypatch) -> AppTest:
    """The app on a small model of three findings."""
    monkeypatch.setenv("OVERREAD_MODELS", str(findings_bundle.path.parent))
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(data_root))
    monkeypatch.setenv("OVERREAD_HOME", str(link_converted(tmp_path / "home")))
    return AppTest.from_file(MAIN, default_timeout=60)


def texts(at) -> str:
    return "\n".join(
        element.value for kind in (at.markdown, at.caption, at.info) for element in kind
    )


def finding_key(bundle, page):
    return f"{page}_finding_{bundle.sha256[:12]}"


def test_the_worklist_has_a_column_for_each_finding(app, findings_bundle):
    at = review_folder(app, "ward")

    assert not at.exception
    table = at.dataframe[0].value
    assert "Probability" not in table
    scored = table[table["Nodule"].notna()]
    assert len(scored) == 6
    for _, row in scored.iterrows():
        assert (row["Effusion"] >= 0.5) == ("Effusion" in row["Prediction"])


def test_the_worklist_of_one_finding(app, findings_bundle):
    at = review_folder(app, "ward")
    every = at.dataframe[0].value.set_index("Name")

    at.selectbox(key=finding_key(findings_bundle, "review")).set_value("NODULE").run()

    assert not at.exception
    table = at.dataframe[0].value.set_index("Name")
    assert "Effusion" not in table
    beside = table["All findings"].fillna("").tolist()
    assert sum("Cardiomegaly" in text for text in beside) == (every["Cardiomegaly"] >= 0.2).sum()
    scored = table[table["Probability"].notna()]
    assert scored["Probability"].to_dict() == every.loc[scored.index, "Nodule"].to_dict()
    assert set(scored["Prediction"]) <= {"Nodule", "No nodule"}


@pytest.mark.parametrize(("number", "listed"), [(6, False), (7, True)])
def test_findings_have_a_column_each_up_to_six(number, listed):
    names = tuple(f"FINDING {letter}" for letter in "ABCDEFG"[:number])
    task = Task(title="", kind="any-of", classes=names, positive=None, display_names={})

    assert are_listed(task) == listed


def test_many_findings_are_named_in_one_column(app, findings_bundle, monkeypatch):
    monkeypatch.setattr(finding_columns, "_MOST_COLUMNS", 2)

    at = review_folder(app, "ward")

    assert not at.exception
    table = at.dataframe[0].value
    assert list(table) == ["Film", "Name", "Status", "Prediction", "Verdict", "Reason"]
    name = r"Effusion|Nodule|Cardiomegaly"
    assert table["Prediction"].str.contains(rf"[▲◆]\xa0(?:{name}) \d+\.\d\xa0%").sum() == 6
    chosen = next(one for one in at.multiselect if one.label == "Prediction")
    names = findings_bundle.manifest.task.classes
    assert chosen.options == [*(name.capitalize() for name in names), "None of them"]


def test_a_case_lists_its_findings_and_takes_a_verdict(app, findings_bundle, tmp_path):
    at = review_folder(app, "ward")
    at.selectbox(key=finding_key(findings_bundle, "review")).set_value("CARDIOMEGALY").run()
    name = at.dataframe[0].value["Name"].iloc[0]
    at.session_state["case"] = next(
        result.source for result in at.session_state["batch"].results if result.source.name == name
    )
    at.switch_page("views/case.py").run()

    assert not at.exception
    assert "Calibrated probability of each finding" in texts(at)
    explained = next(one for one in at.selectbox if one.label == "Evidence for")
    assert explained.value == "CARDIOMEGALY"
    assert list(explained.options) == ["Effusion", "Nodule", "Cardiomegaly"]
    explained.set_value("NODULE").run()
    assert not at.exception

    at.button(key="case_agree").click().run()
    with open_record(f"sqlite:///{tmp_path / 'home' / 'reviews.sqlite3'}") as record:
        [verdict] = VerdictStore(record).latest(findings_bundle.sha256).values()
        [entry] = all_entries(record)
    assert verdict.agreement == "agree"
    # With what was shown, so that it can be computed again.
    assert entry.network_sha256 == findings_bundle.sha256
    assert 0 <= entry.probability <= 1
    assert entry.threshold in {one.thresholds.decision for one in
                               findings_bundle.manifest.findings.values()}  # fmt: skip
    assert len(entry.heatmap_sha256) == 64
    assert entry.versions["numpy"] == np.__version__


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
    at = review_folder(app, "ward")
    first = next(result for result in at.session_state["batch"].results if result.prediction)
    at.session_state["case"] = first.source
    at.switch_page("views/activations.py").run()

    assert not at.exception
    leading = findings_bundle.manifest.task.classes[first.prediction.class_index]
    word = findings_bundle.manifest.task.display_name(leading).lower()
    assert f"Probability of {word}" in texts(at)
