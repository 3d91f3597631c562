"""What the zones of a model promise, in sentences for cards and pages, which are Markdown."""

from __future__ import annotations

from math import ceil

from app.core.bundles.decision_rule import Thresholds
from app.core.bundles.guarantee import Guarantee, ZonePromise
from app.core.bundles.task import Task
from app.core.markdown import escape_markdown
from app.core.performance.formatting import counted, proportion_in_full
from app.core.statistics.exact_tests import upper_bound
from app.core.statistics.metrics import Proportion

_ELSEWHERE = "It is about new films from where these came from: elsewhere nothing is promised"
_NOT_SHOWN = "for no threshold do these films show that"
# What is missed does not depend on how frequent the classes are.
_PRECISION = "a precision holds only where positives are as frequent as here"
_RIGHT = "it holds only where each class is as frequent as here"


def promises(thresholds: Thresholds, task: Task) -> list[str]:
    """What the zones promise, and the counts that show it, one sentence or more for each zone.

    Args:
        thresholds: Of a model with classes that exclude each other, or of a finding.
        task: Its classes.

    Returns:
        Nothing if nothing is promised, as in older bundles.
    """
    guarantee = thresholds.guarantee
    if guarantee is None:
        return []
    words = []
    positive = escape_markdown(task.display_name(task.classes[1])) if task.binary else ""
    if guarantee.rule_out is not None:
        words.append(_rule_out(guarantee, guarantee.rule_out, thresholds, positive))
    words.append(_rule_in(guarantee, guarantee.rule_in, thresholds, positive))
    found = [one for one in (guarantee.rule_out, guarantee.rule_in) if one and one.found]
    both = "Both hold together" if len(found) == 2 else "This holds"
    views = (
        f", and for each of {guarantee.views} views of every film" if guarantee.views > 1 else ""
    )
    if found:
        drawn = "" if guarantee.unit == "film" else f", one of each {guarantee.unit}"
        words.append(
            f"{both} with {percent(guarantee.confidence)} confidence{views}, by exact binomial "
            f"tests on {counted(guarantee.units, 'film')}{drawn}. {_limits(guarantee, task)}"
        )
    return words


def _limits(guarantee: Guarantee, task: Task) -> str:
    """When the promises break."""
    if not guarantee.rule_in.found:
        return f"{_ELSEWHERE}."
    return f"{_ELSEWHERE}, and {_PRECISION if task.binary else _RIGHT}."


def percent(value: float) -> str:
    """A rate that somebody chose, such as `5 %` or `2.5 %`."""
    return f"{100 * value:.3g} %"


def missed_per_thousand(guarantee: Guarantee) -> tuple[float, float]:
    """Positives in the rule-out zone for each 1,000 films, and the exact upper bound (97.5 %)."""
    if not guarantee.units:
        return 0.0, 1000.0
    bound = upper_bound(guarantee.missed, guarantee.units, level=0.025)
    return 1000 * guarantee.missed / guarantee.units, 1000 * bound


def _rule_out(
    guarantee: Guarantee, promise: ZonePromise, thresholds: Thresholds, positive: str
) -> str:
    wanted = f"at most {percent(promise.promised)} of the films with {positive} lie below it"
    if not promise.found:
        level = (1 - guarantee.confidence) / 2
        least = upper_bound(0, promise.of, level=level)
        could = f" {promise.of:,} positives cannot show less than {_rounded_up(least)}."
        return f"No rule-out zone: {_NOT_SHOWN} {wanted}.{could} {_lacking(promise)}"
    missed, bound = missed_per_thousand(guarantee)
    return (
        f"Ruled out below a probability of {thresholds.uncertain_low:.3f}: {wanted} "
        f"({promise.errors:,} of {promise.of:,} here; at most {_rounded_up(promise.bound)}). "
        f"{_inside(guarantee, promise)} {missed:.3g} missed per 1,000 films, at most "
        f"{ceil(bound):,}."
    )


def _rule_in(
    guarantee: Guarantee, promise: ZonePromise, thresholds: Thresholds, positive: str
) -> str:
    if positive:
        name, verb = "rule-in zone", "Ruled in"
        wanted = f"at least {percent(1 - promise.promised)} of the films above it have {positive}"
        errors = "here do not"
    else:
        name, verb = "clear zone", "Clear"
        wanted = f"at most {percent(promise.promised)} of the predictions above it are wrong"
        errors = "wrong here"
    if not promise.found:
        return f"No {name}: {_NOT_SHOWN} {wanted}. {_lacking(promise)}"
    return (
        f"{verb} from a probability of {thresholds.uncertain_high:.3f}: {wanted} "
        f"({promise.errors:,} of {promise.of:,} {errors}). {_inside(guarantee, promise)}"
    )


def _inside(guarantee: Guarantee, promise: ZonePromise) -> str:
    share = Proportion(promise.inside, guarantee.units)
    return f"{proportion_in_full(share)} of the films lie in it."


def _lacking(promise: ZonePromise) -> str:
    if promise.more is None:
        return "At the rates found here, no number of labelled films would show it."
    return f"About {promise.more:,} more labelled films are needed to show it."


def _rounded_up(bound: float) -> str:
    return f"{ceil(1000 * bound) / 10:.1f} %"
