"""What a summary counts: patients only where they are known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.core.bundles.decision_rule import Calibration, Thresholds
from model_training.crossval.fold import VIEWS, Decided, Fold
from model_training.crossval.report import as_text, folds_table
from model_training.crossval.summary import summarise
from model_training.data.splits import Split
from model_training.preparation.films import Films
from tests.model_training.data.split_cases import CLASSES, case

# Eight images of four patients; the last two images of different patients are near-duplicates.
PATIENTS = ("a", "a", "b", "b", "c", "c", "d", "d")
GROUPS = (0, 0, 1, 1, 2, 2, 2, 2)
LABELS = (0, 0, 1, 1, 0, 0, 1, 1)


def summary_of(patients):
    cases = [
        case(n, label, patient=p) for n, (label, p) in enumerate(zip(LABELS, patients, strict=True))
    ]
    films = Films(
        CLASSES,
        Split(cases, []),
        [f"{n:064x}" for n in range(8)],
        np.array(GROUPS),
        np.zeros((8, 2, 2, 1), np.uint8),
        np.arange(8),
    )
    decided = Decided(
        Calibration(method="temperature", temperature=1.0, fitted_on="validation"),
        Thresholds(
            decision=0.5, uncertain_low=0.4, uncertain_high=0.6, rule="youden", chosen_on="val"
        ),
    )
    logits = np.array([[0.0, -1], [0, 1], [0, 2], [0, 1]])
    folds = [
        Fold(
            np.arange(first, first + 4),
            dict.fromkeys(VIEWS, logits),
            decided,
            pd.DataFrame({"epoch": [1, 2]}),
            0.1,
            Path(),
        )
        for first in (0, 4)
    ]
    return summarise(folds, films)


@pytest.mark.parametrize(
    ("patients", "unit", "of_folds", "in_words"),
    [
        (PATIENTS, "patient", [2, 2], " of 4 patients"),
        ([""] * 8, "group", [2, 1], " in 3 groups (patients not known)"),
        (("a", "a", "b", "b", "", "", "", ""), "group", [2, 1],
         " (4 of 2 patients, 4 of unknown ones)"),
    ],
)  # fmt: skip
def test_groups_are_not_called_patients(patients, unit, of_folds, in_words):
    found = summary_of(patients)

    assert found.folds[f"{unit}s"].tolist() == of_folds
    assert found.patients == in_words
    assert found.pooled.num_groups == sum(of_folds)
    assert folds_table(found).header[2] == f"{unit}s"
    assert [row[2] for row in folds_table(found).rows[:2]] == [str(number) for number in of_folds]
    text = as_text(found)
    assert f"bootstrap over {unit}s; 8 images{in_words}" in text
    assert ("| patients |" in text) == (unit == "patient")
