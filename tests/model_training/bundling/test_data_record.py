from dataclasses import replace

from model_training.bundling.data_record import data_record
from tests.model_training.bundling.split_cases import CLASSES, DIGESTS, LABELS, SPLITS, cases


def record(of, *, digests=DIGESTS, classes=CLASSES):
    return data_record(of, digests, classes, name="n", source="s", licence="l")


def test_data_record_counts_images_and_patients():
    found = record(cases(LABELS, SPLITS))

    assert found.counts == {
        "train": {"NORMAL": 1, "PNEUMONIA": 1},
        "val": {"NORMAL": 1, "PNEUMONIA": 1},
        "test": {"NORMAL": 1, "PNEUMONIA": 1},
    }
    assert found.patients == {"train": 2, "val": 2, "test": 2}


def test_images_without_a_patient_are_counted_and_are_no_patients():
    unknown = [replace(case, patient_id="") for case in cases(LABELS, ["train"] * 6)]

    assert record(unknown).patients == {"train": 0, "val": 0, "test": 0}
    assert record(unknown).images_without_patient == {"train": 6, "val": 0, "test": 0}
    same = [replace(case, patient_id="a") for case in unknown[:2]]
    partly = record([*same, *unknown[2:]])
    assert partly.patients["train"] == 1
    assert partly.images_without_patient["train"] == 4


def test_fingerprint_names_the_data_and_not_their_order():
    original = cases(LABELS, SPLITS)
    first = record(original).fingerprint

    for change in ({"label": 1}, {"split": "val"}, {"patient_id": "p9"}):
        assert record([replace(original[0], **change), *original[1:]]).fingerprint != first
    assert record(original, digests=["f" * 64, *DIGESTS[1:]]).fingerprint != first
    assert record(original, classes=("HEALTHY", "PNEUMONIA")).fingerprint != first
    assert record(original[::-1], digests=DIGESTS[::-1]).fingerprint == first
    # Where a file lies and what it is called is not part of what was learnt.
    assert record([replace(original[0], name="x.png"), *original[1:]]).fingerprint == first
