"""The report of `overread-train compare`: text, JSON and page."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite, isnan
from textwrap import fill
from typing import Any

from app.core.performance.formatting import counted
from app.core.performance.predictions import count_patients
from model_training.evaluation import figures
from model_training.evaluation.comparison import Comparison, Difference, Pair
from model_training.reports.html_report import Table
from model_training.reports.patients import describe_patients

_CHANCE = 0.05
_LINE = 100  # characters of a line of text


def text(comparison: Comparison) -> str:
    """Conclusions, remarks, and one table per pair."""
    blocks = [
        "\n".join(fill(line, _LINE) for line in conclusions(comparison)),
        "\n".join(fill(line, _LINE) for line in compared_images(comparison)),
        *(f"{pair_title(pair)}\n\n{_plain(pair_table(pair))}" for pair in comparison.pairs),
        fill(method_notes(comparison), _LINE),
    ]
    return "\n\n".join(blocks)


def conclusions(comparison: Comparison) -> list[str]:
    """For each pair, which differences are statistically significant, in a sentence or two."""
    return [f"{pair_title(pair)}: {' '.join(_conclusion(pair))}" for pair in comparison.pairs]


def as_json(comparison: Comparison) -> str:
    """All figures as JSON; undefined ones are null."""
    cases = comparison.cases
    content = {
        "bundles": [
            {"label": each.label, "sha256": each.bundle.sha256} for each in comparison.contenders
        ],
        "num_images": cases.num_images,
        "num_patients": count_patients(cases) if cases.unit == "patient" else None,
        "notes": list(comparison.notes),
        "pairs": [asdict(pair) for pair in comparison.pairs],
        "conclusions": conclusions(comparison),
    }
    return json.dumps(_without_nan(content), indent=2) + "\n"


def pair_title(pair: Pair) -> str:
    """The pair by its labels."""
    return f"{pair.second} against {pair.first}"


def _conclusion(pair: Pair) -> list[str]:
    sentences = []
    tested = pair.auc_by_patient
    if tested:
        sentence = (
            f"AUC {_direction(tested.difference)} "
            f"({_signed(tested.low)} to {_signed(tested.high)}, {_describe_p(pair.auc_p)})"
        )
        sentences.append(
            f"{sentence}, statistically significant."
            if pair.auc_p < _CHANCE
            else f"{sentence}: not significant."
        )
    accuracy = pair.differences[0].interval
    # Both, because McNemar's test treats images of one patient as independent.
    is_clear = pair.decisions_p < _CHANCE and (accuracy.low > 0 or accuracy.high < 0)
    sentences.append(
        f"Only {pair.second} is right on {counted(pair.mcnemar.second_only, 'image')} and "
        f"only {pair.first} on {pair.mcnemar.first_only} ({_describe_p(pair.decisions_p)})"
        + (", statistically significant." if is_clear else ": not significant.")
    )
    return sentences


def _direction(difference: float) -> str:
    if f"{abs(difference):.3f}" == "0.000":
        return "equal to three digits"
    return f"{abs(difference):.3f} {'higher' if difference > 0 else 'lower'}"


def compared_images(comparison: Comparison) -> list[str]:
    """Which images were compared, and remarks about them."""
    cases = comparison.cases
    counts = ", ".join(
        f"{int((cases.y_true == label).sum())} {name}"
        for label, name in enumerate(comparison.contenders[0].bundle.manifest.task.classes)
    )
    return [
        f"The same {cases.num_images:,} images"
        f"{describe_patients(cases.patients, cases.named_patients != '')} for all: "
        f"{counts}.",
        *comparison.notes,
    ]


def method_notes(comparison: Comparison) -> str:
    """How the differences and tests were made."""
    cases = comparison.cases
    lines = ["Differences are the second bundle's figure minus the first's, on the same images."]
    if cases.num_classes == 2:
        lines.append("AUC: Obuchowski's test for clustered data, and DeLong's.")
        if count_patients(cases) < cases.num_images:
            lines.append(
                f"Rely on the former: DeLong's treats images of one {cases.unit} as independent, "
                "which they are not."
            )
    lines.append(
        f"Other intervals: paired bootstrap over {cases.unit}s, 1,000 resamples. p of accuracy: "
        "McNemar's exact test on the decisions"
        + (" at each bundle's own threshold." if cases.num_classes == 2 else ".")
    )
    if len(comparison.pairs) > 1:
        lines.append(f"p-values are corrected for {len(comparison.pairs)} pairs by Holm's method.")
    lines.append(
        "A difference that is not significant does not prove that the bundles are equivalent; its "
        "interval shows how far apart they may be."
    )
    return " ".join(lines)


def pair_table(pair: Pair) -> Table:
    """Tests and differences of a pair."""
    rows = []
    for name, test, p_value in (
        ("AUC", pair.auc_by_patient, pair.auc_p),
        ("AUC, images as independent", pair.auc_by_image, pair.auc_by_image_p),
    ):
        if test:
            rows.append(
                [
                    name, f"{test.first:.3f}", f"{test.second:.3f}", _signed(test.difference),
                    f"{_signed(test.low)} to {_signed(test.high)}", _p(p_value),
                ]
            )  # fmt: skip
    for difference in pair.differences:
        is_tested = difference.name == "Accuracy"
        rows.append([*_difference_cells(difference), _p(pair.decisions_p) if is_tested else ""])
    return Table(
        ["figure", pair.first, pair.second, "difference", "95 % interval", "p"],
        rows,
        pair_title(pair),
    )


def _difference_cells(difference: Difference) -> list[str]:
    interval = difference.interval
    if difference.is_proportion:
        ends = [f"{100 * value:+.1f}".replace("-", "−") for value in (interval.low, interval.high)]
        return [
            difference.name, f"{difference.first:.1%}", f"{difference.second:.1%}",
            f"{100 * interval.value:+.1f} points".replace("-", "−"), " to ".join(ends),
        ]  # fmt: skip
    return [
        difference.name, f"{difference.first:.3f}", f"{difference.second:.3f}",
        _signed(interval.value), f"{_signed(interval.low)} to {_signed(interval.high)}",
    ]  # fmt: skip


def bundles_table(comparison: Comparison) -> Table:
    """The figures of each bundle."""
    columns = [
        figures.overall(
            each.cases,
            each.bundle.manifest.task,
            threshold=each.bundle.manifest.thresholds.decision,
        )
        for each in comparison.contenders
    ]
    return Table(
        ["figure", *(each.label for each in comparison.contenders)],
        [
            [rows[0].name, *(f"{row.value} ({row.interval})" for row in rows)]
            for rows in zip(*columns, strict=True)
        ],
        f"Each bundle on its own, with 95 % intervals over {comparison.cases.unit}s",
    )


def _plain(table: Table) -> str:
    lines = [list(table.header), *([str(cell) for cell in row] for row in table.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−") if isfinite(value) else "none"


def _p(value: float) -> str:
    if isnan(value):
        return "none"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _describe_p(value: float) -> str:
    if isnan(value):
        return "no p-value"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def joined(names: list[str]) -> str:
    """`a, b and c`."""
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inside) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inside) for inside in value]
    return None if isinstance(value, float) and not isfinite(value) else value
