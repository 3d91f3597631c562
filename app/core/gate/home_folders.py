"""How much folders of the reference's own films differ from the rest of it, by chance.

A folder may hold few patients, and films of a patient are alike: slices of one head differ from
those of all others, and nothing is wrong. Tests take each film for another patient's. So folders
are drawn from the reference patient by patient, and what matters must differ more than they do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.gate.sample import Sample
from app.core.statistics.metrics import Proportion

# So many that the largest of them is rarely exceeded by chance in any of some 30 comparisons, and
# that a p can be small enough to pass their correction.
_FOLDERS = 1_999
# With fewer groups, folders of them say nothing.
_FEWEST_GROUPS = 10


def draw(groups: NDArray[np.str_], num: int, *, seed: int) -> NDArray[np.bool_]:
    """Folders of whole patients, filled until they hold `num` films or half of all.

    Args:
        groups: Patient of each film, `(n,)`.
        num: Films of a folder; of the last patient, only as many as are needed.
        seed: Of which patients are drawn.

    Returns:
        `(num_folders, n)`, whether a film is in a folder; no folder from too few patients.
    """
    names, patients = np.unique(groups, return_inverse=True)
    if len(names) < _FEWEST_GROUPS:
        return np.zeros((0, len(groups)), np.bool_)
    rng = np.random.default_rng(seed)
    size = min(num, len(groups) // 2)
    turns = rng.permuted(np.tile(np.arange(len(names)), (_FOLDERS, 1)), axis=1)
    # By chance among the films of a patient, too.
    order = turns[:, patients] + rng.random((_FOLDERS, len(groups)))
    folders = np.zeros((_FOLDERS, len(groups)), np.bool_)
    np.put_along_axis(folders, np.argpartition(order, size - 1)[:, :size], True, axis=1)
    return folders


def largest_gap(figures: NDArray[np.floating[Any]], folders: NDArray[np.bool_]) -> float:
    """The largest gap between the distributions of a folder and of the other films.

    Args:
        figures: A figure of each film, `(n,)`.
        folders: As returned by `draw`, `(num_folders, n)`.
    """
    if not len(folders):
        return 0.0
    order = np.argsort(figures)
    inside = folders[:, order]
    below = inside.cumsum(axis=1) / inside.sum(axis=1, keepdims=True)
    below -= (~inside).cumsum(axis=1) / (~inside).sum(axis=1, keepdims=True)
    # Films with the same figure count together.
    is_last = np.append(np.diff(figures[order]) > 0, True)
    return float(np.abs(below[:, is_last]).max())


def largest_energy(between: NDArray[np.float64], folders: NDArray[np.bool_]) -> float:
    """The largest effect of `two_samples.energy` between a folder and the other films.

    Args:
        between: Distances of all films from each other, `(n, n)`.
        folders: As returned by `draw`, `(num_folders, n)`.
    """
    from app.core.gate.two_samples import inhomogeneity

    return float(inhomogeneity(between, folders.astype(np.float64)).max(initial=0.0))


def largest_move(answers: NDArray[np.int64], folders: NDArray[np.bool_]) -> float:
    """The largest effect of `two_samples.proportions` between a folder and the other films.

    Args:
        answers: Answer of the model for each film, `(n,)`.
        folders: As returned by `draw`, `(num_folders, n)`.
    """
    if not len(folders):
        return 0.0
    # As numbers: the product of two boolean matrices would only say whether there is any.
    is_answer = (answers[:, None] == np.unique(answers)).astype(np.float64)
    shares = folders @ is_answer / folders.sum(axis=1, keepdims=True)
    others = ~folders @ is_answer / (~folders).sum(axis=1, keepdims=True)
    return float((np.abs(shares - others).sum(axis=1) / 2).max())


def refused_by_chance(
    is_refused: NDArray[np.bool_], groups: NDArray[np.str_], refused: Proportion, *, seed: int
) -> tuple[float, float]:
    """How often folders of the reference's own films have as many refusals as a folder.

    A test by resampling patients: films of a patient are refused together.

    Args:
        is_refused: Whether each film of the reference is, `(n,)`.
        groups: Patient of each film, `(n,)`.
        refused: Refusals of the folder.
        seed: Of which patients are drawn.

    Returns:
        The largest difference between a folder of the reference and its other films, see
        `largest_move`; and the p of the folder, one-sided, 1 / (folders drawn + 1) at the least.
        0 and 0 if there are too few patients to say.
    """
    folders = draw(groups, refused.total, seed=seed)
    if not len(folders):
        return 0.0, 0.0
    shares = (folders @ is_refused.astype(np.float64)) / folders.sum(axis=1)
    as_many = int((shares >= refused.value - 1e-9).sum())
    return largest_move(is_refused.astype(np.int64), folders), (1 + as_many) / (1 + len(folders))


def largest_effects(
    home: Sample,
    columns: dict[str, NDArray[np.floating[Any]]],
    points: dict[str, NDArray[np.floating[Any]]],
    *,
    num: int,
    seed: int = 0,
) -> dict[str, float]:
    """The largest effect of each comparison among folders of the reference's own films.

    Args:
        home: Films of the reference.
        columns: Figures of each film by name, each `(n,)`.
        points: Places of each film by name, each `(n, k)` with a k of its own.
        num: Films of a folder.
        seed: Of which patients are drawn.

    Returns:
        Of columns and points by their names, and of `answers`.
    """
    from scipy.spatial.distance import cdist

    folders = draw(home.groups, num, seed=seed)
    found = {name: largest_gap(figures, folders) for name, figures in columns.items()}
    for name, places in points.items():
        found[name] = largest_energy(cdist(places, places), folders)
    return found | {"answers": largest_move(home.answers, folders)}
