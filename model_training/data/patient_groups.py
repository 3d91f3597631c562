"""Groups of images that must stay in one split, and what two splits share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from model_training.data.datasets import Case


@dataclass(frozen=True, slots=True)
class Shared:
    """What two sides of a split have in common.

    Attributes:
        patients: Number of known patients with images on both sides.
        files: Number of identical files on both sides.
        near_duplicates: Number of groups of near-duplicates with images on both sides, except
            those that share an identical file.
    """

    patients: int
    files: int
    near_duplicates: int

    def __bool__(self) -> bool:
        return bool(self.patients or self.files or self.near_duplicates)

    def __str__(self) -> str:
        shared = [
            counted(self.patients, "patient"),
            counted(self.files, "identical file"),
            counted(self.near_duplicates, "group", " of near-duplicates"),
        ]
        return listed([text for text in shared if text] or ["nothing"])


def patient_groups(
    cases: Sequence[Case],
    digests: Sequence[str],
    near_duplicates: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Groups of cases that must stay on one side of a split.

    These are cases of one patient, identical files and near-duplicates, and all cases linked by a
    chain of these.

    Args:
        cases: The cases.
        digests: SHA-256 of each case's file.
        near_duplicates: Group number of each case as returned by
            `duplicates.near_duplicate_groups`, `(num_cases,)`; None if images were not compared.

    Returns:
        Group of each case, numbered from 0, `(num_cases,)`.
    """
    evidence: list[ArrayLike] = [[case.person for case in cases], list(digests)]
    if near_duplicates is not None:
        evidence.append(near_duplicates)
    nodes, num_nodes = [], len(cases)
    for found in evidence:
        _, codes = np.unique(np.asarray(found), return_inverse=True)
        nodes.append(num_nodes + codes)
        num_nodes += int(codes.max(initial=-1)) + 1
    links = np.tile(np.arange(len(cases)), len(nodes)), np.concatenate(nodes)
    graph = coo_array((np.ones(len(links[0]), np.int8), links), shape=(num_nodes, num_nodes))
    components = connected_components(graph, directed=False)[1][: len(cases)]
    return np.asarray(np.unique(components, return_inverse=True)[1], np.int64)


def shared_between(
    cases: Sequence[Case],
    digests: Sequence[str],
    near_duplicates: NDArray[np.int64] | None = None,
    *,
    one: Iterable[str],
    other: Iterable[str],
) -> Shared:
    """What two sets of splits have in common.

    Args:
        cases: The cases.
        digests: SHA-256 of each case's file.
        near_duplicates: Group number of each case as returned by
            `duplicates.near_duplicate_groups`, `(num_cases,)`; None if images were not compared.
        one: Names of the splits on one side.
        other: Names of the splits on the other side.
    """
    sides = [
        [index for index, case in enumerate(cases) if case.split in set(splits)]
        for splits in (one, other)
    ]
    patients, files = (
        [{key[index] for index in side if key[index]} for side in sides]
        for key in ([case.patient_id for case in cases], digests)
    )
    same_files = files[0] & files[1]
    num_near = 0
    if near_duplicates is not None:
        near = [{int(near_duplicates[index]) for index in side} for side in sides]
        explained = {
            int(near_duplicates[index]) for index in sides[0] if digests[index] in same_files
        }
        num_near = len((near[0] & near[1]) - explained)
    return Shared(len(patients[0] & patients[1]), len(same_files), num_near)


def listed(texts: list[str]) -> str:
    """`one`, `one and two`, `one, two and three`."""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def counted(number: int, singular: str, rest: str = "") -> str:
    """A count in words, such as `2 groups of near-duplicates`.

    Args:
        number: How many there are.
        singular: What is counted.
        rest: What follows the noun.

    Returns:
        Empty for none.
    """
    return f"{number:,} {singular}{'s' * (number > 1)}{rest}" if number else ""
