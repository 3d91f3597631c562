from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import DatasetError
from model_training.datasets import Case, Dataset
from model_training.splits import MIN_IMAGES, split_by_patient

CLASSES = ("NORMAL", "PNEUMONIA")


def case(number, label, *, patient=None, split=""):
    name = f"{split}/{CLASSES[label]}/{number}.png"
    patient_id = f"p{number}" if patient is None else patient
    return Case(Path(name), name, label, patient_id, "", split)


def dataset(cases):
    return Dataset(CLASSES, list(cases))


def part(label, split, *, images, first, films_each=2):
    """Images of one class in one part, `films_each` of each patient."""
    return [
        case(f"{split}{label}{number}", label, patient=f"{first}{label}-{number // films_each}",
             split=split)
        for number in range(images)
    ]  # fmt: skip


def split(data, *, digests=None, validation=0.2, test=0.2, seed=0):
    return split_by_patient(
        data,
        digests=digests or [f"file of {one.name}" for one in data.cases],
        validation_fraction=validation,
        test_fraction=test,
        seed=seed,
    )


def parts_by(cases, key):
    found = defaultdict(set)
    for index, one in enumerate(cases):
        found[key(index, one)].add(one.split)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_no_patient_and_no_file_is_in_two_parts(seed):
    generator = np.random.default_rng(seed)
    cases, digests = [], []
    for patient in range(240):
        for film in range(generator.integers(1, 5)):
            cases.append(case(f"{patient}-{film}", int(patient % 3 > 0), patient=f"p{patient}"))
            # Some files are copies of another patient's.
            copied = digests and generator.random() < 0.03
            digests.append(
                digests[generator.integers(len(digests))] if copied else f"d{len(digests)}"
            )

    found = split(dataset(cases), digests=digests, seed=seed)

    assert all(len(parts) == 1 for parts in parts_by(found.cases, lambda _, c: c.person).values())
    assert all(len(parts) == 1 for parts in parts_by(found.cases, lambda i, _: digests[i]).values())
    assert [one.name for one in found.cases] == [one.name for one in cases]
    assert {one.split for one in found.cases} == {"train", "val", "test"}


def test_shares_hold_within_each_class():
    cases = [case(number, int(number >= 100)) for number in range(400)]

    found = split(dataset(cases), validation=0.15, test=0.25)

    counts = Counter((one.label, one.split) for one in found.cases)
    assert counts == {
        (0, "val"): 15, (0, "test"): 25, (0, "train"): 60,
        (1, "val"): 45, (1, "test"): 75, (1, "train"): 180,
    }  # fmt: skip


def test_the_same_seed_gives_the_same_split_and_another_one_does_not():
    data = dataset(case(number, number % 2) for number in range(200))

    first, second, other = split(data, seed=4), split(data, seed=4), split(data, seed=5)

    assert first == second
    assert [c.split for c in first.cases] != [c.split for c in other.cases]


def usable_and_useless():
    """A usable test part and the sixteen-image val of the chest radiographs."""
    cases = []
    for label in (0, 1):
        cases += part(label, "train", images=60, first="a")
        cases += part(label, "val", images=8, first="b")
        cases += part(label, "test", images=20, first="c")
    return dataset(cases)


def test_a_useless_val_is_put_back_and_a_usable_test_is_not_touched():
    data = usable_and_useless()

    found = split(data)

    for before, after in zip(data.cases, found.cases, strict=True):
        assert (after.split == "test") == (before.split == "test")
        assert replace(after, split=before.split) == before
    assert len(found.part("val")) >= 2 * MIN_IMAGES
    assert {one.split for one in found.cases if "val" in one.name} >= {"train"}
    assert found.notes == [
        "The given val part has 16 images (8 of the rarest class): too few to choose or report "
        "anything. It is put back, and val is drawn anew.",
        "Drawn by patient, stratified by class, seed 0: 20% for val.",
        "No patient and no identical file is in two parts.",
    ]


def test_two_usable_parts_are_kept_as_they_are():
    data = dataset(
        one
        for first, (name, images) in enumerate((("train", 30), ("val", 10), ("test", 12)))
        for label in (0, 1)
        for one in part(label, name, images=images, first=first)
    )

    found = split(data, seed=9)

    assert found.cases == data.cases
    assert found.notes == ["No patient and no identical file is in two parts."]


def test_a_test_part_that_shares_a_patient_is_drawn_anew():
    data = usable_and_useless()
    leaking = [
        replace(one, patient_id="a0-0") if one.name.endswith("test00.png") else one
        for one in data.cases
    ]

    found = split(dataset(leaking))

    assert found.notes[0].startswith(
        "The given test part shares patients or identical files with another one (1 in all)."
    )
    assert "20% for val and 20% for test" in found.notes[2]
    parts = parts_by(found.cases, lambda _, c: c.person)
    assert all(len(inside) == 1 for inside in parts.values())


def test_a_test_part_that_shares_a_file_is_drawn_anew():
    data = usable_and_useless()
    digests = [one.name for one in data.cases]
    last_of_test = [i for i, one in enumerate(data.cases) if one.split == "test"][-1]
    digests[last_of_test] = digests[0]

    found = split(data, digests=digests)

    assert found.notes[0].startswith("The given test part shares patients")
    assert found.cases[0].split == found.cases[last_of_test].split


def test_identical_files_of_two_patients_stay_together_through_a_third():
    cases = [case(number, number % 2) for number in range(120)]
    digests = [f"d{number}" for number in range(120)]
    for chained in (6, 40, 90):  # a chain: 6 = 40, 40 = 90
        cases.append(case(f"copy{chained}", chained % 2, patient=f"p{chained}"))
    digests += ["same", "same", "d6"]

    for seed in range(20):
        found = split(dataset(cases), digests=digests, seed=seed).cases
        assert len({found[i].split for i in (6, 40, 90, 120, 121, 122)}) == 1


def test_films_without_a_patient_count_as_one_each_and_that_is_said():
    numbered = [case(number, number % 2, patient="") for number in range(100)]
    half = [case(number, number % 2, patient="" if number < 50 else None) for number in range(100)]

    unknown, mixed = split(dataset(numbered)), split(dataset(half))

    assert Counter(one.split for one in unknown.cases)["val"] == 20
    assert unknown.notes[-1].startswith("Patients are not known: each image counts as one")
    assert mixed.notes[-1].startswith("The patient of 50 of 100 images is not known")


def test_notes_of_the_dataset_come_first():
    data = Dataset(CLASSES, [case(n, n % 2) for n in range(100)], ("one folder is not read.",))

    assert split(data).notes[0] == "one folder is not read."


@pytest.mark.parametrize(
    ("images", "fractions", "message"),
    [
        (20, (0.2, 0.2), "val part gets 4 images of NORMAL; at least 10"),
        (100, (0.05, 0.2), "val part gets 5 images of NORMAL; at least 10"),
        (100, (0.2, 0.05), "test part gets 5 images of NORMAL"),
        (100, (0.5, 0.45), "train part gets 5 images of NORMAL"),
    ],
)
def test_too_few_images_of_a_class(images, fractions, message):
    data = dataset(case(number, number % 2) for number in range(2 * images))

    with pytest.raises(DatasetError, match=message):
        split(data, validation=fractions[0], test=fractions[1])


def test_one_patient_cannot_be_split():
    data = dataset(case(number, number % 2, patient="p") for number in range(200))

    with pytest.raises(DatasetError, match="gets 0 images"):
        split(data)
