"""Which cases two results have in common, whether they are of models or of tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.task import Task
from app.core.errors import DatasetError
from app.core.evidence.evidence import Evidence, Results
from app.core.evidence.matching import Names, matched
from app.core.performance.formatting import counted
from app.core.performance.predictions import ALL_CASES, HeldOut, count_patients, select

# What results call the positive class where their truth is 0 and 1 and nothing else was said.
_NAMELESS = "positive"
_SMALLEST_CLASS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of two results that are compared.

    Attributes:
        name: What it is called.
        task: Its question, whose classes exclude each other.
        cases: Its cases.
        names: What each case is called, str `(num_images,)`.
        decision: Its own threshold; None with more than two classes.
        chosen_here: Whether the threshold was chosen on these very cases.
    """

    name: str
    task: Task
    cases: HeldOut
    names: NDArray[np.str_]
    decision: float | None
    chosen_here: bool

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Predicted class index of each case at the own threshold, `(num_images,)`."""
        return self.cases.predicted(self.decision)


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """Two results on the same cases, in the same order, with one truth and one list of patients.

    Attributes:
        first: The first results.
        second: The second ones.
        matched_by: How cases were found to be the same, in words.
        only_first: Number of cases of the first that are not compared.
        only_second: The same of the second.
        notes: What was decided, in sentences.
    """

    first: Side
    second: Side
    matched_by: str
    only_first: int
    only_second: int
    notes: tuple[str, ...]

    @property
    def cases(self) -> HeldOut:
        """The shared cases, with the scores of the first results."""
        return self.first.cases


def side(results: Results, predictions: pd.DataFrame, split: str) -> Side:
    """One of the results that are compared.

    Args:
        results: A model, or results without one; of one finding if it looks for several.
        predictions: Its table.
        split: Name of the split, of `cases` or of the site.

    Raises:
        DatasetError: If it looks for several findings, or there are no cases in the split.
    """
    task = results.manifest.task
    if task.any_of:
        raise DatasetError(
            f"{results.name!r} looks for any of {_listed(task.classes)}, and a comparison is of "
            "one finding: choose it with --finding."
        )
    rows = predictions[predictions["split"] == split]
    if rows.empty:
        where = f"no cases in the split {split!r}" if split else "no held-out cases"
        raise DatasetError(f"{results.name!r} has {where}, so there is nothing to compare.")
    thresholds = results.manifest.thresholds
    return Side(
        name=results.name,
        task=task,
        cases=select(
            rows,
            task,
            split=split,
            are_probabilities=not isinstance(results, Evidence) or results.are_probabilities,
        ),
        names=rows["case" if isinstance(results, Evidence) else "path"].to_numpy().astype(np.str_),
        decision=thresholds.decision if task.binary else None,
        chosen_here=task.binary and _is_of(thresholds.chosen_on, split),
    )


def pair(first: Side, second: Side) -> Pairing:
    """The cases that are in both, by the digests of their films or by their names.

    Args:
        first: The first results.
        second: The second ones.

    Raises:
        DatasetError: If they are about different questions, share too few cases, or differ in the
            truth of a case.
    """
    if first.name == second.name:
        first = replace(first, name=f"{first.name} (1)")
        second = replace(second, name=f"{second.name} (2)")
    second, notes = _same_question(first, second)
    same = matched(
        Names(first.names, first.cases.image_ids), Names(second.names, second.cases.image_ids)
    )
    if not same.by:
        raise DatasetError(
            f"{first.name!r} and {second.name!r} have no case in common: name the cases alike, or "
            "add both with their films."
        )
    pairing = Pairing(
        first=_take(first, same.first),
        second=_take(second, same.second),
        matched_by=same.by,
        only_first=first.cases.num_images - len(same.first),
        only_second=second.cases.num_images - len(same.second),
        notes=tuple(notes),
    )
    _require_one_truth(pairing)
    pairing = _with_patients(pairing)
    _require_enough(pairing)
    return pairing


def finding_of(results: Results, finding: str) -> Results:
    """The results for a finding, where they look for several; else as they are.

    Args:
        results: A model, or results without one.
        finding: Its name, in any spelling of case and blanks.

    Raises:
        DatasetError: If they do not look for it.
    """
    task = results.manifest.task
    if not task.any_of:
        return results
    for name in task.classes:
        if _plain(finding) in (_plain(name), _plain(task.display_name(name))):
            return results.of_finding(name)
    raise DatasetError(
        f"{results.name!r} looks for {_listed(task.classes)}, not for {finding!r}: that is another "
        "question."
    )


def _is_of(chosen_on: str, split: str) -> bool:
    """Whether a threshold was chosen on a split; sites are part of all cases."""
    if chosen_on == ALL_CASES:
        return True
    return bool(chosen_on) and chosen_on.lower().startswith(split.lower())


def _same_question(first: Side, second: Side) -> tuple[Side, list[str]]:
    """The second results with their classes in the order of the first, and what was decided."""
    ours, theirs = ([_plain(name) for name in one.task.classes] for one in (first, second))
    different = DatasetError(
        f"{first.name!r} tells {_listed(first.task.classes)} apart and {second.name!r} "
        f"{_listed(second.task.classes)}: different questions cannot be compared."
    )
    if len(ours) != len(theirs):
        raise different
    if len(ours) > 2:
        if set(ours) != set(theirs):
            raise different
        return _reordered(second, [theirs.index(name) for name in ours], first.task), []
    names = [{_plain(one.task.classes[1]), _plain(one.task.display_name(one.task.classes[1]))}
             for one in (first, second)]  # fmt: skip
    if names[0] & names[1]:
        return second, []
    for nameless, named, found in ((second, first, names[1]), (first, second, names[0])):
        if found == {_NAMELESS}:
            return second, [
                f"{nameless.name!r} does not name its finding; it was taken for "
                f"{named.task.display_name(named.task.classes[1])!r}, as the truth agrees."
            ]
    raise different


def _reordered(second: Side, order: list[int], task: Task) -> Side:
    place = np.argsort(order)
    cases = replace(
        second.cases,
        y_true=place[second.cases.y_true].astype(np.int64),
        probabilities=second.cases.probabilities[:, order],
    )
    return replace(second, cases=cases, task=task)


def _take(one: Side, rows: NDArray[np.int64]) -> Side:
    arrays = {
        field.name: getattr(one.cases, field.name)[rows]
        for field in fields(one.cases)
        if field.name not in ("split", "are_probabilities")  # of all cases alike
    }
    return replace(one, cases=replace(one.cases, **arrays), names=one.names[rows])


def _with_patients(pairing: Pairing) -> Pairing:
    """One list of patients for both: of the results that know more of them, or of their groups."""
    first, second = pairing.first, pairing.second
    known = max(
        (first.cases, second.cases),
        key=lambda cases: (int((cases.named_patients != "").sum()), -count_patients(cases)),
    )
    first, second = (
        replace(
            one,
            cases=replace(one.cases, patients=known.patients, named_patients=known.named_patients),
        )
        for one in (first, second)
    )
    return replace(pairing, first=first, second=second)


def _require_one_truth(pairing: Pairing) -> None:
    first, second = pairing.first, pairing.second
    differing = first.cases.y_true != second.cases.y_true
    if differing.any():
        raise DatasetError(
            f"{first.name!r} and {second.name!r} state a different truth for "
            f"{int(differing.sum()):,} of {counted(len(differing), 'shared case')}, such as "
            f"{str(first.names[differing][0])!r}: decide which is right, and add the results again."
        )


def _require_enough(pairing: Pairing) -> None:
    cases = pairing.cases
    smallest = min(count_patients(cases, cases.y_true == k) for k in range(cases.num_classes))
    if smallest < _SMALLEST_CLASS:
        raise DatasetError(
            f"{pairing.first.name!r} and {pairing.second.name!r} share "
            f"{counted(cases.num_images, 'case')}, of {counted(smallest, cases.unit)} in the "
            f"smallest class: a comparison needs {_SMALLEST_CLASS}, and many more to show a "
            "difference."
        )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().casefold()


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
