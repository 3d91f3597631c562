import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from app.core.bundles.bundle import load_bundle
from app.core.errors import BundleError, DatasetError
from app.core.evidence.asked import Asked
from app.core.evidence.cases import collect
from app.core.evidence.evidence import find_evidence, load_evidence
from app.core.evidence.recognition import recognise
from app.core.evidence.writing import write_evidence
from app.core.performance.calibration_check import check_calibration
from app.core.performance.classifications import misclassified, subgroup_results
from app.core.performance.performance import evaluate_binary, evaluate_multiclass
from app.core.performance.predictions import select
from app.core.performance.proportions import evaluate_decisions
from tests.app.core.evidence.tables import csv
from tests.app.views.light_bundles import BINARY, drawn_table, write_bundle

SHARED = ["path", "patient_id", "subgroup", "truth"]


def written(folder, table, *, films=None, name="vendor", **asked):
    cases = collect(table, None, recognise(table), Asked(**asked))
    return write_evidence(folder / name, cases, name=name, tables=[table], films=films)


def as_vendor(predictions, classes, split="test"):
    """What a vendor would send of a bundle's predictions of one split."""
    own = predictions[predictions["split"] == split]
    scores = ["probability"] if len(classes) == 2 else list(classes)
    truth = own["y_true"].map(dict(enumerate(classes)))
    return csv(own.assign(truth=truth)[[*SHARED, *scores]].to_csv(index=False))


@pytest.mark.parametrize("classes", [BINARY, ("A", "B", "C")])
def test_digits_are_those_of_a_bundle_with_the_same_predictions(tmp_path, classes):
    bundle = load_bundle(write_bundle(tmp_path, drawn_table(classes), classes=classes))
    table = as_vendor(bundle.predictions(), classes)

    evidence = written(tmp_path, table, thresholds={"": 0.5} if len(classes) == 2 else {})

    ours = select(evidence.predictions(), evidence.manifest.task, split="cases")
    theirs = select(bundle.predictions(), bundle.manifest.task, split="test")
    threshold = 0.5 if len(classes) == 2 else None
    evaluate = evaluate_binary if threshold else evaluate_multiclass
    one, other = evaluate(ours), evaluate(theirs)
    assert one.auc == other.auc
    if threshold:
        assert one.average_precision == other.average_precision
        np.testing.assert_array_equal(one.roc.tpr, other.roc.tpr)
    for label in range(len(classes)):
        assert evaluate_decisions(ours, threshold=threshold, label=label) == evaluate_decisions(
            theirs, threshold=threshold, label=label
        )
    assert check_calibration(ours).brier == check_calibration(theirs).brier
    assert subgroup_results(ours, threshold=threshold) == subgroup_results(
        theirs, threshold=threshold
    )
    wrong = [film.path for film in misclassified(ours, threshold=threshold)]
    assert wrong == [film.path for film in misclassified(theirs, threshold=threshold)]
    assert wrong


def test_a_finding_is_a_question_of_its_own(tmp_path):
    rows = "".join(f"{n},{n / 10},{n % 2},{1 - n / 10},{n % 3 // 2}\n" for n in range(9))
    evidence = written(
        tmp_path, csv(f"case,A_score,A_truth,B_score,B_truth\n{rows}7x,0.5,,0.5,1\n")
    )

    finding = evidence.of_finding("A")

    assert finding.manifest.task.classes == ("no A", "A")
    assert len(finding.predictions()) == 9
    assert len(evidence.predictions()) == 10
    assert evidence.manifest.findings["B"].thresholds.decision == 0.5
    with pytest.raises(ValueError, match="finding"):
        evidence.of_finding("C")


def test_each_of_several_sites_is_a_split_of_its_own(tmp_path):
    rows = "a,0.1,0,X\nb,0.9,1,X\nc,0.8,0,Y\nd,0.7,1,\n"
    evidence = written(tmp_path, csv(f"case,score,truth,site\n{rows}"))

    table = evidence.predictions()

    assert table.groupby("split")["case"].agg(list).to_dict() == {
        "cases": ["a", "b", "c", "d"], "X": ["a", "b"], "Y": ["c"],
    }  # fmt: skip
    assert evidence.manifest.sites == ("X", "Y")


def test_films_are_found_by_name_and_only_unchanged(tmp_path):
    folder = tmp_path / "films"
    (folder / "ward").mkdir(parents=True)
    content = b"\x89PNG\r\n\x1a\n film"
    for name in ("ward/a.png", "b.png", "=c.png", "ward/twice.png", "twice.png"):
        (folder / name).write_bytes(content + name.encode())
    table = csv("case,score,truth\na,0.1,0\nB,0.9,1\nb.png,0.9,1\n=c,0.2,0\ntwice,0.4,1\n")

    evidence = written(tmp_path, table, films=folder)

    found = evidence.predictions().set_index("case")
    assert found.loc["a", "path"] == "ward/a.png"
    digest = hashlib.sha256(content + b"ward/a.png").hexdigest()
    assert found.loc["a", "image_id"] == digest
    assert evidence.film(digest, "ward/a.png") == (folder / "ward" / "a.png").resolve()
    assert found.loc["B", "image_id"] == found.loc["twice", "image_id"] == ""
    formula = found.loc["'=c"]
    assert evidence.film(formula["image_id"], formula["path"]).name == "=c.png"
    assert "Films of 3 of 5 cases were found." in evidence.manifest.notes
    (folder / "ward" / "a.png").write_bytes(b"another")
    assert evidence.film(digest, "ward/a.png") is None
    assert evidence.film("", "ward/a.png") is None
    with pytest.raises(DatasetError, match="named like a case"):
        written(tmp_path, csv("case,score,truth\nq,0.1,0\n"), films=folder, name="other")


def test_changed_or_broken_results_are_refused(tmp_path):
    evidence = written(tmp_path, csv("case,score,truth\na,0.1,0\nb,0.9,1\n"))
    assert find_evidence(tmp_path) == [evidence.path]
    with pytest.raises(DatasetError, match="exists already"):
        written(tmp_path, csv("case,score,truth\na,0.1,0\n"))

    manifest = evidence.path / "evidence.json"
    whole = manifest.read_text("utf-8")
    content = json.loads(whole)
    for change, told in (
        ({"format": 9}, "have format 9"),
        ({"kind": "guess"}, "is invalid: kind"),
        ({"files": {}}, "do not list"),
    ):
        manifest.write_text(json.dumps(content | change))
        with pytest.raises(BundleError, match=told):
            load_evidence(evidence.path)
    manifest.write_text(whole)
    with (evidence.path / "predictions.csv").open("a") as file:
        file.write("\n")
    with pytest.raises(BundleError, match="of the results 'vendor' is missing or was changed"):
        load_evidence(evidence.path)
    with pytest.raises(BundleError, match=r"evidence\.json is missing"):
        load_evidence(tmp_path)


def test_scores_are_kept_to_the_last_digit(tmp_path):
    scores = np.random.default_rng(0).normal(50, 20, 300)
    rows = pd.DataFrame({"case": range(300), "score": scores, "truth": np.arange(300) % 2})

    evidence = written(tmp_path, csv(rows.to_csv(index=False)))

    assert evidence.predictions()["probability"].tolist() == scores.tolist()
