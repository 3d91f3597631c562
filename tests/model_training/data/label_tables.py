"""Writes a table of labels beside its images, and tells what was read of a data set."""

from model_training.data.datasets import read_dataset


def read(folder, text, **options):
    """The data set of a table with this text."""
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return read_dataset(folder / "t.csv", **options)


def labels(dataset):
    """The class of each image."""
    return {case.name: dataset.classes[case.label] for case in dataset.cases}


def findings(dataset):
    """What is known of each finding in each image."""
    assert dataset.task == "any-of"
    return {
        case.name: dict(zip(dataset.classes, case.findings, strict=True)) for case in dataset.cases
    }


def noted(dataset, *words):
    """Whether one note has all of the words."""
    return any(all(word in note for word in words) for note in dataset.notes)
