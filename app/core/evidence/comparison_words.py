"""What a comparison of two results says, in sentences, in a table, and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite, isnan
from typing import Any

from app.core.evidence.comparison import Comparison, Difference
from app.core.evidence.pairing import Side
from app.core.performance.formatting import (
    NO_FIGURE,
    by_class,
    counted,
    interval_method,
    threshold,
)
from app.core.performance.predictions import count_classes, count_patients
from app.core.performance.sampling_units import about_units

FIGURE, CASES, DIFFERENCE, INTERVAL, P_VALUE = (
    "Figure", "Cases", "Difference", "95 % interval", "p",
)  # fmt: skip


def conclusions(comparison: Comparison) -> list[str]:
    """For each figure a sentence: which results are better, or that the cases do not show it."""
    first, second = comparison.pairing.first.name, comparison.pairing.second.name
    return [_conclusion(one, first, second) for one in comparison.differences]


def shared_cases(comparison: Comparison) -> list[str]:
    """Which cases were compared, how they were found, and what was decided, in sentences."""
    pairing = comparison.pairing
    cases, first, second = pairing.cases, pairing.first, pairing.second
    classes = by_class((one.num_images for one in count_classes(cases)), first.task)
    sentences = [
        f"{counted(cases.num_images, 'shared case')} of "
        f"{counted(count_patients(cases), cases.unit)} ({classes}), matched by "
        f"{pairing.matched_by}.",
        f"Not compared: {_only(pairing.only_first, first)}, {_only(pairing.only_second, second)}.",
        *pairing.notes,
    ]
    if first.decision is not None and second.decision is not None:
        sentences.append(
            f"Each at its own threshold: {threshold(first.decision)} for {first.name}, "
            f"{threshold(second.decision)} for {second.name}."
        )
    sentences += [
        f"The threshold of {one.name} was chosen on these cases, which favours it."
        for one in (first, second)
        if one.chosen_here
    ]
    if about := about_units(cases.named_patients):
        sentences.append(about)
    return sentences


def table(comparison: Comparison) -> list[dict[str, str]]:
    """One row for each figure: both values, their difference, and what only one got right."""
    first, second = comparison.pairing.first.name, comparison.pairing.second.name
    return [
        {
            FIGURE: one.name,
            CASES: f"{one.num_cases:,}",
            f"In {first}": _value(one.first, one),
            f"In {second}": _value(one.second, one),
            DIFFERENCE: _signed(one.value, one),
            INTERVAL: _interval(one),
            P_VALUE: _p(one.p_value),
            **_discordant(one, first, second),
        }
        for one in comparison.differences
    ]


def method(comparison: Comparison) -> str:
    """How the differences were found, and what they do not say."""
    pairing = comparison.pairing
    unit, several = pairing.cases.unit, count_patients(pairing.cases) < pairing.cases.num_images
    form = f", in Obuchowski's form for several cases of one {unit}" if several else ""
    auc = f"AUC: DeLong's test{form}. " if pairing.cases.num_classes == 2 else ""
    independent = f", which takes cases of one {unit} for independent" if several else ""
    how = interval_method(pairing.cases.num_images, unit)
    return (
        f"Differences are {pairing.second.name} minus {pairing.first.name}. {auc}Other intervals: "
        f"{how}, paired. p of proportions: McNemar's exact test{independent}. One is called "
        "better only where the interval excludes 0 and p is below 0.05; p is not "
        "corrected for the number of figures. Cases that show no difference do not show that there "
        "is none: the interval says how large it may be."
    )


def as_json(comparison: Comparison) -> str:
    """All figures, and how many cases they are from; what is undefined is null."""
    pairing = comparison.pairing
    content = {
        "first": pairing.first.name,
        "second": pairing.second.name,
        "num_shared": pairing.cases.num_images,
        "num_only_first": pairing.only_first,
        "num_only_second": pairing.only_second,
        "matched_by": pairing.matched_by,
        "num_patients": count_patients(pairing.cases) if pairing.cases.unit == "patient" else None,
        "thresholds": [pairing.first.decision, pairing.second.decision],
        "differences": [
            {**asdict(one), "difference": one.value, "is_clear": one.is_clear}
            for one in comparison.differences
        ],
        "conclusions": conclusions(comparison),
        "notes": shared_cases(comparison),
    }
    return json.dumps(_without_nan(content), indent=2, ensure_ascii=False) + "\n"


def _conclusion(one: Difference, first: str, second: str) -> str:
    evidence = f"difference {_signed(one.value, one)}, 95 % interval {_interval(one)}"
    if not isnan(one.p_value):
        evidence += f", {_described_p(one.p_value)}"
    values = _value(one.first, one), _value(one.second, one)
    if not one.is_clear:
        unclear = "too few cases to tell" if one.excludes_zero else "these cases show no difference"
        return f"{one.name}: {unclear}, {' and '.join(values)} ({evidence})."
    if one.second_is_better:
        return f"{one.name}: {second} is better, {values[1]} against {values[0]} ({evidence})."
    return f"{one.name}: {first} is better, {values[0]} against {values[1]} ({evidence})."


def _only(number: int, one: Side) -> str:
    return f"{counted(number, 'case')} only in {one.name}"


def _discordant(one: Difference, first: str, second: str) -> dict[str, str]:
    found = one.discordant
    return {
        f"Only {first} right": f"{found.first_only:,}" if found else "",
        f"Only {second} right": f"{found.second_only:,}" if found else "",
    }


def _value(value: float, one: Difference) -> str:
    if not isfinite(value):
        return NO_FIGURE
    return f"{100 * value:.1f} %" if one.is_proportion else f"{value:.3f}"


def _signed(value: float, one: Difference) -> str:
    return f"{_number(value, one)} points" if one.is_proportion else _number(value, one)


def _interval(one: Difference) -> str:
    if not isfinite(one.low) or (one.low == one.high != 0):
        return "no interval"
    return f"{_number(one.low, one)} to {_number(one.high, one)}"


def _number(value: float, one: Difference) -> str:
    if not isfinite(value):
        return NO_FIGURE
    text = f"{100 * value:+.1f}" if one.is_proportion else f"{value:+.3f}"
    return text.replace("-", "−") if float(text) else text[1:]


def _p(value: float) -> str:
    if isnan(value):
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _described_p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inside) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inside) for inside in value]
    return None if isinstance(value, float) and not isfinite(value) else value
