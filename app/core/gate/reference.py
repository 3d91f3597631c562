"""The reference of a bundle: how far an image is from those the model was trained on.

Features of an image, taken while it is scored, are compared with those of the training images:
within their principal components by the Mahalanobis distance, and by what the components leave
over. An image can be far in either way: an unusual mixture of what was seen, or something new.

Reference:
    - Lee et al., A Simple Unified Framework for Detecting Out-of-Distribution Samples and
      Adversarial Attacks (NeurIPS 2018), https://arxiv.org/abs/1807.03888
    - Ren et al., A Simple Fix to Mahalanobis Distance for Improving Near-OOD Detection (2021),
      https://arxiv.org/abs/2106.09022
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.adaptation import CROPPED_PROBES
from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import REFERENCE
from app.core.errors import BundleError, InvalidOutputError
from app.core.gate.array_files import UNREADABLE, read_arrays, what_is_wrong
from app.core.gate.fault_probes import FaultProbes
from app.core.gate.observation import Observation
from app.core.gate.statistic_ranges import StatisticRanges
from app.core.gate.stored_numbers import stored_numbers

# Coordinates are kept in float16, and 99 deviations are as strange as more.
_FARTHEST = 99.0

_RANGES = "ranges_"


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Where the training images of a bundle lie in the feature space of its network.

    Attributes:
        mean: float32 `(num_features,)`, in the order of the manifest's feature layers.
        scale: float32 `(num_features,)`, above 0; features are divided by it.
        components: float32 `(k, num_features)`, orthonormal, of standardised features.
        variances: float32 `(k,)`, above 0, of images not used to find the components.
        limits: float32 `(2,)`, above 0: the distance within the components, and what they leave
            over, at which an image is refused.
        probes: What can be named of a film that is wrong.
        ranges: Where the image statistics of the training images lay; None if not known.
        sample: float16 `(n, k)`, coordinates of the images in the bundle's `reference.csv`, in its
            order.
        kinds: What foreign kinds look like that are known not to be for the model; None if it was
            shown none.
        reads_markers: Whether a side marker is looked for, which may show that a film is mirrored.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    components: NDArray[np.float32]
    variances: NDArray[np.float32]
    limits: NDArray[np.float32]
    probes: FaultProbes
    ranges: StatisticRanges | None
    sample: NDArray[np.float16]
    kinds: FaultProbes | None = None
    reads_markers: bool = True
    _products: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Works out the products of the components with each other, once."""
        components = self.components.astype(np.float64)
        object.__setattr__(self, "_products", components @ components.T)

    def standardised(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features minus their mean, divided by their scale.

        Args:
            features: float32 `(..., num_features)`.

        Raises:
            BundleError: If the network gives another number of features.
        """
        if features.shape[-1] != len(self.mean):
            raise BundleError(
                f"The network gives {features.shape[-1]} features; the reference of its bundle "
                f"has {len(self.mean)}. Add the reference again with `overread-train reference`."
            )
        return np.asarray((features - self.mean) / self.scale, np.float32)

    def distances(
        self, standardised: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Coordinates of images, and their distance divided by the limit.

        Args:
            standardised: float32 `(n, num_features)`.

        Returns:
            Coordinates, float64 `(n, k)`, each of unit variance among the training images, and
            distances, float64 `(n,)`.
        """
        # In float32: converting the components for each film took longer than the products. And
        # without BLAS: its threads, which wait by spinning, took thirty times as long as the
        # products where other programs or other films had the cores.
        places = np.einsum("nf,kf->nk", standardised, self.components).astype(np.float64)
        coordinates = places / np.sqrt(self.variances)
        squares = np.einsum("nk,nk->n", coordinates, coordinates)
        within = np.sqrt(squares / len(self.variances))
        beyond = np.sqrt(self._left_over(standardised, places) / standardised.shape[1])
        distances = np.maximum(within / self.limits[0], beyond / self.limits[1])
        return coordinates, distances

    def _left_over(
        self, standardised: NDArray[np.float32], places: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The squared length of what the components leave over, float64 `(n,)`.

        As that of the whole, less what they take: a product of all features fewer. Components are
        kept in float16, so they are orthonormal only nearly, and their own products count.
        """
        whole = np.einsum("nf,nf->n", standardised, standardised, dtype=np.float64)
        taken = np.einsum(
            "nk,nk->n", places, 2 * places - np.einsum("nk,kj->nj", places, self._products)
        )
        return np.asarray(np.maximum(whole - taken, 0), np.float64)

    def observe(self, features: NDArray[np.float32]) -> Observation:
        """Where one image lies; its statistics are left to the caller.

        Args:
            features: float32 `(num_features,)`.

        Raises:
            BundleError: If the network gives another number of features.
            InvalidOutputError: If a feature is NaN or infinite, or too large for a distance.
        """
        seen = self.observe_all(features[np.newaxis])[0]
        if isinstance(seen, InvalidOutputError):
            raise seen
        return seen

    def observe_all(self, features: NDArray[np.float32]) -> list[Observation | InvalidOutputError]:
        """Where images lie, or what is wrong with their features; see `observe`.

        Args:
            features: float32 `(num_images, num_features)`.

        Raises:
            BundleError: If the network gives another number of features.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            standardised = self.standardised(features)
            coordinates, distances = self.distances(standardised)
            faults = self.probes.names_of(standardised, distances)
            kinds: list[tuple[str, ...]] = [()] * len(faults)
            if self.kinds is not None:
                kinds = self.kinds.names_of(standardised, distances)
        places = np.clip(coordinates, -_FARTHEST, _FARTHEST).astype(np.float16)
        # No limit is below NaN: such a film would pass.
        return [
            Observation(distance, place, _first(some), _first(kind), other_faults=some[1:])
            if isfinite(distance)
            else _not_finite()
            for distance, place, some, kind in zip(
                distances.tolist(), places, faults, kinds, strict=True
            )
        ]


def _first(names: tuple[str, ...]) -> str:
    return names[0] if names else ""


def _not_finite() -> InvalidOutputError:
    return InvalidOutputError(
        "invalid_output",
        "The model's features of this image are not finite (NaN or infinity), so it is not known "
        "whether the image is like those the model learned from. Check the model with `overread "
        "verify`.",
    )


def load_reference(bundle: Bundle) -> Reference | None:
    """The reference of a bundle; None if it has none, as older bundles.

    Raises:
        BundleError: If its file cannot be read, or holds numbers that do not fit together.
    """
    section = bundle.manifest.reference
    if section is None:
        return None
    try:
        arrays = read_arrays(bundle.path / REFERENCE)
        kinds = tuple(one.name for one in section.other_kinds)
        reference = replace(
            _reference(arrays, section.faults, kinds), reads_markers=section.reads_markers
        )
    except UNREADABLE as error:
        raise BundleError(
            f"{REFERENCE} of the bundle {bundle.name!r} cannot be used ({what_is_wrong(error)}). "
            "Copy the bundle again, or add the reference again with `overread-train reference`."
        ) from None
    return _at_place(reference, bundle)


def _at_place(reference: Reference, bundle: Bundle) -> Reference:
    """The reference of a bundle as it is used at the place that the bundle is adapted to.

    Raises:
        BundleError: If the probes that were learned there cannot be used.
    """
    adaptation, folder = bundle.adaptation, bundle.adapted_in
    if adaptation is None or folder is None:
        return reference
    # Films like those of the place are familiar there.
    reference = replace(reference, limits=reference.limits * np.float32(adaptation.reach))
    if not adaptation.cropped:
        return reference
    try:
        learned = FaultProbes.from_arrays(
            "fault", read_arrays(folder / CROPPED_PROBES), adaptation.cropped, len(reference.mean)
        )
        return replace(reference, probes=reference.probes.with_others(learned))
    except UNREADABLE as error:
        raise BundleError(
            f"{CROPPED_PROBES} of the adaptation {folder.name!r} cannot be used "
            f"({what_is_wrong(error)}). Copy it again, or make it again with `overread adapt`."
        ) from None


def write_reference(path: Path, reference: Reference) -> None:
    """Writes a reference; the names of its faults and kinds are in the manifest.

    Args:
        path: The file, `reference.npz`.
        reference: What to write; components and weights are rounded to float16.
    """
    arrays: dict[str, Any] = {
        "mean": reference.mean,
        "scale": reference.scale,
        "components": reference.components.astype(np.float16),
        "variances": reference.variances,
        "limits": reference.limits,
        "sample": reference.sample,
        **reference.probes.arrays("fault"),
    }
    if reference.kinds is not None:
        arrays |= reference.kinds.arrays("kind")
    if reference.ranges is not None:
        arrays |= {_RANGES + name: array for name, array in reference.ranges.arrays().items()}
    np.savez_compressed(path, **arrays)


def _reference(
    arrays: Mapping[str, NDArray[Any]], faults: tuple[str, ...], kinds: tuple[str, ...]
) -> Reference:
    """A reference of the arrays in a file.

    Raises:
        ValueError: If one is missing, has another shape, or is not finite.
    """
    lengths = stored_numbers(arrays, {"mean": (None,), "variances": (None,)})
    num_features, num_components = len(lengths["mean"]), len(lengths["variances"])
    if not num_features or not num_components:
        raise ValueError("mean or variances are empty")
    shapes = {
        "scale": (num_features,),
        "components": (num_components, num_features),
        "limits": (2,),
        "sample": (None, num_components),
    }
    numbers = lengths | stored_numbers(arrays, shapes)
    for name in ("scale", "variances", "limits"):
        if not (numbers[name] > 0).all():
            raise ValueError(f"{name} has numbers that are not above 0")
    if np.abs(numbers["sample"]).max(initial=0) > np.finfo(np.float16).max:
        raise ValueError("sample has numbers that are too large")
    ranges = {
        name.removeprefix(_RANGES): array
        for name, array in arrays.items()
        if name.startswith(_RANGES)
    }
    return Reference(
        mean=numbers["mean"],
        scale=numbers["scale"],
        components=numbers["components"],
        variances=numbers["variances"],
        limits=numbers["limits"],
        probes=FaultProbes.from_arrays("fault", arrays, faults, num_features),
        ranges=StatisticRanges.from_arrays(ranges) if ranges else None,
        sample=numbers["sample"].astype(np.float16),
        kinds=FaultProbes.from_arrays("kind", arrays, kinds, num_features) if kinds else None,
    )
