"""How readers change their calls once they see the model: with it, against it, rightly or not.

Reference:
    - Goddard, Roudsari and Wyatt (2012), Automation bias: a systematic review,
      https://doi.org/10.1136/amiajnl-2011-000089
    - Schemmer et al. (2023), Appropriate Reliance on AI Advice,
      https://doi.org/10.1145/3581641.3584066
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.reliance.accuracy import Truth
from app.core.reliance.figures import Figure, figure
from app.core.reliance.readings import Reading


@dataclass(frozen=True, slots=True)
class Reliance:
    """What became of calls after the model was shown; all of films whose truth is known.

    Attributes:
        turned_wrong: Wrong in the end, among right calls.
        turned_right: Right in the end, among wrong calls.
        misled: Wrong in the end as the model was, among right calls on wrong advice: automation
            bias.
        helped: Right in the end, among wrong calls on right advice.
        not_helped: Still wrong, among wrong calls on right advice: under-reliance.
        changed_on_wrong: Another class in the end, among all calls on wrong advice.
        changed_on_right: Another class in the end, among all calls on right advice.
    """

    turned_wrong: Figure
    turned_right: Figure
    misled: Figure
    helped: Figure
    not_helped: Figure
    changed_on_wrong: Figure
    changed_on_right: Figure


def reliance(readings: Sequence[Reading], truth: Truth) -> Reliance:
    """What became of calls.

    Args:
        readings: All with a call, a verdict and advice, of films whose truth is known.
        truth: The true classes.
    """

    def was_right(one: Reading) -> bool:
        return one.before == truth[one.item]

    def is_right(one: Reading) -> bool:
        return one.after == truth[one.item]

    def well_advised(one: Reading) -> bool:
        return one.advice == truth[one.item]

    right = [one for one in readings if was_right(one)]
    wrong = [one for one in readings if not was_right(one)]
    to_mislead = [one for one in right if not well_advised(one)]
    to_help = [one for one in wrong if well_advised(one)]
    return Reliance(
        turned_wrong=figure(right, lambda one: not is_right(one)),
        turned_right=figure(wrong, is_right),
        misled=figure(to_mislead, lambda one: one.after == one.advice),
        helped=figure(to_help, is_right),
        not_helped=figure(to_help, lambda one: not is_right(one)),
        changed_on_wrong=figure((one for one in readings if not well_advised(one)), _is_changed),
        changed_on_right=figure((one for one in readings if well_advised(one)), _is_changed),
    )


def _is_changed(one: Reading) -> bool:
    return one.after != one.before
