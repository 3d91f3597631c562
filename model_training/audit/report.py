"""An inspection as a page, with plots and pictures of near-duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.core.errors import ImageError
from app.core.images import decoding, display, geometry
from app.core.images.film import Film
from app.core.images.guard import guarded
from app.core.images.reading import ReadOptions
from app.core.sources.source import Source
from model_training.audit import gate_report, tables
from model_training.audit import text as inspection_text
from model_training.audit.checks import Inspection
from model_training.audit.observations import observations
from model_training.data.answers import label_text
from model_training.data.datasets import Case
from model_training.reports.html_report import (
    COLOURS,
    Figure,
    Picture,
    Section,
    Table,
    write_report,
)
from model_training.reports.plots import NEUTRAL, line_style

_MAX_PAIRS = 12
_PICTURE_SIDE = 150
_MAX_DISTRIBUTIONS = 3

# Columns of the facts whose distributions are plotted.
_NUMBERS = {
    "image width": ("width", "pixels"),
    "image height": ("height", "pixels"),
    "file size": ("num_bytes", "bytes"),
    "JPEG quantisation": ("quantisation", "mean of the luminance table"),
    "mean brightness": ("mean", "grey level, 0 to 255"),
    "deviation of brightness": ("deviation", "grey levels"),
}


def write_html(path: Path, inspection: Inspection) -> None:
    """Writes the page, with plots and pictures of near-duplicates; it shows file names and images.

    Args:
        path: The HTML file.
        inspection: The results.
    """
    found = observations(inspection)
    sections = [
        Section(
            "Observations",
            [inspection_text.headline(inspection), *inspection.notes],
            [
                Table(
                    ("", "Observation", "What it means, and what to do"),
                    [(inspection_text.LEVELS[one.level], one.title, one.meaning) for one in found],
                )
            ],
        ),
        Section("Images and patients", tables=[tables.counts(inspection)]),
        Section(
            "Files",
            [inspection_text.sizes(inspection)],
            _filled(
                tables.kinds(inspection),
                tables.problems_by_reason(inspection),
                tables.problems(inspection),
                tables.odd_by_reason(inspection),
                tables.odd(inspection),
            ),
            _size_figures(inspection),
        ),
        *_at_the_gate(inspection),
        Section(
            "Duplicates",
            [
                "Near-duplicates are images whose fine structure has a correlation of at least "
                "0.92 at 32 × 32 pixels, as they are or mirrored, regardless of size, compression "
                "and exposure: copies, adjacent slices, or films of one patient taken within a "
                "short time.",
                *([] if len(inspection.pairs) else ["There are none."]),
            ],
            _filled(
                tables.shared(inspection),
                *(
                    table(inspection, one, other)
                    for one, other in inspection.shared
                    for table in (tables.shared_patients, tables.shared_files)
                ),
                tables.group_sizes(inspection),
            ),
            pictures=list(_pictures(inspection)),
        ),
        Section(
            "Shortcuts",
            [
                "How well the class can be predicted without looking at the anatomy. An AUC of "
                "0.5 is chance, 1 is certain; 95 % intervals by bootstrap over "
                f"{tables.units(inspection)}. "
                f"{inspection.shortcut_note}"
            ],
            _filled(tables.shortcuts(inspection)),
            _shortcut_figures(inspection),
        ),
    ]
    write_report(path, title=f"Inspection of {inspection.name}", sections=sections)


def _filled(*tables: Table) -> list[Table]:
    return [table for table in tables if table.rows]


def _at_the_gate(inspection: Inspection) -> list[Section]:
    found = inspection.gate
    if found is None:
        return []
    return [
        Section(
            gate_report.heading(found),
            gate_report.sentences(found),
            _filled(
                gate_report.reasons(found),
                gate_report.groups(found),
                gate_report.differences(found),
                gate_report.refused(found),
            ),
            gate_report.figures(found),
        )
    ]


def _size_figures(inspection: Inspection) -> list[Figure]:
    if len(inspection_text.size_counts(inspection.facts)) < 5:
        return []
    if inspection.any_of:  # an image has no class to be coloured by
        return []
    plot = go.Figure()
    labels = np.array([case.label for case in inspection.cases])
    for label, name in enumerate(inspection.classes):
        facts = inspection.facts[labels == label].drop_duplicates(["width", "height"])
        plot.add_scatter(
            x=facts["width"],
            y=facts["height"],
            mode="markers",
            name=name,
            marker={"size": 5, "opacity": 0.6, "color": COLOURS[label % len(COLOURS)]},
        )
    plot.update_layout(xaxis_title="Width, pixels", yaxis_title="Height, pixels")
    return [Figure(plot, "All image sizes, by class.", 380)]


def _shortcut_figures(inspection: Inspection) -> list[Figure]:
    if not inspection.shortcuts:
        return []
    return [_forest(inspection), *_distributions(inspection)]


def _forest(inspection: Inspection) -> Figure:
    several = len(inspection.classes) > 2
    plot = go.Figure()
    plot.add_vline(x=0.5, line={"color": NEUTRAL, "width": 1, "dash": "dot"})
    listed = inspection.shortcuts[:40][::-1]
    plot.add_scatter(
        x=[s.auc.value for s in listed],
        y=[f"{s.feature} ({s.class_name})" if several else s.feature for s in listed],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, s.auc.high - s.auc.value) for s in listed],
            "arrayminus": [max(0.0, s.auc.value - s.auc.low) for s in listed],
        },
        mode="markers",
        marker={"size": 9, "color": COLOURS[0]},
    )
    plot.update_layout(xaxis_title="AUC", xaxis_range=[0.4, 1.02], showlegend=False)
    return Figure(
        plot,
        "AUC of each property with its 95 % interval; the dotted line is chance.",
        120 + 26 * len(listed),
    )


def _distributions(inspection: Inspection) -> Iterator[Figure]:
    names = dict.fromkeys(s.feature for s in inspection.shortcuts if s.feature in _NUMBERS)
    labels = np.array([case.label for case in inspection.cases])
    for name in list(names)[:_MAX_DISTRIBUTIONS]:
        column, unit = _NUMBERS[name]
        values = inspection.facts[column].to_numpy(np.float64)
        edges = np.histogram_bin_edges(values, 40)
        plot = go.Figure()
        for label, class_name in enumerate(inspection.classes):
            counts = np.histogram(values[labels == label], edges)[0]
            plot.add_scatter(
                x=edges,
                y=[*(100 * counts / max(counts.sum(), 1)), 0.0],
                mode="lines",
                name=f"{class_name} ({counts.sum():,})",
                line={**line_style(label), "shape": "hv"},
            )
        plot.update_layout(xaxis_title=f"{name}, {unit}", yaxis_title="% of the class")
        yield Figure(plot, f"{name[0].upper()}{name[1:]} by class, all usable images.", 300)


def _pictures(inspection: Inspection) -> Iterator[Picture]:
    for index in most_relevant_pairs(inspection):
        pairs = inspection.pairs
        pair = [inspection.cases[row] for row in (pairs.first[index], pairs.second[index])]
        try:
            with guarded():
                both = np.hstack([_small(case, inspection.reading) for case in pair])
        except ImageError:  # deleted since the inspection
            continue
        caption = " | ".join(
            f"{case.path.name}, {label_text(case, inspection.classes)}"
            f"{case.split and f', {case.split}'}"
            for case in pair
        )
        mirrored = "mirrored, " if pairs.mirrored[index] else ""
        yield Picture(
            display.jpeg(Film(both), quality=80),
            f"{caption} ({mirrored}correlation {pairs.correlation[index]:.3f})",
        )


def most_relevant_pairs(inspection: Inspection) -> list[int]:
    """Pairs across splits first, then those with different labels, then by similarity.

    Returns:
        Indices in `Inspection.pairs`, twelve at most.
    """
    pairs = inspection.pairs
    splits = [case.split for case in inspection.cases]
    across = [splits[a] != splits[b] for a, b in zip(pairs.first, pairs.second, strict=True)]
    differ = np.isin(np.arange(len(pairs)), inspection.contradictions.pairs).tolist()
    # Evenly over the range of correlations, so that borderline pairs are shown too.
    rank = np.argsort(np.argsort(-pairs.correlation))
    step = max(1, len(pairs) // _MAX_PAIRS)
    order = sorted(
        range(len(pairs)),
        key=lambda index: (-across[index], -differ[index], rank[index] % step, rank[index]),
    )
    return order[:_MAX_PAIRS]


def _small(case: Case, reading: ReadOptions) -> NDArray[np.uint8]:
    """The film as an RGB square with a line on either side, uint8 `(rows, columns, 3)`."""
    film = decoding.decode(Source(case.name, case.path).read(), reading)
    side = _PICTURE_SIDE
    square = geometry.fit(film, height=side, width=side, channels=3, how="pad")
    return np.pad(square, ((0, 0), (1, 1), (0, 0)), constant_values=128)
