"""A few images of a data set as the network sees them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.errors import DatasetError, ImageError
from app.core.images.preparation import Prepared, prepare
from app.core.images.reading import ReadOptions
from app.core.sources.source import Source
from model_training.config import TrainingConfig
from model_training.data.datasets import Case, Dataset
from model_training.data.film_cache import remedies
from model_training.preparation.films import network_input


def sample(dataset: Dataset, *, config: TrainingConfig, number: int) -> NDArray[np.uint8]:
    """A few images as the network sees them, from all classes in turn, drawn by the seed.

    With findings, an image of each in turn, then one that shows none of them.

    Args:
        dataset: The cases; those that training would leave out are skipped.
        config: Input size and fit, how files are read, and the seed.
        number: Maximum number of images.

    Returns:
        uint8 `(at most number, height, width, channels)` in [0, 255].

    Raises:
        DatasetError: If none of the images tried can be trained on.
    """
    order = np.random.default_rng(config.seed).permutation(len(dataset.cases))
    tried = _in_turn(dataset, order)
    size, reading = network_input(config), ReadOptions(config.frame)
    found, problems = [], []
    for case in tried[: 10 * number]:
        try:
            data = Source(case.name, case.path).read()
        except ImageError:
            continue
        prepared = prepare(data, size, reading=reading)
        if isinstance(prepared, Prepared):
            found.append(prepared.pixels)
        else:
            problems.append(prepared.error.code)
        if len(found) == number:
            break
    if not found:
        raise DatasetError(
            "None of the images that were tried can be trained on. `overread-train inspect DATA "
            f"--json FILE` (or --html FILE) lists each file and its reason; {remedies(problems)}."
        )
    return np.stack(found)


def _in_turn(dataset: Dataset, order: NDArray[np.int64]) -> list[Case]:
    """The cases of each class in the given order, one of each class at a time."""
    present = dataset.targets == 1
    kinds = np.column_stack([present, ~present.any(axis=1)])
    places = [
        (turn, kind, index)
        for kind, members in enumerate(kinds.T)
        for turn, index in enumerate(order[members[order]].tolist())
    ]
    return [dataset.cases[index] for index in dict.fromkeys(index for *_, index in sorted(places))]
