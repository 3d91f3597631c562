"""Notes about a split for its reader: unknown patients, duplicates and leaks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model_training.data.datasets import Case
from model_training.data.patient_groups import counted, listed, shared_between


def about_patients(
    cases: Sequence[Case], digests: Sequence[str], near_duplicates: NDArray[np.int64] | None
) -> list[str]:
    """Notes on unknown patients, and on patients in two splits.

    Args:
        cases: With their final split.
        digests: SHA-256 of each case's file.
        near_duplicates: Group number of each case, `(num_cases,)`; None if images were not
            compared.
    """
    notes = []
    unknown = sum(not case.patient_id for case in cases)
    if unknown == len(cases):
        what = "each image" if near_duplicates is None else "each group of near-duplicates"
        notes.append(
            f"Patients are not known: {what} counts as one patient, so images of one patient may "
            "be in two splits, and the figures may be too good."
        )
    elif unknown:
        notes.append(
            f"The patient of {unknown:,} of {len(cases):,} images is not known; each of those "
            "counts as a separate patient."
        )
    if near_duplicates is not None:
        notes.append(_about_groups(cases, near_duplicates))
    pairs = (("test", ("train", "val")), ("val", ("train",)))
    if not any(
        shared_between(cases, digests, near_duplicates, one=[split_name], other=others)
        for split_name, others in pairs
    ):
        kinds = ["identical file"]
        if unknown < len(cases):
            kinds.insert(0, "known patient" if unknown else "patient")
        if near_duplicates is not None:
            kinds.append("near-duplicate")
        notes.append(f"{listed([f'no {kind}' for kind in kinds]).capitalize()} is in two splits.")
    return notes


def by_what(cases: Sequence[Case], near_duplicates: NDArray[np.int64] | None) -> str:
    """What a random split keeps together: `patient`, where patients are known.

    Args:
        cases: The images.
        near_duplicates: Group number of each case, `(num_cases,)`; None if images were not
            compared.
    """
    alone = "image" if near_duplicates is None else "group of near-duplicates"
    known = [bool(case.patient_id) for case in cases]
    if all(known):
        return "patient"
    return f"patient, or {alone} where the patient is not known" if any(known) else alone


def _about_groups(cases: Sequence[Case], near_duplicates: NDArray[np.int64]) -> str:
    """Number of repeated images, and whether copies stay in one split."""
    sizes = np.bincount(near_duplicates)
    grouped, count = int(sizes[sizes > 1].sum()), int((sizes > 1).sum())
    if not count:
        return f"No two of {len(cases):,} images are identical or near-duplicates."
    splits: dict[int, set[str]] = defaultdict(set)
    for group, case in zip(near_duplicates.tolist(), cases, strict=True):
        splits[group].add(case.split)
    divided = sum(len(found) > 1 for found in splits.values())
    # A given split that leaks may have been kept.
    where = (
        f"{divided:,} of them in two splits or more" if divided else "a group stays in one split"
    )
    return (
        f"{grouped:,} of {len(cases):,} images are identical to or near-duplicates of another, "
        f"in {counted(count, 'group')}; {where}."
    )
