"""Cases that are split without reading an image."""

from collections import defaultdict
from pathlib import Path

from model_training.data.datasets import Case, Dataset
from model_training.data.splits import split_by_patient

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


def digests_of(cases):
    return [f"file of {one.name}" for one in cases]


def split(data, *, digests=None, validation=0.2, test=0.2, seed=0, **more):
    return split_by_patient(
        data,
        digests=digests or digests_of(data.cases),
        validation_fraction=validation,
        test_fraction=test,
        seed=seed,
        **more,
    )


def parts_by(cases, key):
    found = defaultdict(set)
    for index, one in enumerate(cases):
        found[key(index, one)].add(one.split)
    return found


def usable_and_useless():
    """A usable test split and the sixteen-image val of the chest radiographs."""
    cases = []
    for label in (0, 1):
        cases += part(label, "train", images=60, first="a")
        cases += part(label, "val", images=8, first="b")
        cases += part(label, "test", images=20, first="c")
    return dataset(cases)
