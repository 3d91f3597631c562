"""Whether a film is judged: by its file, its pixels and its features together.

The engine and the trainer, which counts what a model refuses, both ask here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from app.core.errors import RefusedImageError, Remedy
from app.core.gate.familiarity import check_familiar, is_right, remediable_faults
from app.core.gate.fault_probes import REMEDY_OF
from app.core.gate.observation import Observation

# Observes a film with a remedy; None if it cannot be read again.
Remedied = Callable[[Remedy], Observation | None]


@dataclass(frozen=True, slots=True, eq=False)
class Impression:
    """What the gate saw of a film before it was scored.

    Attributes:
        statistics: float32 `(num_statistics,)`; None without a reference.
        refusal: What is wrong with it by its file and pixels alone, if anything.
        spoilt: What spoils it, if nothing else is wrong with it; see `check_quality`.
    """

    statistics: NDArray[np.float32] | None = None
    refusal: RefusedImageError | None = None
    spoilt: RefusedImageError | None = None


def refusal_of(check: Callable[[], None]) -> RefusedImageError | None:
    """What a check refuses a film for, without what it was called with; None if it passes.

    Args:
        check: Raises `RefusedImageError` to refuse.
    """
    try:
        check()
    except RefusedImageError as refusal:
        # The traceback would keep the pixels of the film in memory.
        return refusal.with_traceback(None)
    return None


def require_admitted(
    observation: Observation | None, impression: Impression, *, remedied: Remedied
) -> None:
    """Refuses a film that the model is not for.

    Args:
        observation: What was seen of it once it was scored; None without a reference.
        impression: What was seen of it before.
        remedied: Observes the film with a remedy; only called where a fault may be put right.

    Raises:
        RefusedImageError: With the reason, and the remedy if that is certain.
    """
    if impression.refusal is not None:
        _refuse_by_rule(impression.refusal, observation, remedied)
    if observation is None:
        return
    for fault in remediable_faults(observation):
        second = remedied(REMEDY_OF[fault])
        if second is not None and is_right(second):
            check_familiar(replace(observation, fault=fault), remedied=second)
    check_familiar(observation)
    if impression.spoilt is not None:
        raise impression.spoilt


def remedies_to_try(observation: Observation | None, impression: Impression) -> tuple[Remedy, ...]:
    """With which remedies a film may have to be observed, before it is known if it is judged.

    Args:
        observation: What was seen of it once it was scored; None without a reference.
        impression: What was seen of it before.
    """
    if impression.refusal is not None:
        remedy = impression.refusal.remedy
        return () if remedy is None else (remedy,)
    if observation is None:
        return ()
    return tuple(REMEDY_OF[fault] for fault in remediable_faults(observation))


def _refuse_by_rule(
    refusal: RefusedImageError, observation: Observation | None, remedied: Remedied
) -> NoReturn:
    """Refuses a film as a rule did, with its remedy only if the film is familiar with it.

    A rule knows brightness and edges alone: a screenshot is as white as a slice with black and
    white swapped. If the film does not become familiar, that it is foreign is the truer reason.

    Raises:
        RefusedImageError: With the reason, and the remedy if that is certain.
    """
    if refusal.remedy is None:
        raise refusal
    second = remedied(refusal.remedy)
    if second is not None and is_right(second):
        raise refusal
    if second is not None and observation is not None and observation.distance > 1:
        check_familiar(observation)
    raise refusal.without_remedy()
