"""Whether there are labels enough to adapt to, and how many more it takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.adaptation.labels import Labelled
from app.core.adaptation.wanted import units_of
from app.core.bundles.task import Task
from app.core.errors import DatasetError
from app.core.performance.formatting import by_class, counted
from app.core.statistics.zones import Units

# Fewer films of a class say nothing of a threshold; 50 to 200 films are what an adaptation is for.
MIN_OF_CLASS = 5
MIN_FILMS = 20


def too_few(labelled: Sequence[Labelled], task: Task) -> str:
    """Why labels are too few, before any film is read, so that copies still count; else empty.

    Args:
        labelled: Films whose truth is known.
        task: The classes.
    """
    labels = np.array([one.label for one in labelled], np.int64)
    return " ".join(_missing(labels, units_of(labelled), task))


def require_enough(
    labels: NDArray[np.int64], units: Units, task: Task, *, left_out: Sequence[str] = ()
) -> None:
    """Checks that there are enough labels of each class, and of enough patients.

    Args:
        labels: Class indices, `(num_films,)`.
        units: Which films are of one patient.
        task: The classes.
        left_out: Why others cannot be used, in sentences.

    Raises:
        DatasetError: If there are too few films or patients, or one class is missing.
    """
    if missing := _missing(labels, units, task):
        raise DatasetError(" ".join((missing[0], *left_out, *missing[1:])))


def _missing(labels: NDArray[np.int64], units: Units, task: Task) -> tuple[str, ...]:
    """What there is too little of, what is expected, and how many more that takes."""
    names, classes = np.asarray(units.names), range(len(task.classes))
    films = [int((labels == label).sum()) for label in classes]
    patients = [len(np.unique(names[labels == label])) for label in classes]
    if sum(films) < MIN_FILMS or min(films) < MIN_OF_CLASS:
        what = f"films to adapt to ({by_class(films, task)})"
        expected = f"at least {MIN_OF_CLASS} of each class"
        more = _more("film", films, task, at_least=MIN_FILMS - sum(films))
    elif min(patients) < MIN_OF_CLASS:
        what = f"patients to adapt to ({by_class(patients, task)})"
        expected = f"those of each class from at least {MIN_OF_CLASS} patients"
        more = _more("patient", patients, task, at_least=0)
    else:
        return ()
    return (
        f"There are too few labelled {what}.",
        f"Expected at least {MIN_FILMS} films, {expected}; 50 to 200 films are better.",
        more,
    )


def _more(what: str, counts: Sequence[int], task: Task, *, at_least: int) -> str:
    lacking = [
        (max(0, MIN_OF_CLASS - count), task.display_name(name))
        for count, name in zip(counts, task.classes, strict=True)
    ]
    number = max(at_least, sum(count for count, _ in lacking))
    having = " and ".join(f"{count} with {name}" for count, name in lacking if count)
    of_them = f", of them at least {having}" if having else ""
    return f"Label at least {counted(number, f'more {what}')}{of_them}."
