"""Validates reference labels and scores and converts them to one type."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Labels listed in a message; scores passed as labels by mistake would list thousands.
MAX_LISTED = 8


def binary_cases(
    y_true: ArrayLike, y_score: ArrayLike, *, name: str = "y_score"
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Validates labels and scores of a two-class task.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Scores, shape `(num_cases,)`, finite; higher means more likely positive.
        name: Name of the scores in error messages.

    Returns:
        Whether each case is positive, bool `(num_cases,)`, and the scores, float64
        `(num_cases,)`.

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, or a score is not
            finite.
    """
    truth, score = np.asarray(y_true), np.asarray(y_score, dtype=np.float64)
    require_same_length(truth, score, names=f"`y_true` and `{name}`")
    _require_labels("y_true", truth, 2)
    require_finite(name, score)
    return truth.astype(bool), score


def binary_probabilities(
    y_true: ArrayLike, y_score: ArrayLike, *, name: str = "y_score"
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Validates labels and probabilities of a two-class task.

    Args:
        y_true: Reference labels, shape `(num_cases,)`, 0 or 1.
        y_score: Probabilities of label 1, shape `(num_cases,)`, in [0, 1].
        name: Name of the probabilities in error messages.

    Returns:
        Whether each case is positive, bool `(num_cases,)`, and the probabilities, float64
        `(num_cases,)`.

    Raises:
        ValueError: If the arrays differ in shape, a label is not 0 or 1, or a probability is not
            in [0, 1].
    """
    positive, score = binary_cases(y_true, y_score, name=name)
    outside = (score < 0) | (score > 1)
    if outside.any():
        raise ValueError(
            f"`{name}` must hold probabilities in [0, 1]. "
            f"Received {int(outside.sum())} values outside that range; minimum {score.min():g}, "
            f"maximum {score.max():g}. Apply `sigmoid` to logits first."
        )
    return positive, score


def class_indices(name: str, labels: ArrayLike, *, num_classes: int) -> NDArray[np.int64]:
    """Validates class labels and converts them to integers.

    Args:
        name: Name of the labels in error messages.
        labels: Class labels, shape `(num_cases,)`, integers in [0, num_classes).
        num_classes: Number of classes, at least 2.

    Returns:
        The labels, int64 `(num_cases,)`.

    Raises:
        ValueError: If `labels` is not 1-D or holds anything but integers in [0, num_classes),
            or `num_classes` is below 2.
    """
    if num_classes < 2:
        raise ValueError(f"`num_classes` must be at least 2. Received num_classes={num_classes}.")
    classes = np.asarray(labels)
    if classes.ndim != 1:
        raise ValueError(f"`{name}` must be 1-D. Received shape {classes.shape}.")
    _require_labels(name, classes, num_classes)
    return classes.astype(np.int64)


def require_finite(name: str, values: NDArray[np.float64]) -> None:
    """Checks that an array holds neither NaN nor infinite values.

    Args:
        name: Name of the array in error messages.
        values: float64, any shape `(...)`.

    Raises:
        ValueError: If a value is NaN or infinite.
    """
    if np.isfinite(values).all():
        return
    num_nan, num_infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    raise ValueError(
        f"`{name}` must be finite. Received {num_nan} NaN and {num_infinite} infinite "
        f"among {values.size} values. Leave out the cases that have no score."
    )


def require_same_length(first: ArrayLike, second: ArrayLike, *, names: str) -> None:
    """Checks that two arrays are 1-D and have the same length.

    Args:
        first: Any array, expected shape `(num_cases,)`.
        second: Any array, expected shape `(num_cases,)`.
        names: Names of both arrays in error messages.

    Raises:
        ValueError: If either is not 1-D or their lengths differ.
    """
    shapes = np.shape(first), np.shape(second)
    if len(shapes[0]) != 1 or shapes[0] != shapes[1]:
        raise ValueError(
            f"{names} must be 1-D and of the same length. "
            f"Received shapes {shapes[0]} and {shapes[1]}."
        )


def _require_labels(name: str, labels: NDArray[Any], num_classes: int) -> None:
    wanted = "0 and 1" if num_classes == 2 else f"integers from 0 to {num_classes - 1}"
    if labels.dtype.kind not in "biuf":
        raise ValueError(
            f"`{name}` must hold only {wanted}. Received values of type {labels.dtype}. "
            "Replace class names with their index in the bundle's class list."
        )
    # Every resample of a bootstrap comes here, so not by `np.isin`, which takes ten times as long.
    inside = (labels >= 0) & (labels < num_classes)
    if not inside.all() or (labels.dtype.kind == "f" and (labels % 1).any()):
        found = np.unique(labels)
        more = f" and {len(found) - MAX_LISTED} more" if len(found) > MAX_LISTED else ""
        raise ValueError(
            f"`{name}` must hold only {wanted}. Received labels "
            f"{found[:MAX_LISTED].tolist()}{more}."
        )
