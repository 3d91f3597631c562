"""Inspects a data set before anything is trained on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.errors import DatasetError
from app.core.images.reading import AS_STORED, ReadOptions
from model_training.audit.at_the_gate import AtTheGate
from model_training.audit.contradictions import Contradictions, contradictions, repeated
from model_training.audit.odd_films import odd_films
from model_training.audit.shortcut_search import search_shortcuts
from model_training.audit.shortcuts import Shortcut
from model_training.audit.survey import survey
from model_training.data.answers import answer_counts, answers
from model_training.data.datasets import SPLITS, Case, Dataset
from model_training.data.duplicates import Pairs, groups_of, near_duplicates
from model_training.data.film_cache import remedies
from model_training.data.patient_groups import Shared, patient_groups, shared_between


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """The results of an inspection.

    Attributes:
        name: Name of the data set.
        classes: In output order.
        notes: Remarks made while reading folders or tables.
        cases: The usable cases; all indices below refer to these.
        digests: SHA-256 of each.
        facts: As `survey.Survey.facts`, one row per usable case.
        problems: Name and reason of each image that cannot be used.
        odd: Index and reason of each image that a model trained on these would refuse all the
            same, see `odd_films`.
        pairs: Near-duplicates.
        near_groups: Group of identical files and near-duplicates of each case, `(num_cases,)`.
        patients: Group of cases that must stay on one side of a split, `(num_cases,)`.
        shared: What each pair of given splits shares; empty where no splits are given.
        contradictions: Copies of one film with different labels.
        shortcuts: Strongest first.
        shortcut_note: Which images they were computed on, or why they were not.
        reading: Which image and which window were read where a file leaves it open.
        gate: What the gate of a model says of the images; None if no model was named.
    """

    name: str
    classes: tuple[str, ...]
    notes: tuple[str, ...]
    cases: list[Case]
    digests: list[str]
    facts: pd.DataFrame
    problems: list[tuple[str, str]]
    odd: list[tuple[int, str]]
    pairs: Pairs
    near_groups: NDArray[np.int64]
    patients: NDArray[np.int64]
    shared: dict[tuple[str, str], Shared]
    contradictions: Contradictions
    shortcuts: list[Shortcut]
    shortcut_note: str
    reading: ReadOptions = AS_STORED
    gate: AtTheGate | None = None

    @property
    def any_of(self) -> bool:
        """Whether an image can show any of the classes, and they are findings."""
        return any(case.findings for case in self.cases)

    @property
    def leaks(self) -> bool:
        """Whether any two given splits share anything."""
        return any(self.shared.values())

    @property
    def identical_files(self) -> list[list[int]]:
        """Indices of the cases of every file that occurs more than once."""
        return repeated(self.digests)

    def shared_patients(self, one: str, other: str) -> dict[str, tuple[list[int], list[int]]]:
        """Known patients with images in both splits.

        Args:
            one: Name of a split.
            other: Name of another.

        Returns:
            By patient, indices of the cases in `one` and in `other`.
        """
        return self._in_both([case.patient_id for case in self.cases], one, other)

    def shared_files(self, one: str, other: str) -> dict[str, tuple[list[int], list[int]]]:
        """Files that are in both splits.

        Args:
            one: Name of a split.
            other: Name of another.

        Returns:
            By SHA-256 of the file, indices of the cases in `one` and in `other`.
        """
        return self._in_both(self.digests, one, other)

    def _in_both(
        self, keys: Sequence[str], one: str, other: str
    ) -> dict[str, tuple[list[int], list[int]]]:
        sides: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for index, (key, case) in enumerate(zip(keys, self.cases, strict=True)):
            if key and case.split in (one, other):
                sides[key][case.split == other].append(index)
        return {key: both for key, both in sorted(sides.items()) if all(both)}

    def counts(self) -> pd.DataFrame:
        """Images and patients by split, class and subgroup; empty text where a case has none.

        With findings, each of them counts as two classes: with it and without it.
        """
        names = list(answer_counts(self.cases, self.classes))
        given = answers(self.cases, len(self.classes))
        table = pd.DataFrame(
            [
                {
                    "split": case.split,
                    "label": label,
                    "subgroup": case.subgroup,
                    "person": case.person,
                    "known": bool(case.patient_id),
                }
                for case, row in zip(self.cases, given, strict=True)
                for label in np.flatnonzero(row).tolist()
            ],
            columns=["split", "label", "subgroup", "person", "known"],
        )
        table["split"] = pd.Categorical(table["split"], ["", *SPLITS])
        grouped = table.groupby(["split", "label", "subgroup"], observed=True)
        found = grouped.agg(
            images=("person", "size"), patients=("person", "nunique"), known=("known", "sum")
        ).reset_index()
        found.insert(1, "class", [names[label] for label in found.pop("label")])
        return found


def inspect(
    dataset: Dataset, *, name: str, channels: Literal[1, 3] = 1, reading: ReadOptions = AS_STORED
) -> Inspection:
    """Reads every image once and looks for leaks, duplicates, wrong labels and shortcuts.

    Args:
        dataset: The labelled images.
        name: Name of the data set in the report.
        channels: Of the network to be trained, 1 for grey or 3 for RGB; a grey network does not
            accept colour pictures.
        reading: Which image and which window to read where a file leaves it open.

    Raises:
        DatasetError: If no image can be trained on.

    Example:
        inspection = inspect(read_dataset(Path("films")), name="films")
        if inspection.leaks:
            print(text(inspection))
    """
    read = survey(dataset.cases, channels=channels, reading=reading)
    usable = read.usable
    problems = [
        (case.name, str(problem))
        for case, problem in zip(dataset.cases, read.facts["problem"], strict=True)
        if problem
    ]
    if not len(usable):
        reasons = ", ".join(sorted({reason for _, reason in problems}))
        raise DatasetError(
            f"None of the {len(problems)} images can be trained on ({reasons}). Check the files "
            f"or the path; {remedies(problem for _, problem in problems)}."
        )
    cases = [dataset.cases[row] for row in usable]
    facts = read.facts.iloc[usable].reset_index(drop=True)
    thumbnails, digests = read.thumbnails[usable], facts["digest"].tolist()
    pairs = near_duplicates(thumbnails, digests)
    near_groups = groups_of(pairs, digests)
    patients = patient_groups(cases, digests, near_groups)
    splits = [
        split_name for split_name in SPLITS if any(case.split == split_name for case in cases)
    ]
    shortcuts, note = search_shortcuts(
        Dataset(dataset.classes, cases, task=dataset.task), facts, thumbnails, patients
    )
    return Inspection(
        name=name,
        classes=dataset.classes,
        notes=(*dataset.notes, *filter(None, [reading.note()])),
        cases=cases,
        digests=digests,
        facts=facts,
        problems=problems,
        odd=odd_films(
            list(zip(facts["height"].astype(int), facts["width"].astype(int), strict=True)),
            read.statistics[usable],
        ),
        pairs=pairs,
        near_groups=near_groups,
        patients=patients,
        shared={
            (one, other): shared_between(cases, digests, near_groups, one=[one], other=[other])
            for one, other in combinations(splits, 2)
        },
        contradictions=contradictions(cases, digests, pairs),
        shortcuts=shortcuts,
        shortcut_note=note,
        reading=reading,
    )
