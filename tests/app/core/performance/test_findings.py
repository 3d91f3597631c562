import numpy as np
import pytest

from app.core.performance.findings import LabelledFindings, co_occurrence, mean_auc, select_findings
from app.core.performance.predictions import select

NAN = np.nan


def labelled(labels):
    labels = np.array(labels, float)
    return LabelledFindings(
        split="test",
        labels=labels,
        probabilities=np.full(labels.shape, 0.5),
        patients=np.arange(len(labels)).astype(str),
        named_patients=np.arange(len(labels)).astype(str),
    )


def test_co_occurrence_by_hand():
    found = co_occurrence(
        labelled([[1, 1, 0], [1, 0, NAN], [0, 1, 1], [1, NAN, 1], [NAN, 1, 1], [0, 0, 0]])
    )

    # The first finding: 3 of 5 labelled; with the second 1 of the 2 that are labelled for it.
    assert found.together.tolist() == [[3, 1, 1], [1, 3, 2], [1, 2, 3]]
    assert found.given.tolist() == [[5, 2, 2], [2, 5, 3], [2, 2, 5]]


def test_split_of_a_bundle(findings_bundle):
    cases = select_findings(
        findings_bundle.predictions(), findings_bundle.manifest.task, split="test"
    )

    assert cases.labels.shape == cases.probabilities.shape == (60, 3)
    assert (cases.num_images, cases.unit) == (60, "patient")
    assert len(np.unique(cases.patients)) == 30
    for number, name in enumerate(findings_bundle.manifest.task.classes):
        own = findings_bundle.of_finding(name)
        held_out = select(own.predictions(), own.manifest.task, split="test")
        known = ~np.isnan(cases.labels[:, number])
        assert held_out.y_true.tolist() == cases.labels[known, number].tolist()
        assert held_out.probabilities[:, 1].tolist() == cases.probabilities[known, number].tolist()
        same = [np.equal.outer(one, one) for one in (held_out.patients, cases.patients[known])]
        assert np.array_equal(*same)
    assert 0.5 < mean_auc(cases).low < mean_auc(cases).value < mean_auc(cases).high <= 1


def test_mean_auc_needs_both_answers_of_each_finding():
    assert np.isnan(mean_auc(labelled([[1, 0], [0, 0], [1, NAN]])).value)


def test_labels_other_than_0_and_1():
    with pytest.raises(ValueError, match="0 and 1"):
        mean_auc(labelled([[2, 0], [0, 1]]))
