"""The true classes of a worklist's films: by the names of their folders, or by a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.core.adaptation.labels import class_positions, parse_table
from app.core.adaptation.matching import match
from app.core.bundles.task import Task
from app.core.record.database import Database
from app.core.record.worklist import Worklist
from app.core.record.worklist_truth import table_truth
from app.core.scoring.result import Result


@dataclass(frozen=True, slots=True)
class FolderTruth:
    """What the names of folders say.

    Attributes:
        labels: True class of each film in a folder of a class, by its position in the worklist.
        ambiguous: Films in folders of two classes, which say nothing.
        num_without: Films in no folder of a class.
    """

    labels: Mapping[int, int]
    ambiguous: tuple[int, ...]
    num_without: int


@dataclass(frozen=True, slots=True)
class TableTruth:
    """What a table says.

    Attributes:
        labels: True class of each film that it names, by its position in the worklist.
        unknown: What it names that is not in the worklist.
        ambiguous: Names that several films have.
        contradicting: Films that it gives two classes, which say nothing.
    """

    labels: Mapping[int, int]
    unknown: tuple[str, ...]
    ambiguous: tuple[str, ...]
    contradicting: tuple[int, ...]


def known_truth(
    database: Database, worklist: Worklist, names: Iterable[str], task: Task
) -> Mapping[int, int]:
    """True class of each film where it is known, by its position in the worklist.

    Args:
        database: The record.
        worklist: The worklist; it says where its true classes are from.
        names: Of its films, in its order.
        task: The classes.

    Raises:
        RecordError: If the record cannot be read.
    """
    if worklist.truth == "folders":
        return truth_of_folders(names, task).labels
    if worklist.truth == "table":
        found = table_truth(database, worklist.id)
        return {
            item: task.classes.index(label)
            for item, label in found.items()
            if label in task.classes
        }
    return {}


def truth_of_folders(names: Iterable[str], task: Task) -> FolderTruth:
    """The class of each film by the folders on its path, as labels of a data set are read.

    A folder counts if it has the name or the display name of a class, in any case. Findings do not
    exclude each other, so folders say nothing of them.

    Args:
        names: Of the films, relative to the place of the worklist, in its order.
        task: The classes.
    """
    positions = {} if task.any_of else class_positions(task)
    labels: dict[int, int] = {}
    ambiguous: list[int] = []
    without = 0
    for item, name in enumerate(names):
        folders = PurePosixPath(name.lower()).parts[:-1]
        found = {positions[folder] for folder in folders if folder in positions}
        if len(found) == 1:
            labels[item] = found.pop()
        elif found:
            ambiguous.append(item)
        else:
            without += 1
    return FolderTruth(labels, tuple(ambiguous), without)


def truth_of_table(
    content: bytes, name: str, task: Task, results: Sequence[Result | None]
) -> TableTruth:
    """The class of each film by a table with the columns path and label.

    Args:
        content: CSV, TSV or Parquet.
        name: Its file name, by whose ending the format is known.
        task: The classes, which are recognised by name or by display name.
        results: Of the worklist's films, in its order.

    Raises:
        DatasetError: If it cannot be read, a column is missing, or a label is not a class.
    """
    rows = parse_table(content, name, task)
    scored = [one for one in results if one is not None]
    matched = match(rows, scored)
    items = {one.source.name: item for item, one in enumerate(results) if one is not None}
    labels: dict[int, int] = {}
    contradicting: set[int] = set()
    for one in matched.labelled:
        item = items[one.source.name]
        if labels.setdefault(item, one.label) != one.label:
            contradicting.add(item)
    for item in contradicting:
        del labels[item]
    return TableTruth(labels, matched.unknown, matched.ambiguous, tuple(sorted(contradicting)))
