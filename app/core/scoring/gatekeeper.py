"""The gate as the engine uses it: what is refused before a probability is believed.

The file and its pixels are looked at when the film is prepared, its features once it is scored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.bundles.manifest import Manifest
from app.core.errors import RefusedImageError, Remedy
from app.core.gate.familiarity import check_familiar, needs_second_look
from app.core.gate.fault_probes import REMEDY_OF
from app.core.gate.image_statistics import image_statistics
from app.core.gate.observation import Observation
from app.core.gate.reference import Reference, load_reference
from app.core.gate.rules.check import check_film
from app.core.performance.formatting import proportion_in_full
from app.core.statistics.metrics import Proportion

if TYPE_CHECKING:
    from app.core.images.decoding import Film


# What a reader must know of a model without a reference, wherever its results are.
NO_REFERENCE = (
    "This model has no reference of what it learned from, so it cannot tell foreign images: it "
    "judges whatever it is given."
)


def reference_note(manifest: Manifest) -> str:
    """Whether a model can tell foreign images, and how many of its own it refuses.

    Args:
        manifest: Of the bundle.
    """
    reference = manifest.reference
    if reference is None:
        return NO_REFERENCE
    refused = proportion_in_full(Proportion(reference.refused, reference.of))
    return (
        "Images unlike those the model learned from are refused. The limit rests on the "
        f"distance that {100 * reference.limit_share:g} % of the validation images exceed, "
        f"of which {refused} are refused."
    )


@dataclass(frozen=True, slots=True, eq=False)
class Impression:
    """What the gate saw of a film before it was scored.

    Attributes:
        statistics: float32 `(num_statistics,)`; None without a reference.
        refusal: What is wrong with it by its file and pixels alone, if anything.
    """

    statistics: NDArray[np.float32] | None = None
    refusal: RefusedImageError | None = None


class Gatekeeper:
    """The gate of one bundle. Thread-safe."""

    def __init__(self, bundle: Bundle) -> None:
        """Reads the reference of the bundle, if it has one.

        Raises:
            BundleError: If it cannot be used.
        """
        self.reference: Reference | None = load_reference(bundle)
        self._input = bundle.manifest.input

    def look_at(self, film: Film) -> Impression:
        """What is seen of a film as it was decoded, which is refused only later."""
        ranges = None if self.reference is None else self.reference.ranges
        statistics = None if self.reference is None else image_statistics(film)
        try:
            check_film(film, self._input, ranges, statistics)
        except RefusedImageError as refusal:
            return Impression(statistics, refusal)
        return Impression(statistics)

    def observe(
        self, features: NDArray[np.float32] | None, impression: Impression
    ) -> Observation | None:
        """Where a scored film lies; None without a reference.

        Args:
            features: Of this film, float32 `(num_features,)`; None without a reference.
            impression: What was seen of it before.

        Raises:
            InvalidOutputError: If a feature is NaN or infinite.
        """
        if self.reference is None or features is None:
            return None
        return replace(self.reference.observe(features), statistics=impression.statistics)

    def require_admitted(
        self,
        observation: Observation | None,
        impression: Impression,
        *,
        remedied: Callable[[Remedy], Observation | None],
    ) -> None:
        """Refuses a film that the model is not for.

        Args:
            observation: What was seen of it once it was scored.
            impression: What was seen of it before.
            remedied: Observes the film with a remedy, and returns None if it cannot be read again;
                only called where a fault may be put right.

        Raises:
            RefusedImageError: With the reason, and the remedy if that is certain.
        """
        if impression.refusal is not None:
            _refuse_by_rule(impression.refusal, observation, remedied)
        if observation is None:
            return
        second = remedied(REMEDY_OF[observation.fault]) if needs_second_look(observation) else None
        check_familiar(observation, remedied=second)


def _refuse_by_rule(
    refusal: RefusedImageError,
    observation: Observation | None,
    remedied: Callable[[Remedy], Observation | None],
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
    if second is not None and second.distance <= 1 and not second.fault:
        raise refusal
    if second is not None and observation is not None and observation.distance > 1:
        check_familiar(observation)
    raise RefusedImageError(refusal.code, str(refusal))
