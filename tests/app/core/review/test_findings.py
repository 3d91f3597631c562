from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from app.core.bundles.task import Task
from app.core.review.findings import (
    findings_text,
    positive_findings,
    prediction_text,
    results_of_finding,
)
from app.core.review.worklist import count_by_status
from app.core.scoring.prediction import predict
from app.core.scoring.result import Result
from app.core.sources.source import Source

# Logits of effusion, nodule and cardiomegaly; see `test_prediction` for what becomes of them.
LOGITS = {
    "a": [-3.0, 2.0, -1.0],  # nodule, and cardiomegaly in doubt
    "b": [4.0, -9.0, -9.0],  # effusion
    "c": [-9.0, -9.0, -9.0],
}


@pytest.fixture
def results(findings_bundle):
    scored = [
        Result(
            Source(name, Path(name)), name * 64, "ok",
            prediction=predict(np.array(logits), findings_bundle.manifest),
        )
        for name, logits in LOGITS.items()
    ]  # fmt: skip
    refused = Result(Source("d", Path("d")), "d" * 64, "refused", "blank", "nothing")
    return [*scored, refused]


def names(listed):
    return "".join(result.source.name for result in listed)


def test_positive_findings_in_words(results, findings_bundle):
    task = findings_bundle.manifest.task

    assert positive_findings(results[0].prediction, task) == ["NODULE", "CARDIOMEGALY"]
    assert positive_findings(results[2].prediction, task) == ["none"]
    assert [prediction_text(result.prediction, task) for result in results[:3]] == [
        "Nodule, Cardiomegaly",
        "Effusion",
        "None",
    ]


def test_words_of_a_class(bundle):
    prediction = predict(np.array([0.0, 5.0]), bundle.manifest)
    assert prediction_text(prediction, bundle.manifest.task) == "Pneumonia"


def test_the_worklist_of_one_finding(results):
    of_cardiomegaly = results_of_finding(results, 2)

    assert count_by_status(of_cardiomegaly) == {"uncertain": 1, "negative": 2, "refused": 1}
    assert [result.source for result in of_cardiomegaly] == [result.source for result in results]
    assert of_cardiomegaly[0].prediction.probability == pytest.approx(0.5)


def test_positive_and_uncertain_findings_the_most_probable_first(results, findings_bundle):
    task = findings_bundle.manifest.task

    assert [findings_text(result.prediction, task) for result in results[:3]] == [
        "▲\xa0Nodule 82\xa0%, ◆\xa0Cardiomegaly 50\xa0%",
        "▲\xa0Effusion 96\xa0%",
        "None",
    ]


def test_of_many_findings_the_others_are_counted(findings_bundle):
    names = tuple(f"F{number}" for number in range(9))
    decided = findings_bundle.manifest.findings["EFFUSION"]
    task = Task(title="Many", kind="any-of", classes=names)
    manifest = SimpleNamespace(task=task, findings=dict.fromkeys(names, decided))
    prediction = predict(np.array([5.0, 9, 8, 7, 6, -9, -9, 4, -9]), manifest)

    listed = findings_text(prediction, task).replace("\xa0", " ").split(", ")

    assert [name.split()[1] for name in listed[:-1]] == ["F1", "F2", "F3", "F4"]
    assert listed[-1] == "and 2 more"
