"""Finds out by labelled images how a network wants its pixels, or says that they do not tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.core.backends.running import AnyNetwork, input_shape_of
from app.core.progress import progress
from model_training.importing.oddities import LOWEST_AUC, SAME, odd_answers_to_films
from model_training.importing.paired_figures import Drawn
from model_training.importing.preprocessing import Fit, Setting, settings_for
from model_training.importing.preprocessing_trials import Trial, try_setting

# Two settings are told apart where their AUCs differ by so many standard errors: one in a thousand
# by chance, as one is compared with up to 23 others.
_STANDARD_ERRORS = 3.3
# How much nearer to what batch normalisation saw in training one setting has to be than another.
_NEARER = 3.0
_FARTHER = 0.1
_NOTHING = (
    "In no way of giving it pixels does the network tell these classes apart. Are the labels and "
    "the classes those it was trained for?"
)


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """What was tried, the best first.

    Attributes:
        tried: Every setting.
        rivals: The settings that cannot be told apart from the best one, without it.
        same: Settings with the same answers as the best one.
        decided_by: What told the best one apart; empty if nothing did.
        odd: What is odd, a sentence each.
    """

    tried: tuple[Trial, ...]
    rivals: tuple[Setting, ...]
    same: tuple[Setting, ...]
    decided_by: str
    odd: tuple[str, ...]

    @property
    def best(self) -> Setting:
        """The first of the ranking."""
        return self.tried[0].setting

    @property
    def is_sure(self) -> bool:
        """Whether every other setting is worse by more than chance."""
        return bool(self.decided_by)


def examine(
    network: AnyNetwork,
    pixels: Mapping[Fit, NDArray[np.uint8]],
    targets: NDArray[np.float32],
    patients: Sequence[str],
    *,
    exclusive: bool = True,
) -> Examination:
    """Tries every setting on labelled films and compares the best one with each of the others.

    Settings are compared by their AUC on the same films, resampled by patient. Those that this
    cannot tell apart are compared by the statistics that the first batch normalisation of the
    network, if it has one, kept from its training. The best one is then tried with the other fit,
    which is preferred if it is better by more than chance.

    Args:
        network: A network without scaling, on pixels as they are.
        pixels: By fit, uint8 `(num_films, height, width, channels)` in [0, 255], RGB where there
            are three channels; the fit that was asked for comes first.
        targets: 1 where a film shows a class or finding, 0 where not, NaN where not known,
            `(num_films, num_columns)`; of two classes, the second alone.
        patients: Patient of each film.
        exclusive: Whether one of the classes is true, not any of several findings.
    """
    drawn = Drawn(targets, patients)

    def tried(setting: Setting) -> Trial:
        return try_setting(
            network,
            setting,
            pixels[setting.fit],
            drawn,
            num_columns=targets.shape[1],
            exclusive=exclusive,
        )

    fit, *others = pixels
    settings = settings_for(input_shape_of(network)[2], fit)
    found = _ranked([tried(one) for one in progress(settings, title="trying", unit="setting")])
    for other in others:
        found = _with_other_fit(found, tried(replace(found.best, fit=other)))
    return found


def _ranked(tried: Sequence[Trial]) -> Examination:
    first = _most_telling(tried)
    as_good = [one for one in tried if one is first or not _told_apart(first, one)]
    remembered = min(as_good, key=lambda one: np.nan_to_num(one.mismatch))
    # The log loss only puts these in order: a network that is too sure of itself has a lower one
    # where pixels of another scale make it hesitate.
    best = remembered if first.mismatch >= 0 else min(as_good, key=lambda one: one.loss.value)
    same = [one for one in as_good if one is not best and _same_answers(best, one)]
    rivals = [one for one in as_good if one is not best and one not in same]
    turned = [one for one in tried if _is_as_telling_turned(one, best)]
    decided_by = _decided_by(best, rivals)
    if decided_by:
        rivals = []
    if best.aucs.value < LOWEST_AUC:  # labels, or the order of the classes, are for a person
        decided_by = ""
    rest = sorted(
        (one for one in tried if one is not best),
        key=lambda one: (one not in as_good, -one.telling),
    )
    return Examination(
        (best, *rest),
        tuple(one.setting for one in rivals),
        tuple(one.setting for one in same),
        decided_by,
        (*_oddities(best, same), *_other_order(turned)),
    )


def _most_telling(tried: Sequence[Trial]) -> Trial:
    """The setting with the highest AUC, or the one with the lowest, where that is more telling.

    The classes may be the other way round, and pixels given wrongly by chance turn them back.
    """
    upright = max(tried, key=lambda one: one.aucs.value)
    most = max(tried, key=lambda one: one.telling)
    if most is upright or upright.aucs.value < LOWEST_AUC:
        return most
    turned = most.aucs.turned()
    error = max(turned.error_of_difference(upright.aucs), 1e-9)
    return most if turned.value - upright.aucs.value > _STANDARD_ERRORS * error else upright


def _decided_by(best: Trial, rivals: Sequence[Trial]) -> str:
    """What tells the best one from those that are as good by their AUC; empty if nothing does."""
    if not rivals:
        return "AUC"
    nearest = min(one.mismatch for one in rivals)
    if nearest > _NEARER * best.mismatch and nearest - best.mismatch > _FARTHER:
        return "batch normalisation"
    return ""


def _with_other_fit(found: Examination, other: Trial) -> Examination:
    """The examination with the best setting at another fit, first if it is better."""
    best = found.tried[0]
    turned = other.aucs.value > best.aucs.value and _told_apart(other, best)
    tried = (other, *found.tried) if turned else (best, other, *found.tried[1:])
    if turned:
        note = f"Films fitted by {other.setting.fit} are answered better by more than chance."
    else:
        note = (
            f"Whether films are fitted by {best.setting.fit} or {other.setting.fit} makes no "
            f"difference beyond chance; {best.setting.fit} is kept."
        )
    return replace(found, tried=tried, odd=(*found.odd, note))


def _told_apart(best: Trial, other: Trial) -> bool:
    """Whether a setting is worse than the best one by more than chance."""
    turned = best.aucs.value < 0.5
    one, another = (best.aucs.turned(), other.aucs.turned()) if turned else (best.aucs, other.aucs)
    difference = one.value - another.value
    return difference > _STANDARD_ERRORS * max(one.error_of_difference(another), 1e-9)


def _is_as_telling_turned(one: Trial, best: Trial) -> bool:
    """Whether a setting would be as good as the best one, were the classes the other way round."""
    if one.aucs.value >= 0.5 or best.aucs.value < 0.5:
        return False
    turned = one.aucs.turned()
    error = max(best.aucs.error_of_difference(turned), 1e-9)
    return best.aucs.value - turned.value <= _STANDARD_ERRORS * error


def _other_order(turned: Sequence[Trial]) -> list[str]:
    """That the classes may be in another order than the outputs, if settings say so."""
    if not turned:
        return []
    most = max(turned, key=lambda one: one.telling)
    return [
        f"With {most.setting} the AUC is {most.aucs.value:.3f}, as far below 0.5 as the best one "
        "is above it: if the classes are in another order than the outputs, that setting fits as "
        "well. Be certain of their order."
    ]


def _same_answers(one: Trial, other: Trial) -> bool:
    first, second = (1 / (1 + np.exp(-np.clip(x.logits, -50, 50))) for x in (one, other))
    return float(np.abs(first - second).max()) < SAME


def _oddities(best: Trial, same: Sequence[Trial]) -> list[str]:
    odd = odd_answers_to_films(best.logits, best.aucs, _NOTHING)
    if same:
        odd.append(
            f"Of no effect: {', '.join(str(one.setting) for one in same)} "
            f"{'gives' if len(same) == 1 else 'give'} the same answers."
        )
    return odd
