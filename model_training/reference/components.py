"""Finds the principal components of the training images, and the limit of what is familiar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.core.gate.fault_probes import FaultProbes
from app.core.gate.reference import Reference

MOST_COMPONENTS = 32
# Images for each component, so that it is one of the images and not of chance.
_IMAGES_A_COMPONENT = 4
# The part of the images that components are found on; their variances are taken of the rest.
_FOUND_ON = 0.7
# A feature that hardly varies must not make every image strange in which it does.
_LEAST_SCALE = 0.05
# How much farther out the limit lies than the distance that the share of validation images exceed.
# They come from where the training images do, and films of another hospital lie farther out than
# they, yet nearer than any foreign picture: for those there is a warning about the folder.
MARGIN = 1.25


def find_components(features: NDArray[np.float32], sizes: Sequence[int]) -> Reference:
    """A reference of training images, without a limit and without probes.

    Images of one patient should stand together: the first part of the images gives mean, scale and
    components, the rest, of other patients, the variance along each.

    Args:
        features: float32 `(num_images, num_features)`.
        sizes: Number of features of each layer, in order; each layer counts the same.
    """
    num_found_on = round(len(features) * _FOUND_ON)
    found_on, rest = features[:num_found_on], features[num_found_on:]
    mean = found_on.mean(axis=0)
    spread = found_on.std(axis=0)
    scale = spread + _LEAST_SCALE * np.median(spread[spread > 0]) if spread.any() else spread + 1
    scale = scale * np.sqrt(np.repeat(sizes, sizes) / np.mean(sizes))
    k = max(1, min(MOST_COMPONENTS, num_found_on // _IMAGES_A_COMPONENT, features.shape[1]))
    standardised = (found_on - mean) / scale
    directions = np.linalg.svd(standardised, full_matrices=False)[2][:k]
    # As they are written.
    components = directions.astype(np.float16).astype(np.float32)
    places = ((rest - mean) / scale) @ components.T
    variances = np.mean(places**2, axis=0)
    num_features = features.shape[1]
    return Reference(
        mean=mean.astype(np.float32),
        scale=scale.astype(np.float32),
        components=components,
        variances=np.maximum(variances, 1e-3 * variances.max() + 1e-9).astype(np.float32),
        limits=np.ones(2, np.float32),
        probes=FaultProbes(
            (),
            np.zeros((0, num_features), np.float32),
            np.zeros(0, np.float32),
            np.zeros(0, np.float32),
        ),
        ranges=None,
        sample=np.zeros((0, k), np.float16),
    )


def choose_limit(
    reference: Reference, validation: NDArray[np.float32], *, share: float, margin: float = MARGIN
) -> Reference:
    """The reference with its limit, a margin beyond what all but a share of validation reach.

    The two distances are first brought to one scale, on which either refuses the same share.

    Args:
        reference: As from `find_components`.
        validation: float32 `(num_images, num_features)`, of patients in no training image.
        share: The share of them that may lie beyond the limit divided by the margin, in (0, 1).
        margin: At least 1, which refuses that share.
    """
    standardised = reference.standardised(validation)
    limits = np.array([_of_one(reference, standardised, part, share) for part in (0, 1)])
    both = replace(reference, limits=limits.astype(np.float32))
    distances = np.sort(both.distances(standardised)[1])
    num_refused = int(share * len(distances))
    # Between the last that passes and the first that does not.
    last, first = (
        distances[min(len(distances) - num_refused - 1 + n, len(distances) - 1)] for n in (0, 1)
    )
    factor = (last + first) / 2 if num_refused else last * 1.02
    return replace(both, limits=(limits * factor * margin).astype(np.float32))


def _of_one(
    reference: Reference, standardised: NDArray[np.float32], part: int, share: float
) -> float:
    """The quantile of one of the two distances, the other one left out."""
    only = np.full(2, np.inf, np.float32)
    only[part] = 1
    distances = replace(reference, limits=only).distances(standardised)[1]
    return max(float(np.quantile(distances, 1 - share)), 1e-6)
