"""Linear probes that name what is wrong with a film, or the foreign kind that it is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import Remedy
from app.core.gate.stored_numbers import stored_numbers

# What makes a film with a fault what it should be; other faults have no remedy.
REMEDY_OF: dict[str, Remedy] = {
    "inverted": "invert",
    "turned_90": "turn_90",
    "turned_180": "turn_180",
    "turned_270": "turn_270",
    "framed": "remove_border",
}


@dataclass(frozen=True, slots=True, eq=False)
class FaultProbes:
    """A linear discriminant of each fault, or kind, against films without one.

    A foreign picture lies far out in every direction, so it would be taken for some fault. A fault
    is therefore only named of an image that is no farther than films with this fault are.

    Attributes:
        names: The faults, such as `inverted`, or the kinds, such as `a T1-weighted slice`.
        weights: float32 `(num_faults, num_features)`, of standardised features.
        offsets: float32 `(num_faults,)`; a score above 0 speaks for the fault.
        reach: float32 `(num_faults,)`, the largest distance at which a fault is named, in limits.
    """

    names: tuple[str, ...]
    weights: NDArray[np.float32]
    offsets: NDArray[np.float32]
    reach: NDArray[np.float32]

    def scores(self, standardised: NDArray[np.float32]) -> NDArray[np.float32]:
        """How much speaks for each fault, above 0 if it is there.

        Args:
            standardised: float32 `(..., num_features)`, see `Reference.standardised`.

        Returns:
            float32 `(..., num_faults)`.
        """
        # Without BLAS, see `Reference.distances`.
        scores = np.einsum("...f,pf->...p", clipped(standardised), self.weights)
        return np.asarray(scores + self.offsets, np.float32)

    def name(self, standardised: NDArray[np.float32], distance: float) -> str:
        """The fault for which most speaks; empty if there is none.

        Args:
            standardised: float32 `(num_features,)`.
            distance: How far the film is from those without a fault, in limits.
        """
        found = self.names_of(standardised[np.newaxis], np.array([distance]))[0]
        return found[0] if found else ""

    def names_of(
        self, standardised: NDArray[np.float32], distances: NDArray[np.float64]
    ) -> list[tuple[str, ...]]:
        """The faults of each film for which something speaks, likeliest first.

        Args:
            standardised: float32 `(num_films, num_features)`.
            distances: How far each is from those without a fault, in limits, `(num_films,)`.
        """
        if not self.names:
            return [()] * len(standardised)
        scores = self.scores(standardised)
        is_named = (scores > 0) & (distances[:, np.newaxis] <= self.reach)
        found: list[tuple[str, ...]] = [()] * len(standardised)
        for place in np.flatnonzero(is_named.any(axis=1)).tolist():  # few films
            likeliest = np.argsort(-scores[place])
            found[place] = tuple(self.names[at] for at in likeliest if is_named[place, at])
        return found

    def with_others(self, others: FaultProbes) -> FaultProbes:
        """These probes, with others in place of those of the same names.

        Args:
            others: Each of the name of one of these.

        Raises:
            ValueError: If one is not.
        """
        places = [self.names.index(name) for name in others.names]
        weights, offsets, reach = self.weights.copy(), self.offsets.copy(), self.reach.copy()
        weights[places], offsets[places] = others.weights, others.offsets
        reach[places] = others.reach
        return FaultProbes(self.names, weights, offsets, reach)

    def arrays(self, what: str) -> dict[str, NDArray[Any]]:
        """The probes as arrays for an `.npz` file, all but their names; see `from_arrays`.

        Args:
            what: `fault` or `kind`, with which the names of the arrays begin.
        """
        return {
            f"{what}_weights": self.weights.astype(np.float16),
            f"{what}_offsets": self.offsets,
            f"{what}_reach": self.reach,
        }

    @classmethod
    def from_arrays(
        cls,
        what: str,
        arrays: Mapping[str, NDArray[Any]],
        names: tuple[str, ...],
        num_features: int,
    ) -> FaultProbes:
        """The probes that `arrays` gave.

        Args:
            what: `fault` or `kind`.
            arrays: What the file holds, `(num_names, num_features)` and `(num_names,)`.
            names: The faults or kinds, in their order.
            num_features: How many features they are of.

        Raises:
            ValueError: If an array is missing, has another shape, or is not finite.
        """
        shapes = {
            f"{what}_weights": (len(names), num_features),
            f"{what}_offsets": (len(names),),
            f"{what}_reach": (len(names),),
        }
        return cls(names, *stored_numbers(arrays, shapes).values())


def clipped(standardised: NDArray[np.float32]) -> NDArray[np.float32]:
    """Standardised features within eight deviations, so that no single one decides.

    Args:
        standardised: float32 `(..., num_features)`.
    """
    return np.clip(standardised, -8.0, 8.0)
