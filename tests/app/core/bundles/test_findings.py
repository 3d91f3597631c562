import numpy as np
import pandas as pd
import pytest

from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_files import PREDICTIONS
from app.core.bundles.findings import finding_predictions, finding_task, with_missing_labels
from app.core.bundles.task import Task
from app.core.errors import BundleError
from tests.bundles import with_predictions

TASK = Task(
    title="Findings",
    kind="any-of",
    classes=("Effusion", "TB"),
    display_names={"Effusion": "Pleural effusion", "TB": "TB"},
)


def test_the_question_about_one_finding():
    task = finding_task(TASK, "Effusion")
    assert task.binary
    assert task.classes == ("no Effusion", "Effusion")
    assert task.display_name("Effusion") == "Pleural effusion"
    assert task.display_name("no Effusion") == "No pleural effusion"
    assert finding_task(TASK, "TB").display_name("no TB") == "No TB"


def test_names_that_would_look_the_same_are_shown_as_they_are():
    task = Task(
        title="Findings",
        kind="any-of",
        classes=("EFFUSION", "Effusion", "NODULE"),
        display_names={"EFFUSION": "Effusion", "NODULE": "Nodule"},
    )

    assert [task.display_name(name) for name in task.classes] == ["EFFUSION", "Effusion", "Nodule"]


def test_two_findings_are_not_two_classes():
    assert not TASK.binary


@pytest.mark.parametrize("name", ["", "no TB", "Nodule"])
def test_no_such_finding(name):
    with pytest.raises(ValueError, match="must be a finding"):
        finding_task(TASK, name)


def test_classes_that_exclude_each_other_are_no_findings(bundle):
    with pytest.raises(ValueError, match="one-of"):
        bundle.of_finding("PNEUMONIA")


def test_predictions_of_one_finding_are_its_labelled_images():
    table = pd.DataFrame(
        {
            "split": ["val", "test", "test"],
            "path": ["a", "b", "c"],
            "y_true:A": ["1", "", "0"],
            "logit:A": [2.0, 0.5, -1.0],
            "probability:A": [0.9, 0.6, 0.2],
            "y_true:B": ["", "", "1"],
            "logit:B": [0.0, 0.0, 3.0],
            "probability:B": [0.5, 0.5, 0.95],
        }
    )
    table = with_missing_labels(table, ["A", "B"])
    assert table["y_true:A"].tolist() == pytest.approx([1, np.nan, 0], nan_ok=True)

    found = finding_predictions(table, "A")

    assert list(found.columns) == ["split", "path", "y_true", "logit", "probability"]
    assert found["path"].tolist() == ["a", "c"]
    assert found["y_true"].tolist() == [1, 0]
    assert found["probability"].tolist() == [0.9, 0.2]
    assert finding_predictions(table, "B")["y_true"].tolist() == [1]


def test_a_finding_of_a_bundle(findings_bundle):
    nodule = findings_bundle.of_finding("NODULE")

    assert nodule.manifest.task.classes == ("no NODULE", "NODULE")
    assert nodule.manifest.thresholds.decision == pytest.approx(0.4)
    assert nodule.manifest.calibration.offset == (0.0, 0.5)
    assert nodule.manifest.data.counts["val"] == {"no NODULE": 30, "NODULE": 20}
    assert nodule.manifest.heatmap.scale == pytest.approx(0.06)
    assert nodule.sha256 == findings_bundle.sha256
    assert nodule != findings_bundle.of_finding("EFFUSION")

    everything = findings_bundle.predictions()
    labelled = everything["y_true:NODULE"].notna()
    own = nodule.predictions()
    assert len(own) == labelled.sum() < len(everything)
    assert own["y_true"].tolist() == everything["y_true:NODULE"][labelled].tolist()
    assert own["logit"].tolist() == everything["logit:NODULE"][labelled].tolist()


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda table: table.drop(columns="logit:NODULE"), "lacks the columns ['logit:NODULE']"),
        (lambda table: table.assign(**{"y_true:NODULE": 2}), "contains the classes [2.0]"),
        (lambda table: table.assign(**{"y_true:NODULE": "yes"}), "not a valid CSV table"),
        (lambda table: table.assign(**{"probability:NODULE": 1.5}), "not numbers from 0 to 1"),
    ],
)
def test_a_predictions_table_that_does_not_fit(findings_bundle, tmp_path, spoil, expected):
    table = pd.read_csv(findings_bundle.path / PREDICTIONS, keep_default_na=False)
    folder = with_predictions(findings_bundle, tmp_path / "copy", spoil(table))

    with pytest.raises(BundleError) as caught:
        load_bundle(folder)
    assert expected in str(caught.value)
