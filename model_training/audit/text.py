"""An inspection as text and as JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from model_training.audit import gate_report, tables
from model_training.audit.checks import Inspection
from model_training.audit.contradictions import same_answer
from model_training.audit.observations import Observation, observations, strength
from model_training.reports.html_report import Table

LEVELS = {"leak": "Leak", "check": "Check", "fine": "Fine"}

_LINE = 100


def text(inspection: Inspection) -> str:
    """The observations and tables as text, without names of files or patients."""
    blocks = [
        "\n".join([headline(inspection), *map(_wrapped, inspection.notes)]),
        "\n".join(_observation_lines(observations(inspection))),
    ]
    for table in (
        tables.counts(inspection),
        tables.kinds(inspection),
        tables.problems_by_reason(inspection),
        tables.odd_by_reason(inspection),
        *_at_the_gate(inspection),
        tables.shared(inspection),
        tables.group_sizes(inspection),
        tables.shortcuts(inspection),
    ):
        if table.rows:
            blocks.append("\n".join([table.caption, *_aligned(table)]))
    note = _wrapped(f"Shortcuts: {inspection.shortcut_note}")
    blocks.append(f"{sizes(inspection)}\n{note}")
    if _has_names(inspection):
        blocks.append(
            "Names of files and patients are not shown here; --json FILE lists them, and --html "
            "FILE shows them on a page."
        )
    return "\n\n".join(blocks)


def as_dict(inspection: Inspection) -> dict[str, Any]:
    """Everything, with file names, for JSON."""
    names = [case.name for case in inspection.cases]
    pairs, facts = inspection.pairs, inspection.facts
    return {
        "name": inspection.name,
        "classes": list(inspection.classes),
        "images": len(inspection.cases),
        "notes": list(inspection.notes),
        "observations": [
            {"level": one.level, "title": one.title, "meaning": one.meaning}
            for one in observations(inspection)
        ],
        "counts": _counts(inspection),
        "unusable": [{"path": path, "reason": reason} for path, reason in inspection.problems],
        "odd": [{"path": names[index], "reason": reason} for index, reason in inspection.odd],
        "gate": inspection.gate and gate_report.as_dict(inspection.gate),
        "formats": _counted(inspection, "file_format"),
        "pixels": _counted(inspection, "pixel_kind"),
        "sizes": {
            f"{width}x{height}": count
            for (width, height), count in size_counts(facts).most_common()
        },
        "identical_files": [
            [names[index] for index in same] for same in inspection.identical_files
        ],
        "contradicting_identical_files": [
            [names[index] for index in same] for same in inspection.contradictions.files
        ],
        "near_duplicates": [
            {
                "first": names[first],
                "second": names[second],
                "correlation": round(float(correlation), 4),
                "mirrored": bool(mirrored),
                "same_label": same_answer(inspection.cases[first], inspection.cases[second]),
            }
            for first, second, correlation, mirrored in zip(
                pairs.first, pairs.second, pairs.correlation, pairs.mirrored, strict=True
            )
        ],
        "near_duplicate_groups": dict(tables.group_counts(inspection)),
        "shared": [
            {
                "splits": list(splits),
                "patients": shared.patients,
                "identical_files": shared.files,
                "near_duplicate_groups": shared.near_duplicates,
                "which_patients": [
                    {"patient": patient, **_named(names, splits, sides)}
                    for patient, sides in inspection.shared_patients(*splits).items()
                ],
                "which_files": [
                    _named(names, splits, sides)
                    for sides in inspection.shared_files(*splits).values()
                ],
            }
            for splits, shared in inspection.shared.items()
        ],
        "shortcuts_computed": inspection.shortcut_note,
        "shortcuts": [
            {
                "feature": shortcut.feature,
                "class": shortcut.class_name,
                "direction": shortcut.direction,
                "auc": shortcut.auc.value,
                "low": _or_none(shortcut.auc.low),
                "high": _or_none(shortcut.auc.high),
                "images": shortcut.auc.num_cases,
                tables.units(inspection): shortcut.auc.num_groups,
                "strength": strength(shortcut),
            }
            for shortcut in inspection.shortcuts
        ],
    }


def _at_the_gate(inspection: Inspection) -> Iterator[Table]:
    if inspection.gate is not None:
        yield gate_report.reasons(inspection.gate)
        yield gate_report.groups(inspection.gate)
        yield gate_report.differences(inspection.gate)


def _counts(inspection: Inspection) -> list[dict[str, object]]:
    """The counts; the number of patients is None unless all of them are known."""
    return [
        {
            str(name): None if name == "patients" and row["known"] < row["images"] else value
            for name, value in row.items()
            if name != "known"
        }
        for row in inspection.counts().to_dict("records")
    ]


def _wrapped(note: str) -> str:
    return textwrap.fill(note, _LINE, break_long_words=False, break_on_hyphens=False)


def _has_names(inspection: Inspection) -> bool:
    """Whether the text counts files or patients without naming them."""
    return bool(
        inspection.problems
        or inspection.odd
        or inspection.leaks
        or (inspection.gate is not None and inspection.gate.refused.successes)
        or inspection.identical_files
        or len(inspection.pairs)
    )


def _named(
    names: Sequence[str], splits: tuple[str, str], sides: tuple[list[int], list[int]]
) -> dict[str, list[str]]:
    """Names of the images in each of two splits."""
    return {
        split_name: [names[index] for index in side]
        for split_name, side in zip(splits, sides, strict=True)
    }


def headline(inspection: Inspection) -> str:
    """Number of images, and the classes."""
    total = len(inspection.cases) + len(inspection.problems)
    if inspection.any_of:
        names = ", ".join(inspection.classes)
        return f"{total:,} images of any of {len(inspection.classes)} findings: {names}."
    return (
        f"{total:,} images of {len(inspection.classes)} classes: {', '.join(inspection.classes)}."
    )


def sizes(inspection: Inspection) -> str:
    """The image sizes in a sentence."""
    counted = size_counts(inspection.facts)
    if len(counted) == 1:
        ((width, height),) = counted
        return f"All images are {width:,} × {height:,} pixels."
    ranges = [
        f"{name} {sides.min():,.0f} to {sides.max():,.0f} (median {sides.median():,.0f})"
        for name, sides in inspection.facts[["width", "height"]].items()
    ]
    return f"The images have {len(counted):,} sizes, in pixels: {' and '.join(ranges)}."


def size_counts(facts: pd.DataFrame) -> Counter[tuple[int, int]]:
    """Number of images by `(width, height)` in pixels."""
    return Counter(
        zip(facts["width"].astype(int).tolist(), facts["height"].astype(int).tolist(), strict=True)
    )


def _counted(inspection: Inspection, column: str) -> dict[str, int]:
    return dict(Counter(inspection.facts[column].astype(str)).most_common())


def _observation_lines(found: Sequence[Observation]) -> Iterator[str]:
    for one in found:
        for paragraph, mark in ((one.title, LEVELS[one.level]), (one.meaning, "")):
            if paragraph:
                yield textwrap.fill(
                    paragraph,
                    _LINE,
                    initial_indent=f"{mark:<7}",
                    subsequent_indent=" " * 7,
                    break_on_hyphens=False,
                )


def _aligned(table: Table) -> Iterator[str]:
    """The table as text, with numbers right-aligned."""
    rows = [[str(cell) for cell in row] for row in table.rows]
    widths = [max(map(len, column)) for column in zip(table.header, *rows, strict=True)]
    is_number = [kind == "number" for _, kind in table.columns]
    for row in [[str(name) for name in table.header], *rows]:
        cells = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, is_number, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None
