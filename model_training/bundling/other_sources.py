"""Figures of a bundle on images from elsewhere, which its card opens with.

They are kept in the bundle as a table, `other_sources.csv`, from which the section of the card is
written. A bundle is never changed: recording figures makes a new version of it, as a copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import CARD
from app.core.errors import DatasetError
from app.core.gate.reason_words import reasons_in_words
from app.core.performance.formatting import counted
from model_training.bundling.revision import write_copy
from model_training.evaluation.figures import HEADER, Row, overall
from model_training.evaluation.scored import Scored
from model_training.reports.markdown import markdown_table

OTHER_SOURCES = "other_sources.csv"

NOT_TESTED_ON = "## Not tested on"
ON_OTHER_SOURCES = "## On other sources"

_COLUMNS = ("source", *HEADER)
_ANYTHING_ELSE = (
    "Images of any hospital, scanner, protocol or population that is named neither under Data nor "
    "under On other sources: nothing is known about them."
)
_NOTHING = "Images of no other source were evaluated."
# They depend on the prevalence among the images, or say the same as another figure.
_LEFT_OUT = ("Positive predictive value", "Negative predictive value", "Brier score")


def opening(not_tested: Sequence[str] = ()) -> list[str]:
    """The first two sections of a new card: what it was not tested on, and figures elsewhere.

    Args:
        not_tested: What it was not tested on, one line each, besides every source that the card
            does not name.
    """
    return [_not_tested(not_tested), f"{ON_OTHER_SOURCES}\n\n{_NOTHING}"]


def record(
    bundle: Bundle,
    scored: Scored,
    *,
    source: str,
    seen: str,
    out: Path,
    not_tested: Sequence[str] = (),
) -> Bundle:
    """Writes a new version of a bundle whose card has the figures of another source.

    Args:
        bundle: The bundle.
        scored: The images of the source, scored by it.
        source: Name of the source in the card; figures recorded under it before are replaced.
        seen: A sentence if the bundle was trained on some of the images, as returned by
            `overlap.overlap_note`; else empty.
        out: Folder of the new version; must not exist.
        not_tested: What it was not tested on, one line each; replaces what the card says of that.
            Empty to leave it.

    Raises:
        DatasetError: If the bundle was trained on some of the images.
    """
    if seen:
        raise DatasetError(f"Nothing was recorded. {seen}")
    table = _recorded(bundle)
    new = pd.DataFrame(_rows(scored, source), columns=list(_COLUMNS))
    table = pd.concat([table[table["source"] != source], new], ignore_index=True)
    card = _with_section(bundle.card(), ON_OTHER_SOURCES, _section(table))
    if not_tested or f"\n{NOT_TESTED_ON}\n" not in card:
        card = _with_section(card, NOT_TESTED_ON, _not_tested(not_tested))
    return write_copy(bundle, out, {OTHER_SOURCES: table.to_csv(index=False), CARD: card})


def _recorded(bundle: Bundle) -> pd.DataFrame:
    """What was recorded before, as text."""
    if OTHER_SOURCES not in bundle.manifest.files:
        return pd.DataFrame(columns=list(_COLUMNS), dtype=str)
    return pd.read_csv(bundle.path / OTHER_SOURCES, dtype=str, keep_default_na=False)


def _rows(scored: Scored, source: str) -> list[tuple[str, ...]]:
    """The figures of one source in the order of `_COLUMNS`; of findings, one after the other."""
    refused = scored.refused
    of = counted(len(scored.cases), "image")
    if refused:
        of += f": {reasons_in_words(refused)}"
    last = (source, "Not scored", f"{refused.total():,}", "", of)
    task = scored.bundle.manifest.task
    if not task.any_of:
        return [*_figures(scored, source), last]
    findings = [(task.display_name(name), scored.of_finding(name)) for name in scored.classes]
    return [
        *(
            row
            for name, own in findings
            if len(set(own.held_out().y_true.tolist())) == 2
            for row in _figures(own, source, f"{name}: ")
        ),
        last,
    ]


def _figures(scored: Scored, source: str, prefix: str = "") -> list[tuple[str, ...]]:
    manifest = scored.bundle.manifest
    found = overall(scored.held_out(), manifest.task, threshold=manifest.thresholds.decision)
    return [(source, *_named(row, prefix).cells) for row in found if row.name not in _LEFT_OUT]


def _named(row: Row, prefix: str) -> Row:
    return Row(prefix + row.name, row.value, row.interval, row.of)


def _section(table: pd.DataFrame) -> str:
    """The section: one table, each source named in its first row only."""
    cells = table[list(_COLUMNS)].to_numpy(dtype=str).tolist()
    sources = [row[0] for row in cells]
    shown = [
        [source if number == 0 or sources[number - 1] != source else "", *row[1:]]
        for number, (source, row) in enumerate(zip(sources, cells, strict=True))
    ]
    return (
        f"{ON_OTHER_SOURCES}\n\n{markdown_table(_COLUMNS, shown)}\n\nAt the thresholds and with "
        "the calibration of this bundle; intervals as under Figures on the test split."
    )


def _not_tested(lines: Sequence[str]) -> str:
    return f"{NOT_TESTED_ON}\n\n" + "\n".join(f"- {line}" for line in (*lines, _ANYTHING_ELSE))


def _with_section(card: str, heading: str, section: str) -> str:
    """A card with a section in the place of its earlier one, or before all other sections."""
    start = card.find(f"\n{heading}\n")
    if start < 0:
        first = card.find("\n## ")
        return f"{card[:first]}\n{section}\n{card[first:]}"
    end = card.find("\n## ", start + 1)
    return f"{card[:start]}\n{section}\n{card[end:]}"
