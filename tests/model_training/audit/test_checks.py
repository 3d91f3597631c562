"""What is found in a folder where everything is wrong on purpose, and in one that is clean."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.errors import DatasetError
from model_training.audit.checks import inspect
from model_training.audit.observations import observations, strength
from model_training.audit.tables import group_sizes
from model_training.data.datasets import read_dataset
from model_training.data.rules import Rules
from tests.model_training.films import draw, write, write_classes

BINARY = ("NORMAL", "PNEUMONIA")


def inspected(folder: Path):
    named = any(folder.rglob("person*_bacteria_*"))
    dataset = read_dataset(
        folder,
        subgroup_pattern="_(bacteria)_" if named else None,
        rules=Rules(conflicts="keep"),
    )
    return inspect(dataset, name=folder.name)


def titles(inspection, level):
    return [one.title for one in observations(inspection) if one.level == level]


def anatomy(number):
    """A film whose details survive another size and another quality."""
    noise = np.random.default_rng(number).normal(size=(96, 96))
    details = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.clip(120 + 35 * details / details.std(), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """Two parts of patients of their own, and nothing else to say."""
    root = tmp_path_factory.mktemp("inspect") / "clean"
    write_classes(root, BINARY, patients=8, split="train")
    write_classes(root, BINARY, patients=6, split="test", first=100)
    return inspected(root)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    """A shared patient, a shared file, a near-duplicate, contradicting labels, a broken file."""
    root = tmp_path_factory.mktemp("inspect") / "wrong"
    write_classes(root, BINARY, patients=8, split="train")
    write_classes(root, BINARY, patients=6, split="test", first=100)
    write(root / "test" / "NORMAL" / "person3_bacteria_9.png", draw(0, 9999))
    write(root / "train" / "NORMAL" / "a.png", anatomy(1))
    write(root / "test" / "NORMAL" / "b.png", anatomy(1))
    write(root / "train" / "PNEUMONIA" / "c.png", anatomy(1))
    write(root / "train" / "PNEUMONIA" / "d.png", anatomy(2))
    write(root / "test" / "NORMAL" / "e.jpg", cv2.resize(anatomy(2)[:, ::-1], (80, 80)))
    (root / "train" / "NORMAL" / "Mustermann_Erika.png").write_bytes(b"no image")
    return inspected(root)


def test_a_clean_split_is_fine(clean):
    assert not clean.leaks
    assert titles(clean, "leak") == []
    assert titles(clean, "fine")[:3] == [
        "No patient, file or near-duplicate is in two splits.",
        "All 56 images can be read.",
        "There are no identical files and no near-duplicates.",
    ]


def test_counts_are_by_part_class_and_subgroup(clean):
    rows = clean.counts().to_dict("records")

    assert [(row["split"], row["class"], row["subgroup"]) for row in rows] == [
        (part, name, "bacteria") for part in ("train", "test") for name in BINARY
    ]
    assert [(row["images"], row["patients"], row["known"]) for row in rows] == [
        (16, 8, 16), (16, 8, 16), (12, 6, 12), (12, 6, 12)
    ]  # fmt: skip


def test_every_leak_is_counted_by_its_kind(wrong):
    shared = wrong.shared["train", "test"]

    assert wrong.leaks
    assert (shared.patients, shared.files, shared.near_duplicates) == (1, 1, 1)
    assert titles(wrong, "leak") == [
        "train and test share 1 patient, 1 identical file and 1 group of near-duplicates."
    ]


def test_contradicting_labels_are_found_on_copies_and_near_duplicates(wrong):
    names = [case.name for case in wrong.cases]

    (same,) = wrong.contradictions.files
    assert [names[index] for index in same] == [
        "test/NORMAL/b.png", "train/NORMAL/a.png", "train/PNEUMONIA/c.png"
    ]  # fmt: skip
    (pair,) = wrong.contradictions.pairs
    first, second = wrong.pairs.first[pair], wrong.pairs.second[pair]
    assert {names[first], names[second]} == {"test/NORMAL/e.jpg", "train/PNEUMONIA/d.png"}
    assert wrong.pairs.mirrored[pair]
    checks = titles(wrong, "check")
    assert "1 file is present with more than one label (3 images)." in checks
    assert "1 of 1 pairs of near-duplicates have different labels." in checks
    assert any("1 of them mirrored" in title for title in checks)


def test_what_cannot_be_read_is_listed_and_left_out(wrong):
    assert wrong.problems == [("train/NORMAL/Mustermann_Erika.png", "not_an_image")]
    assert len(wrong.cases) == len(wrong.facts) == len(wrong.digests) == 62
    assert "1 of 63 images cannot be used." in titles(wrong, "check")
    assert "The patient of 5 of 62 images is not known." in titles(wrong, "check")


def test_shortcuts_are_those_of_the_train_part(wrong):
    assert wrong.shortcut_note.startswith("Computed on the 35 images of the train split.")
    assert {shortcut.auc.num_cases for shortcut in wrong.shortcuts} == {35}
    assert "border pixels alone" in {shortcut.feature for shortcut in wrong.shortcuts}


def test_compression_that_tells_the_class_is_called_by_its_name(tmp_path):
    for label, name in enumerate(BINARY):
        for number in range(30):
            quality = [cv2.IMWRITE_JPEG_QUALITY, 95 if label == 0 else 40]
            path = tmp_path / name / f"{number}.jpg"
            path.parent.mkdir(exist_ok=True)
            cv2.imwrite(str(path), draw(0, 100 * label + number, side=32), quality)

    inspection = inspected(tmp_path)

    told = {shortcut.feature: shortcut for shortcut in inspection.shortcuts}
    assert strength(told["JPEG quantisation"]) == "gives the class away"
    assert told["JPEG quantisation"].direction == "higher"
    assert "Computed on the 60 images." in inspection.shortcut_note
    (title,) = [title for title in titles(inspection, "check") if "The file alone" in title]
    assert title.startswith("The file alone gives the class away (AUC: ")
    assert "JPEG quantisation 1.000" in title


def test_groups_are_counted_by_their_size(wrong):
    groups = np.repeat(np.arange(8), [1, 1, 2, 2, 4, 7, 9, 60])

    rows = group_sizes(replace(wrong, near_groups=groups)).rows

    assert rows == [("2", "2", "4"), ("4", "1", "4"), ("7 to 9", "2", "16"), ("60", "1", "60")]


def test_too_few_images_have_no_shortcuts_and_that_is_said(tmp_path):
    write_classes(tmp_path, BINARY, patients=4)

    inspection = inspected(tmp_path)

    assert inspection.shortcuts == []
    assert inspection.shortcut_note == ("Not computed: 8 images are NORMAL; 10 are needed.")
    assert observations(inspection)


def test_too_few_patients_leave_the_border_out(tmp_path):
    write_classes(tmp_path, BINARY, patients=3, films_each=5)

    inspection = inspected(tmp_path)

    assert "fewer than 5 patients" in inspection.shortcut_note
    assert "border pixels alone" not in {shortcut.feature for shortcut in inspection.shortcuts}


def test_nothing_readable_is_an_error_with_reasons_and_without_names(tmp_path):
    for name in BINARY:
        (tmp_path / name).mkdir()
        (tmp_path / name / "Mustermann.png").write_bytes(b"")

    with pytest.raises(DatasetError, match=r"None of the 2 images .* \(empty_file\)") as caught:
        inspected(tmp_path)

    assert "Mustermann" not in str(caught.value)


@pytest.mark.parametrize(
    ("low", "word"),
    [
        (0.96, "gives the class away"), (0.8, "strong"), (0.7, "moderate"), (0.52, "weak"),
        (0.5, "none shown"), (float("nan"), "none shown"),
    ],
)  # fmt: skip
def test_verdicts_go_by_the_lower_end_of_the_interval(wrong, low, word):
    shortcut = wrong.shortcuts[0]

    assert strength(replace(shortcut, auc=replace(shortcut.auc, low=low))) == word
