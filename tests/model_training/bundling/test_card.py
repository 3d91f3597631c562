import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from model_training.bundling.card import figures, write_card, written_figures
from tests.bundles import predictions as made_up

# Every card takes bootstraps of all its figures.
pytestmark = pytest.mark.slow


def rows(card):
    """Figure, value, interval and denominator of each row of a card's table."""
    return {
        cells[0]: cells[1:]
        for line in card.splitlines()
        if line.startswith("| ") and len(cells := [c.strip() for c in line[1:-1].split("|")]) == 4
    }


def test_two_class_figures_are_those_of_the_test_rows(bundle):
    table = bundle.predictions()
    test = table[table["split"] == "test"]
    called = test["probability"] >= bundle.manifest.thresholds.decision
    truth = test["y_true"] == 1

    found = rows(figures(bundle.manifest, table))

    auc = roc_auc_score(test["y_true"], test["probability"])
    assert found["AUC"][0] == f"{auc:.3f}"
    assert found["AUC"][2] == f"40 images of {test['patient_id'].nunique()} patients"
    assert found["Brier score"][0] == f"{brier_score_loss(truth, test['probability']):.3f}"
    for name, right, which in (
        ("Sensitivity", called, truth),
        ("Specificity", ~called, ~truth),
        ("Accuracy", called == truth, truth | True),
        ("Positive predictive value", truth, called),
        ("Negative predictive value", ~truth, ~called),
    ):
        inside = test[which]
        value, interval, of = found[name]
        assert value == f"{right[which].mean():.1%}"
        assert of == (
            f"{right[which].sum()} of {which.sum()} images of "
            f"{inside['patient_id'].nunique()} patients"
        )
        low, high = (float(end.rstrip("%")) / 100 for end in interval.split(" to "))
        assert low <= right[which].mean() <= high
        assert low < high
    assert "(50%), not for a ward" in figures(bundle.manifest, table)


def test_a_perfect_ranking_claims_no_interval(bundle):
    table = bundle.predictions()
    table["probability"] = 0.2 + 0.6 * table["y_true"]

    found = rows(figures(bundle.manifest, table))

    assert found["AUC"][:2] == ["1.000", "none: no spread"]
    # All 20 films of 10 patients are found; Wilson's interval of 10 of 10.
    assert found["Sensitivity"] == [
        "100.0%", "72.2% to 100.0%", "20 of 20 images of 10 patients"
    ]  # fmt: skip


def test_validation_rows_have_no_part_in_the_figures(bundle):
    table = bundle.predictions()
    other = table.copy()
    other.loc[other["split"] == "val", "probability"] = 0.999

    assert figures(bundle.manifest, other) == figures(bundle.manifest, table)


def test_images_without_a_patient_stand_for_themselves(bundle):
    table = bundle.predictions().assign(patient_id="")
    table["image_id"] = [f"{n:064x}" for n in range(len(table))]

    assert rows(figures(bundle.manifest, table))["AUC"][2] == "40 images (patients not known)"
    assert "Patients are unknown: a group is" in write_card(bundle.manifest, table, [])
    table["group_id"] = [n // 2 for n in range(len(table))]
    assert rows(figures(bundle.manifest, table))["AUC"][2] == (
        "40 images in 20 groups (patients not known)"
    )


def test_patients_who_are_known_in_part_are_told_apart(bundle):
    table = bundle.predictions()
    table["image_id"] = [f"{n:064x}" for n in range(len(table))]
    test = table.index[table["split"] == "test"]
    table.loc[test[:30], "patient_id"] = ""
    known = table.loc[test[30:], "patient_id"].nunique()

    of = rows(figures(bundle.manifest, table))["AUC"][2]

    assert of == f"40 images (10 of {known} patients, 30 of unknown ones)"


def test_the_patients_of_a_split_are_those_who_are_known(bundle):
    data = bundle.manifest.data.model_copy(
        update={
            "patients": {"train": 3, "val": 0, "test": 1_010},
            "images_without_patient": {"train": 1, "val": 4, "test": 0},
            "counts": {name: {"NORMAL": 2, "PNEUMONIA": 2} for name in ("train", "val", "test")},
        }
    )

    card = write_card(bundle.manifest.model_copy(update={"data": data}), bundle.predictions(), [])

    assert "| train | 3, and 1 image of unknown ones | 2 | 2 |" in card
    assert "| val | not known | 2 | 2 |" in card
    assert "| test | 1,010 | 2 | 2 |" in card


def test_with_three_classes_no_threshold_rule_is_shown(bundle, three_class_bundle):
    for found in (bundle, three_class_bundle):
        training = {**found.manifest.training, "threshold_rule": "youden"}
        manifest = found.manifest.model_copy(update={"training": training})

        card = write_card(manifest, found.predictions(), [])

        assert ("| threshold_rule | youden |" in card) == manifest.task.binary


def test_three_class_figures(three_class_bundle):
    table = three_class_bundle.predictions()
    classes = list(three_class_bundle.manifest.task.classes)
    test = table[table["split"] == "test"]
    called = test[classes].to_numpy().argmax(axis=1)

    found = rows(figures(three_class_bundle.manifest, table))

    right = int((called == test["y_true"]).sum())
    assert found["Accuracy"][2] == f"{right} of 60 images of 30 patients"
    for label, name in enumerate(classes):
        hits = int(((called == label) & (test["y_true"] == label)).sum())
        of = found[f"Sensitivity for {name.capitalize()}"][2]
        assert of == f"{hits} of 20 images of 10 patients"


@pytest.mark.parametrize("which", ["bundle", "three_class_bundle"])
def test_a_card_says_what_a_reader_must_know(which, request):
    found = request.getfixturevalue(which)
    manifest = found.manifest

    card = write_card(manifest, found.predictions(), ["A note about the data."])

    assert card.startswith(f"# {manifest.name}\n")
    for heading in ("Intended use", "Data", "Figures on the test split", "Decision", "Limits"):
        assert f"\n## {heading}\n" in card
    assert "not a medical device" in card
    assert "- A note about" in card
    assert "Licence: CC0" in card
    assert manifest.data.fingerprint[:16] in card
    assert "No patient is in two splits" not in card  # only the split knows that
    for key, value in manifest.training.items():
        if manifest.task.binary or key != "threshold_rule":
            assert f"| {key} | {value} |" in card
    for name, number in manifest.versions.items():
        assert f"{name} {number}" in card
    assert not re.search(r"\bnan\b|None of|\{|\}", card)


def test_decision_is_told_in_the_task_s_terms(bundle, three_class_bundle):
    two = write_card(bundle.manifest, bundle.predictions(), [])
    three = write_card(three_class_bundle.manifest, three_class_bundle.predictions(), [])

    assert "0.500.\n- Uncertain from 0.400 to 0.600." in two
    assert "- Uncertain below 0.600." in three
    assert "divided by 1.25" in two
    assert "Films are stretched" in two
    assert "Films are stretched" not in three


def test_a_card_holds_no_file_name_and_no_patient(bundle):
    table = pd.DataFrame(made_up(bundle.manifest.task.classes))
    table["path"] = [f"Mustermann{n}.png" for n in np.arange(len(table))]

    card = write_card(bundle.manifest, table, [])

    assert "Mustermann" not in card
    assert not [patient for patient in table["patient_id"] if patient in card]


def test_the_window_of_a_training_stands_in_the_card(bundle, windowed_bundle):
    said = "Where a file does not state its range, 0 to 4080 are black and white."

    cards = [write_card(one.manifest, one.predictions(), []) for one in (bundle, windowed_bundle)]

    assert [said in card for card in cards] == [False, True]


def test_what_a_model_is_for_stands_in_the_card(bundle):
    size = bundle.manifest.input.model_copy(
        update={"modalities": ("DX",), "body_parts": ("CHEST",), "views": ("PA", "AP"),
                "ages": (1.0, 5.0)}
    )  # fmt: skip
    said = "states another: modality DX; body part CHEST; view PA, AP; age 1 to 5 years."
    stated = bundle.manifest.model_copy(update={"input": size})

    assert said in write_card(stated, bundle.predictions(), [])
    assert "states another" not in write_card(bundle.manifest, bundle.predictions(), [])


@pytest.mark.parametrize("which", ["bundle", "findings_bundle"])
def test_figures_are_read_from_a_card_as_they_were_written(which, request):
    bundle = request.getfixturevalue(which)

    assert written_figures(bundle.card()) == figures(bundle.manifest, bundle.predictions())
