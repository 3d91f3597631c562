"""Class activation maps: the maps of a layer, weighted by what they do for one class.

Features are the layer's maps for one image, float32 `(rows, columns, filters)`; the gradient of
the class's logit with respect to them has the same shape. Every result is float32
`(rows, columns)`, never scaled to its own range, so that images compare.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.explanations.logits import BATCH_SIZE, ClassLogit, Progress

# Standard deviation of the blur that hides findings, as a fraction of the shorter side.
BLUR = 1 / 12


def grad_cam(features: NDArray[np.float32], gradient: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each map weighted by the mean of its gradient, in logits, for and against the class.

    The paper's ReLU is left out, so that evidence against the class is negative.

    Reference:
        - Selvaraju et al., Grad-CAM (ICCV 2017), https://arxiv.org/abs/1610.02391
    """
    return np.asarray(features @ gradient.mean(axis=(0, 1)), np.float32)


def grad_cam_plus_plus(
    features: NDArray[np.float32], gradient: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Each map weighted by a mean of its positive gradients, in logits, for the class only.

    The mean gives the gradient `g` of a cell the weight `1 / (2 + S g)`, with `S` the sum of
    the map. That is the paper's weight for the exponential of the logit; the exponential itself
    is left out, because it only scales the result, by another factor for every film. As in the
    authors' code the weights are made to add up to 1, here over the cells that count, because
    with a negative gradient the denominator may be zero. A map that sums to less than zero,
    which the paper does not foresee, has `S` zero and so the plain mean.

    Reference:
        - Chattopadhay et al., Grad-CAM++ (WACV 2018), https://arxiv.org/abs/1710.11063
    """
    positive = np.maximum(gradient, 0)
    sums = np.maximum(features.sum(axis=(0, 1)), 0)
    fractions = np.where(gradient > 0, 1 / (2 + sums * positive), 0)
    totals = fractions.sum(axis=(0, 1))
    weights = (fractions * positive).sum(axis=(0, 1)) / np.where(totals > 0, totals, 1)
    return np.asarray(np.maximum(features @ weights, 0), np.float32)


def hires_cam(features: NDArray[np.float32], gradient: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each value times its own gradient, in logits, for and against the class.

    Behind a layer from which the logit is a linear function the map adds up to the logit
    without the bias.

    Reference:
        - Draelos and Carin, Use HiResCAM instead of Grad-CAM for faithful explanations of
          convolutional neural networks (2020), https://arxiv.org/abs/2011.08891
    """
    return np.asarray((features * gradient).sum(axis=-1), np.float32)


def layer_cam(features: NDArray[np.float32], gradient: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each value times its own gradient where that is positive, in logits, for the class only.

    Reference:
        - Jiang et al., LayerCAM: Exploring Hierarchical Class Activation Maps for Localization
          (IEEE Transactions on Image Processing 2021), https://doi.org/10.1109/TIP.2021.3089943
    """
    positive = (features * np.maximum(gradient, 0)).sum(axis=-1)
    return np.asarray(np.maximum(positive, 0), np.float32)


def score_cam(
    logit: ClassLogit,
    pixels: NDArray[np.uint8],
    features: NDArray[np.float32],
    *,
    baseline: NDArray[np.float32] | None = None,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Each map weighted by how far the logit rises where the film is seen through it.

    The map is enlarged to the film and brought to 0 to 1; where it is 1 the film is shown, where
    it is 0 the baseline. The weight is the logit of that less the logit of the baseline: the
    paper's channel-wise increase of confidence, on logits, which do not saturate. Neither the
    softmax over the weights nor the ReLU of the paper's algorithm is applied: the first would
    make the weights relative to each other, the second would hide what speaks against the class.

    One pass of the network a map, in batches; maps without contrast are left out, since through
    them nothing but the baseline is seen.

    Reference:
        - Wang et al., Score-CAM (CVPR Workshops 2020), https://arxiv.org/abs/1910.01279

    Args:
        logit: What is explained.
        pixels: The fitted film, uint8 `(height, width, channels)` in [0, 255].
        features: The maps of a layer, `(rows, columns, filters)`.
        baseline: What shows no finding, of the film's shape; by default black, as in the paper.
        progress: Called after every batch; it may raise to cancel.

    Returns:
        `(rows, columns)`, in logits times activation, for and against the class.
    """
    film = pixels.astype(np.float32)
    hidden = np.zeros_like(film) if baseline is None else baseline
    lowest = logit.of(hidden[np.newaxis])[0]
    filters = np.flatnonzero(features.min(axis=(0, 1)) < features.max(axis=(0, 1)))
    evidence = np.zeros(features.shape[:2])
    for start in range(0, len(filters), BATCH_SIZE):
        chosen = features[..., filters[start : start + BATCH_SIZE]]
        masks = [_mask(chosen[..., number], film.shape) for number in range(chosen.shape[-1])]
        seen = np.stack([hidden + mask * (film - hidden) for mask in masks])
        evidence += chosen @ (logit.of(seen) - lowest)
        if progress is not None:
            progress(start + len(masks), len(filters))
    return np.asarray(evidence, np.float32)


def blurred(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A film without detail, the baseline that Score-CAM is used with here.

    It keeps the exposure and the outline of the body. From a black film the logit rises
    wherever anything is shown at all: on phantoms the evidence for pneumonia then peaks on
    healthy films at 7 tenths of what it does on sick ones, from a blurred film at a fiftieth,
    and consolidations are found equally well.

    Args:
        pixels: uint8 `(height, width, channels)` in [0, 255].

    Returns:
        float32 of the same shape and range.
    """
    film = pixels.astype(np.float32)
    deviation = min(film.shape[:2]) * BLUR
    return np.asarray(cv2.GaussianBlur(film, (0, 0), deviation), np.float32).reshape(film.shape)


def _mask(one: NDArray[np.float32], film_shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A map enlarged to the film and brought to 0 to 1: `(height, width, 1)`."""
    size = (film_shape[1], film_shape[0])
    # A layer's map may be larger than the film where a network enlarges; then it is averaged.
    how = cv2.INTER_LINEAR if one.size <= size[0] * size[1] else cv2.INTER_AREA
    large = np.asarray(cv2.resize(one, size, interpolation=how), np.float32)
    low, high = large.min(), large.max()
    fractions = (large - low) / max(high - low, np.finfo(np.float32).tiny)
    return np.asarray(fractions, np.float32)[..., np.newaxis]
