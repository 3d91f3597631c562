"""The gate as the engine uses it: what is refused before a probability is believed.

The file and its pixels are looked at when the film is prepared, its features once it is scored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.errors import BundleError
from app.core.gate.admission import Impression, refusal_of
from app.core.gate.image_statistics import image_statistics
from app.core.gate.observation import Observation
from app.core.gate.reference import Reference, load_reference
from app.core.gate.rules.check import check_film
from app.core.performance.formatting import proportion_in_full
from app.core.statistics.metrics import Proportion

if TYPE_CHECKING:
    from app.core.images.film import Film


# What a reader must know of a model without a reference, wherever its results are.
NO_REFERENCE = (
    "This model has no reference of the images it learned from, so it cannot recognise foreign "
    "images: it judges whatever it is given."
)


def reference_note(bundle: Bundle) -> str:
    """Whether a model can recognise foreign images, and how many of its own it refuses.

    Args:
        bundle: The model; an adapted one has a wider limit, which is said.
    """
    reference, adaptation = bundle.manifest.reference, bundle.adaptation
    if reference is None:
        return NO_REFERENCE
    refused = proportion_in_full(Proportion(reference.refused, reference.of))
    note = (
        "Images unlike those the model learned from are refused. The limit rests on the "
        f"distance that {100 * reference.limit_share:g} % of the validation images exceed, "
        f"of which {refused} are refused."
    )
    if adaptation is not None and adaptation.reach > 1:
        note += (
            f" Adapted to {adaptation.place}, the limit is {adaptation.reach:.2f} times as far, so "
            "fewer are refused."
        )
    return note


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
        refusal = refusal_of(lambda: check_film(film, self._input, ranges, statistics))
        return Impression(statistics, refusal)

    def observe(
        self, features: NDArray[np.float32] | None, impression: Impression
    ) -> Observation | None:
        """Where a scored film lies; None without a reference.

        Args:
            features: Of this film, float32 `(num_features,)`; None without a reference.
            impression: What was seen of it before.

        Raises:
            InvalidOutputError: If a feature is NaN or infinite.
            BundleError: If there is a reference and the network gave no features to compare with
                it: no image is judged without the gate in silence.
        """
        if self.reference is None:
            return None
        if features is None:
            raise BundleError(
                "The network was computed without the features that its bundle's reference "
                "compares, so it is not known which images it may judge. Choose another backend."
            )
        return replace(self.reference.observe(features), statistics=impression.statistics)
