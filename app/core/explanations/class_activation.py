"""Class activation maps: a layer's feature maps, weighted by their influence on one class.

Maps are never rescaled to their own range, so values compare between images.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.explanations.logits import BATCH_SIZE, ClassLogit, Progress

# Standard deviation of the blur that removes findings, as a fraction of the shorter side.
BLUR = 1 / 12


def grad_cam(features: NDArray[np.float32], gradient: NDArray[np.float32]) -> NDArray[np.float32]:
    """Grad-CAM: feature maps weighted by the spatial mean of their gradient.

    The ReLU of the paper is omitted, so evidence against the class stays visible as negative
    values.

    Args:
        features: Feature maps of one image, float32 `(rows, columns, filters)`.
        gradient: Gradient of the class logit with respect to `features`, same shape, in logits
            per unit of activation.

    Returns:
        float32 `(rows, columns)` in logits, signed.

    Reference:
        - Selvaraju et al., Grad-CAM (ICCV 2017), https://arxiv.org/abs/1610.02391
    """
    return np.asarray(features @ gradient.mean(axis=(0, 1)), np.float32)


def grad_cam_plus_plus(
    features: NDArray[np.float32], gradient: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Grad-CAM++: feature maps weighted by a weighted mean of their positive gradients.

    A cell with gradient `g` has weight `1 / (2 + S g)` in that mean, where `S` is the sum of the
    feature map. This is the paper's weight for the exponential of the logit. The exponential
    itself only multiplies the whole map by a constant that differs from film to film, so it is
    omitted. As in the authors' code the weights are normalised to sum to 1, here over the cells
    with a positive gradient only, because a negative gradient can make the denominator zero.
    The paper does not cover feature maps with a negative sum: for these `S` is set to zero,
    which gives the plain mean.

    Args:
        features: Feature maps of one image, float32 `(rows, columns, filters)`.
        gradient: Gradient of the class logit with respect to `features`, same shape, in logits
            per unit of activation.

    Returns:
        float32 `(rows, columns)` in logits, zero or positive.

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
    """HiResCAM: each activation multiplied by its own gradient, summed over the filters.

    If the logit is a linear function of the layer, the map sums to the logit without the bias.

    Args:
        features: Feature maps of one image, float32 `(rows, columns, filters)`.
        gradient: Gradient of the class logit with respect to `features`, same shape, in logits
            per unit of activation.

    Returns:
        float32 `(rows, columns)` in logits, signed.

    Reference:
        - Draelos and Carin, Use HiResCAM instead of Grad-CAM for faithful explanations of
          convolutional neural networks (2020), https://arxiv.org/abs/2011.08891
    """
    return np.asarray((features * gradient).sum(axis=-1), np.float32)


def layer_cam(features: NDArray[np.float32], gradient: NDArray[np.float32]) -> NDArray[np.float32]:
    """LayerCAM: each activation multiplied by its own gradient where that is positive.

    Args:
        features: Feature maps of one image, float32 `(rows, columns, filters)`.
        gradient: Gradient of the class logit with respect to `features`, same shape, in logits
            per unit of activation.

    Returns:
        float32 `(rows, columns)` in logits, zero or positive.

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
    """Score-CAM: feature maps weighted by the logit of the film seen through each of them.

    Each feature map is enlarged to the size of the film and scaled to [0, 1]. It then serves as
    a mask: 1 shows the film, 0 shows the baseline. The weight of the map is the logit of the
    masked film minus the logit of the baseline. This is the paper's channel-wise increase of
    confidence, computed on logits because they do not saturate. The softmax over the weights and
    the ReLU are omitted: the softmax makes weights relative to each other, the ReLU hides
    evidence against the class.

    Every map costs one pass of the network; passes are batched. A map without contrast would
    show only the baseline and is skipped.

    Reference:
        - Wang et al., Score-CAM (CVPR Workshops 2020), https://arxiv.org/abs/1910.01279

    Args:
        logit: The class logit to explain.
        pixels: The film at the network's input size, uint8 `(height, width, channels)` in
            [0, 255], grey or RGB.
        features: Feature maps of a layer, float32 `(rows, columns, filters)`.
        baseline: An image without findings, float32 with the shape of `pixels`; black if None,
            as in the paper.
        progress: Called after every batch; may raise to cancel.

    Returns:
        float32 `(rows, columns)` in logits times activation, signed.
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
    """A film blurred until no detail is left, used as the baseline of Score-CAM.

    It preserves the exposure and the outline of the body. With a black baseline the logit rises
    wherever anything is shown at all: on phantoms, the peak evidence for pneumonia on healthy
    films is then 0.7 of that on diseased films, compared with 0.02 for a blurred baseline.
    Consolidations are found equally well with both.

    Args:
        pixels: uint8 `(height, width, channels)` in [0, 255], grey or RGB.

    Returns:
        float32 with the shape and range of `pixels`.
    """
    film = pixels.astype(np.float32)
    deviation = min(film.shape[:2]) * BLUR
    return np.asarray(cv2.GaussianBlur(film, (0, 0), deviation), np.float32).reshape(film.shape)


def _mask(one: NDArray[np.float32], film_shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A feature map enlarged to the film and scaled to [0, 1]: `(height, width, 1)`."""
    size = (film_shape[1], film_shape[0])
    # In a network that upsamples, a feature map may be larger than the film: average it then.
    how = cv2.INTER_LINEAR if one.size <= size[0] * size[1] else cv2.INTER_AREA
    large = np.asarray(cv2.resize(one, size, interpolation=how), np.float32)
    low, high = large.min(), large.max()
    fractions = (large - low) / max(high - low, np.finfo(np.float32).tiny)
    return np.asarray(fractions, np.float32)[..., np.newaxis]
