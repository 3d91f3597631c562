"""The gate as the engine uses it: what is refused before a probability is believed.

The file and its pixels are looked at when the film is prepared, its features once it is scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.errors import BundleError, InvalidOutputError, RefusedImageError
from app.core.gate.admission import Impression, refusal_of
from app.core.gate.film_view import FilmView
from app.core.gate.image_statistics import view_statistics
from app.core.gate.observation import Observation
from app.core.gate.reference import Reference, load_reference
from app.core.gate.rules.check import check_look
from app.core.gate.rules.header import check_header
from app.core.gate.rules.look import Look
from app.core.gate.rules.mirrored import check_mirrored
from app.core.gate.rules.quality import check_quality
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
    for kind in reference.other_kinds:
        of_kind = proportion_in_full(Proportion(kind.refused, kind.of))
        note += f" The model is not for what looks like {kind.name}: {of_kind} are refused."
    if adaptation is not None and adaptation.reach > 1:
        note += (
            f" Adapted to {adaptation.place}, the limit is {adaptation.reach:.2f} times as far, so "
            "fewer are refused."
        )
    if adaptation is not None and adaptation.cropped:
        note += f" What cropped films look like was learned from films of {adaptation.place}."
    return note


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """What is kept of a film until its figures are worked out; little, whatever its size.

    Attributes:
        view: The film at the sizes that are looked at; None without a reference.
        refusal: What is wrong with it by its file alone, if anything.
    """

    view: FilmView | None
    refusal: RefusedImageError | None


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
        return self.impression(self.glance(film))

    def glance(self, film: Film) -> Glance:
        """What is kept of a film as it was decoded."""
        refusal = refusal_of(lambda: check_header(film, self._input))
        if self.reference is None:
            return Glance(None, refusal)
        view = FilmView(film)
        view.let_go()
        return Glance(view, refusal)

    def impression(self, glance: Glance) -> Impression:
        """What is seen of a film by what was kept of it.

        Best for all films of a batch in turn: a hundred short steps that take less time right after
        those of another film than after decoding one.
        """
        view, refusal = glance.view, glance.refusal
        if self.reference is None or view is None:
            return Impression(None, refusal)
        statistics = view_statistics(view)
        ranges, spoilt = self.reference.ranges, None
        if refusal is None and ranges is not None:
            look = Look(view.shape, statistics, ranges, self._input, view)
            refusal = refusal_of(lambda: check_look(look))
            spoilt = refusal_of(lambda: check_quality(look))
        if refusal is None and self.reference.reads_markers:
            refusal = refusal_of(lambda: check_mirrored(view))
        return Impression(statistics, refusal, spoilt)

    def observe_all(
        self, features: NDArray[np.float32] | None, impressions: Sequence[Impression]
    ) -> Sequence[Observation | InvalidOutputError | None]:
        """Where scored films lie, or what is wrong with their features; None without a reference.

        Args:
            features: float32 `(num_films, num_features)`; None without a reference.
            impressions: What was seen of the films before, in the same order.

        Raises:
            BundleError: If there is a reference and the network gave no features to compare with
                it: no image is judged without the gate in silence.
        """
        if self.reference is None:
            return [None] * len(impressions)
        if features is None:
            raise BundleError(
                "The network was computed without the features that its bundle's reference "
                "compares, so it is not known which images it may judge. Choose another backend."
            )
        return [
            seen
            if isinstance(seen, InvalidOutputError)
            else replace(seen, statistics=impression.statistics)
            for seen, impression in zip(
                self.reference.observe_all(features), impressions, strict=True
            )
        ]
