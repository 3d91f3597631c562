from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import Dataset, read_dataset
from model_training.data.patient_groups import patient_groups
from model_training.data.splits import MIN_IMAGES, split_table
from tests.model_training.data.split_cases import (
    CLASSES,
    case,
    dataset,
    digests_of,
    part,
    parts_by,
    split,
    usable_and_useless,
)


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


def test_a_useless_val_is_put_back_and_a_usable_test_is_not_touched():
    data = usable_and_useless()

    found = split(data)

    for before, after in zip(data.cases, found.cases, strict=True):
        assert (after.split == "test") == (before.split == "test")
        assert replace(after, split=before.split) == before
    assert len(found.cases_of("val")) >= 2 * MIN_IMAGES
    assert {one.split for one in found.cases if "val" in one.name} >= {"train"}
    assert found.notes == [
        "The given val split has 16 images (8 of NORMAL): too few to choose a threshold "
        "or report figures. It is replaced by a random validation split.",
        "Random split by patient, stratified by class and subgroup, seed 0: 20% for val.",
        "No patient and no identical file is in two splits.",
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
    assert found.notes == ["No patient and no identical file is in two splits."]


def test_a_given_test_part_that_is_too_small_is_refused_not_replaced():
    cases = [one for one in usable_and_useless().cases if one.split != "test"]
    cases += part(0, "test", images=9, first="c") + part(1, "test", images=20, first="c")

    with pytest.raises(DatasetError, match=r"test split has 29 images \(9 of NORMAL\)"):
        split(dataset(cases), leaks="redraw")


def test_a_split_that_was_written_is_read_back_as_it_was(tmp_path):
    drawn = split(dataset(replace(c, subgroup="left") for c in usable_and_useless().cases), seed=3)
    table = split_table(drawn, CLASSES, digests_of(drawn.cases))
    for name in table["path"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    table.to_csv(tmp_path / "elsewhere.csv", index=False)

    read = read_dataset(tmp_path, table=tmp_path / "elsewhere.csv")
    again = split(read, digests=digests_of(read.cases), seed=99)

    assert table.columns.tolist() == [
        "path", "label", "patient_id", "subgroup", "split", "image_id",
    ]  # fmt: skip
    assert read.classes == CLASSES
    assert [replace(c, path=Path(c.name)) for c in again.cases] == drawn.cases
    assert not any("rawn" in note for note in again.notes)


@pytest.mark.parametrize("seed", range(10))
def test_near_duplicates_stay_on_one_side(seed):
    generator = np.random.default_rng(seed)
    cases = [case(number, number % 2, patient="") for number in range(300)]
    near = generator.integers(0, 120, 300)

    found = split(dataset(cases), near_duplicates=near, seed=seed)

    assert all(len(parts) == 1 for parts in parts_by(found.cases, lambda i, _: near[i]).values())
    sizes = np.bincount(near)
    assert (
        f"{sizes[sizes > 1].sum()} of 300 images are identical to or near-duplicates of another, "
        f"in {(sizes > 1).sum()} groups; a group stays in one split."
    ) in found.notes
    assert found.notes[-1] == "No identical file and no near-duplicate is in two splits."


def test_where_nothing_is_there_twice_that_is_said():
    cases = [case(number, number % 2, patient="") for number in range(300)]

    found = split(dataset(cases), near_duplicates=np.arange(300))

    assert "No two of 300 images are identical or near-duplicates." in found.notes


def test_groups_are_the_connected_components_of_all_evidence():
    cases = [case(n, 0, patient=p) for n, p in enumerate(("a", "b", "a", "", "", "c", ""))]
    digests = ["1", "2", "3", "2", "5", "6", "7"]
    near = np.array([0, 1, 2, 1, 4, 4, 6])

    without = patient_groups(cases, digests)
    with_near = patient_groups(cases, digests, near)

    assert without.tolist() == [0, 1, 0, 1, 2, 3, 4]
    assert with_near.tolist() == [0, 1, 0, 1, 2, 2, 3]


def test_each_subgroup_gives_its_share():
    cases = []
    for number in range(600):
        subgroup = "rare" if number % 20 < 2 else "bacteria" if number % 3 else "virus"
        cases.append(replace(case(number, number % 2), subgroup=subgroup))

    for seed in range(5):
        found = split(dataset(cases), seed=seed)
        for label in (0, 1):
            for subgroup in ("rare", "bacteria", "virus"):
                inside = [c for c in found.cases if (c.label, c.subgroup) == (label, subgroup)]
                counts = Counter(one.split for one in inside)
                assert counts["test"] == pytest.approx(0.2 * len(inside), abs=2)
                assert counts["val"] == pytest.approx(0.2 * len(inside), abs=2)


def test_groups_of_many_images_are_spread():
    cases, patient = [], 0
    while len(cases) < 1000:
        images = 50 if patient % 10 == 0 else 1
        cases += [case(f"{patient}-{n}", patient % 2, patient=f"p{patient}") for n in range(images)]
        patient += 1
    cases += [case(f"b{n}", 1) for n in range(500)]

    for seed in range(5):
        images = Counter(one.split for one in split(dataset(cases), seed=seed).cases)
        assert images["test"] == pytest.approx(0.2 * len(cases), rel=0.25)


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
    assert unknown.notes[-3].startswith("Random split by image, stratified by class")
    assert unknown.notes[-2].startswith("Patients are not known: each image counts as one")
    assert unknown.notes[-1] == "No identical file is in two splits."
    assert mixed.notes[-2].startswith("The patient of 50 of 100 images is not known")
    assert mixed.notes[-1] == "No known patient and no identical file is in two splits."


def test_notes_of_the_dataset_come_first():
    data = Dataset(CLASSES, [case(n, n % 2) for n in range(100)], ("one folder is not read.",))

    assert split(data).notes[0] == "one folder is not read."


@pytest.mark.parametrize(
    ("images", "fractions", "message"),
    [
        (20, (0.2, 0.2), "val split gets 4 images of NORMAL; at least 10"),
        (100, (0.05, 0.2), "val split gets 5 images of NORMAL; at least 10"),
        (100, (0.2, 0.05), "test split gets 5 images of NORMAL"),
        (100, (0.5, 0.45), "train split gets 5 images of NORMAL"),
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
