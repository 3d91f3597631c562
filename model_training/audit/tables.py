"""An inspection as tables, for both text and page."""

from __future__ import annotations

from collections import Counter

import numpy as np

from app.core.performance.sampling_units import unit_of
from model_training.audit.checks import Inspection
from model_training.audit.observations import strength
from model_training.reports.html_report import Table

_MAX_PROBLEMS = 200
_MAX_SHARED = 200


def counts(inspection: Inspection) -> Table:
    """Usable images and patients by split, class and subgroup."""
    table = inspection.counts()
    candidates = [("split", "Split"), ("class", "Class"), ("subgroup", "Subgroup")]
    columns = [(column, name) for column, name in candidates if table[column].astype(str).any()]
    rows = []
    for row in table.to_dict("records"):
        patients = f"{row['patients']:,}" if row["known"] == row["images"] else "not known"
        if 0 < row["known"] < row["images"]:
            patients = "partly known"
        cells = [row[column] or "–" for column, _ in columns]
        rows.append([*cells, f"{row['images']:,}", patients])
    names = [name for _, name in columns]
    return Table([*names, "Images", "Patients"], rows, "Usable images and their patients")


def kinds(inspection: Inspection) -> Table:
    """Images by file format and stored pixels."""
    counted = Counter(
        zip(inspection.facts["file_format"], inspection.facts["pixel_kind"], strict=True)
    )
    rows = [(*kind, f"{count:,}") for kind, count in counted.most_common()]
    return Table(("Format", "Stored pixels", "Images"), rows, "Files")


def problems_by_reason(inspection: Inspection) -> Table:
    """Images that cannot be used, by reason."""
    counted = Counter(reason for _, reason in inspection.problems)
    rows = [(reason, f"{count:,}") for reason, count in counted.most_common()]
    return Table(("Reason", "Images"), rows, "Images that cannot be used")


def problems(inspection: Inspection) -> Table:
    """The first of the images that cannot be used."""
    hidden = len(inspection.problems) - _MAX_PROBLEMS
    caption = f"The first {_MAX_PROBLEMS} of them" if hidden > 0 else "Their names"
    return Table(("File", "Reason"), inspection.problems[:_MAX_PROBLEMS], caption)


def odd_by_reason(inspection: Inspection) -> Table:
    """Images that the rules of a model trained on these would refuse, by reason."""
    counted = Counter(reason for _, reason in inspection.odd)
    rows = [(reason, f"{count:,}") for reason, count in counted.most_common()]
    header = ("Reason", f"Images of {len(inspection.cases):,}")
    return Table(header, rows, "Images unlike the others, which a model would refuse")


def odd(inspection: Inspection) -> Table:
    """The first of the images that the rules of a model trained on these would refuse."""
    rows = [(inspection.cases[index].name, reason) for index, reason in inspection.odd]
    hidden = len(rows) - _MAX_PROBLEMS
    caption = f"The first {_MAX_PROBLEMS} of them" if hidden > 0 else "Names of the images unlike"
    return Table(("File", "Reason"), rows[:_MAX_PROBLEMS], caption)


def shared(inspection: Inspection) -> Table:
    """What each pair of given splits shares; no patients where none is known."""
    known = any(case.patient_id for case in inspection.cases)
    rows = [
        (
            f"{one} and {other}",
            shared.patients if known else "not known",
            shared.files,
            shared.near_duplicates,
        )
        for (one, other), shared in inspection.shared.items()
    ]
    header = ("Splits", "Patients", "Identical files", "Groups of near-duplicates")
    return Table(header, rows, "What the splits share")


def shared_patients(inspection: Inspection, one: str, other: str) -> Table:
    """The patients with images in both splits, and these images.

    Args:
        inspection: The results.
        one: Name of a split.
        other: Name of another.
    """
    found = inspection.shared_patients(one, other)
    rows = [
        (patient, *(_file_names(inspection, side) for side in sides))
        for patient, sides in found.items()
    ]
    header = ("Patient", f"Images in {one}", f"Images in {other}")
    return _first(Table(header, rows, f"Patients in {one} and {other}"))


def shared_files(inspection: Inspection, one: str, other: str) -> Table:
    """The files that are in both splits.

    Args:
        inspection: The results.
        one: Name of a split.
        other: Name of another.
    """
    rows = [
        tuple(_file_names(inspection, side) for side in sides)
        for sides in inspection.shared_files(one, other).values()
    ]
    return _first(Table((one, other), rows, f"Identical files in {one} and {other}"))


def group_sizes(inspection: Inspection) -> Table:
    """Sizes of the groups of identical files and near-duplicates."""
    bands = ((2, 2), (3, 3), (4, 5), (6, 10), (11, 20), (21, 50), (51, 10**9))
    rows = []
    for low, high in bands:
        inside = [(size, count) for size, count in group_counts(inspection) if low <= size <= high]
        if inside:
            smallest, largest = inside[0][0], inside[-1][0]
            label = f"{smallest} to {largest}" if smallest < largest else str(smallest)
            groups = sum(count for _, count in inside)
            in_all = sum(size * count for size, count in inside)
            rows.append((label, f"{groups:,}", f"{in_all:,}"))
    header = ("Images per group", "Groups", "Images in total")
    return Table(header, rows, "Groups of identical files and near-duplicates")


def shortcuts(inspection: Inspection) -> Table:
    """The AUC of every property, with its confidence interval."""
    rows = [
        (
            shortcut.feature,
            shortcut.class_name,
            shortcut.direction or "–",
            f"{shortcut.auc.value:.3f}",
            f"{shortcut.auc.low:.3f} to {shortcut.auc.high:.3f}",
            f"{shortcut.auc.num_cases:,}",
            f"{shortcut.auc.num_groups:,}",
            strength(shortcut),
        )
        for shortcut in inspection.shortcuts
    ]
    header = (
        "Property", "Class", "Direction", "AUC", "95 % interval", "Images",
        units(inspection).capitalize(), "Strength",
    )  # fmt: skip
    return Table(header, rows, "Shortcuts")


def units(inspection: Inspection) -> str:
    """What the intervals of shortcuts were computed over: `patients`, or `groups` of images."""
    return f"{unit_of([case.patient_id for case in inspection.cases])}s"


def group_counts(inspection: Inspection) -> list[tuple[int, int]]:
    """Group size and number of groups of that size, for groups of more than one image."""
    sizes = np.bincount(inspection.near_groups)
    return sorted(Counter(sizes[sizes > 1].tolist()).items())


def _file_names(inspection: Inspection, positions: list[int]) -> str:
    return ", ".join(inspection.cases[index].name for index in positions)


def _first(table: Table) -> Table:
    if len(table.rows) <= _MAX_SHARED:
        return table
    caption = f"{table.caption}: the first {_MAX_SHARED} of {len(table.rows):,}"
    return Table(table.header, table.rows[:_MAX_SHARED], caption)
