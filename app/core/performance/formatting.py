"""Formats statistics as text, with as many digits as their interval justifies."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from app.core.bundles.decision_rule import Calibration
from app.core.bundles.task import Task
from app.core.statistics.bootstrap import MANY_CASES, Interval
from app.core.statistics.metrics import F1, Proportion
from app.core.statistics.prevalence import PER, Estimate

NO_FIGURE = "none"
_MOST_DECIMALS = 4  # in which a probability is told from its threshold


def percent(proportion: Proportion | F1) -> str:
    """A proportion such as `56.5 %`, or `none` if the denominator is zero."""
    return f"{proportion.value:.1%}".replace("%", " %") if isfinite(proportion.value) else NO_FIGURE


def percent_interval(proportion: Proportion | F1) -> str:
    """The 95 % interval of a proportion, such as `36.8 to 74.4 %`."""
    low, high = proportion.interval()
    return f"{100 * low:.1f} to {100 * high:.1f} %" if isfinite(low) else "no interval"


def count_of_total(proportion: Proportion | F1) -> str:
    """Numerator and denominator, such as `13 of 23`; in F1, true positives count twice."""
    if isinstance(proportion, F1):
        found, either = proportion.overlap.successes, proportion.overlap.total
        return f"{2 * found:,} of {found + either:,}"
    return f"{proportion.successes:,} of {proportion.total:,}"


def proportion_in_full(proportion: Proportion | F1) -> str:
    """Proportion, interval and count in one line, such as `56.5 % (36.8 to 74.4 %; 13 of 23)`."""
    return f"{percent(proportion)} ({percent_interval(proportion)}; {count_of_total(proportion)})"


def share(estimate: Estimate) -> tuple[str, str]:
    """A proportion that was worked out, such as `33.3 %`, and its 95 % interval."""
    if not isfinite(estimate.value):
        return NO_FIGURE, "no interval"
    low, high = (_not_rounded_away(100 * limit, 100) for limit in (estimate.low, estimate.high))
    return f"{_not_rounded_away(100 * estimate.value, 100)} %", f"{low} to {high} %"


def expected(estimate: Estimate) -> tuple[str, str]:
    """An expected number of films, such as `1.5` or `180`, and its 95 % interval."""
    if not isfinite(estimate.value):
        return NO_FIGURE, "no interval"
    decimals = 1 if estimate.high < 100 else 0
    value, low, high = (
        _not_rounded_away(number, PER, decimals)
        for number in (estimate.value, estimate.low, estimate.high)
    )
    return value, f"{low} to {high}"


def figure(interval: Interval) -> str:
    """A figure that is no proportion, such as `0.663`, or `none` if it is undefined."""
    return _bounded(interval.value, _decimals(interval)) if isfinite(interval.value) else NO_FIGURE


def figure_interval(interval: Interval) -> str:
    """The interval of such a figure, such as `0.491 to 0.821`, or `no interval`."""
    if interval.degenerate or not isfinite(interval.low):
        return "no interval"
    decimals = _decimals(interval)
    low, high = _bounded(interval.low, decimals), _bounded(interval.high, decimals)
    return f"{low} to {high}" if low != high else f"under {10**-decimals:.{decimals}f} wide"


def interval_method(num_cases: int, unit: str) -> str:
    """How intervals of areas and means are found, such as `bootstrap over patients`.

    Args:
        num_cases: Size of the sample.
        unit: What a group is: `patient` or `group`.
    """
    if num_cases < MANY_CASES:
        return f"bootstrap over {unit}s"
    return f"from how far each {unit} moves the figure (Obuchowski 1997)"


def rate(per_second: float) -> str:
    """How fast something is done, such as `12 a second`, `20 a minute` or `3 an hour`."""
    for unit, seconds in (("a second", 1), ("a minute", 60)):
        if per_second * seconds >= 0.95 or not per_second:
            return f"{per_second * seconds:,.0f} {unit}"
    return f"{per_second * 3600:.0f} an hour"


def threshold(value: float) -> str:
    """A decision threshold, such as `0.696`; of scores that are no probabilities, such as `71`."""
    return f"{value:.3f}" if 0 <= value <= 1 else f"{value:.4g}"


def probability(value: float) -> str:
    """A probability of one image, or a threshold for it, such as `67.3 %`.

    It is never written as certain: `> 99.9 %`, `< 0.1 %`.
    """
    percent = 100 * value
    return "< 0.1 %" if percent < 0.05 else "> 99.9 %" if percent >= 99.95 else f"{percent:.1f} %"


def probability_and_threshold(value: float, threshold: float) -> tuple[str, str]:
    """A probability of one image and the threshold beside it, such as `87 %` and `43 %`.

    In whole percents, as a calibration on some hundreds of films tells no finer; with more digits
    only where both would read the same although they differ. Never certain: `> 99 %`, `< 1 %`.

    Args:
        value: The probability, in [0, 1].
        threshold: What it is compared with, in [0, 1].
    """
    for decimals in range(_MOST_DECIMALS):
        texts = _percent_text(value, decimals), _percent_text(threshold, decimals)
        if texts[0] != texts[1] or value == threshold:
            return texts
    return _percent_text(value, _MOST_DECIMALS), _percent_text(threshold, _MOST_DECIMALS)


def sample_text(interval: Interval, unit: str) -> str:
    """The sample behind an interval over patients, such as `45 images of 43 patients`.

    Args:
        interval: The statistic with its counts.
        unit: What a group is: `patient` or `group`.
    """
    return f"{counted(interval.num_cases, 'image')} of {counted(interval.num_groups, unit)}"


def calibration_in_full(calibration: Calibration, task: Task) -> str:
    """The calibration in text, such as `logits divided by 1.11, then 2.26 added for Pneumonia`.

    Args:
        calibration: The bundle's temperature and offsets.
        task: Classes and their display names.
    """
    text = f"logits divided by {calibration.temperature:.3g}"
    # The offset of the first class is always 0: only differences between classes matter.
    offsets = list(zip(task.classes, calibration.offset, strict=False))[1:]
    added = [
        f"{value:.3g} {'' if index else 'added '}for {task.display_name(name)}"
        for index, (name, value) in enumerate(offsets)
    ]
    return f"{text}, then {' and '.join(added)}" if added else text


def counted(number: int, noun: str) -> str:
    """A number with its noun, such as `1 image` or `1,204 images`.

    Args:
        number: How many.
        noun: The noun in the singular; its plural ends in `s`.
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def by_class(counts: Iterable[int], task: Task) -> str:
    """Numbers of films by class, such as `84 Normal, 16 Pneumonia`.

    Args:
        counts: One for each class, in order.
        task: Classes and their display names.
    """
    classes = zip(counts, task.classes, strict=True)
    return ", ".join(f"{count:,} {task.display_name(name)}" for count, name in classes)


def _not_rounded_away(number: float, most: float, decimals: int = 1) -> str:
    """A number from 0 to `most`; `< 0.1` or `> 99.9` where rounding would say none or all."""
    step = 10**-decimals
    if 0 < number < step / 2:
        return f"< {step:.{decimals}f}"
    if most - step / 2 <= number < most:
        return f"> {most - step:.{decimals}f}"
    return f"{number:.{decimals}f}"


def _percent_text(value: float, decimals: int) -> str:
    step = 10**-decimals
    percent = round(100 * value, decimals)
    if percent < step:
        return f"< {step:.{decimals}f} %"
    if percent > 100 - step:
        return f"> {100 - step:.{decimals}f} %"
    return f"{percent:.{decimals}f} %"


def _bounded(value: float, decimals: int) -> str:
    """The value rounded, but never rounded up to 1."""
    if value < 1 <= round(value, decimals):
        return f"> {1 - 10**-decimals:.{decimals}f}"
    return f"{value:.{decimals}f}"


def _decimals(interval: Interval) -> int:
    """Three decimals, or four if the interval is so narrow that three would hide it."""
    width = interval.high - interval.low
    return 4 if 0 < width < 0.002 else 3
