"""Shortcuts: how well file, size or border predict the class without the anatomy.

A network learns such shortcuts, and then fails on images where they do not hold.

Reference:
    - Geirhos et al., Shortcut Learning in Deep Neural Networks (2020),
      https://doi.org/10.1038/s42256-020-00257-z
    - Zech et al., Variable generalization performance of a deep learning model to detect
      pneumonia in chest radiographs (2018), https://doi.org/10.1371/journal.pmed.1002683
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.statistics.bootstrap import Interval
from app.core.statistics.bootstrap_areas import auc_interval

# Width of the border in thumbnail pixels: a sixteenth of the film on each side.
BORDER_WIDTH = 2

# Penalty on the squared weights, as a fraction of the number of images.
_RIDGE = 0.01


@dataclass(frozen=True, slots=True)
class Shortcut:
    """How well one property of the files predicts one class.

    Attributes:
        feature: Such as `file size`.
        kind: `file`, `detail`, `size`, `exposure` or `border`: its possible origin.
        class_name: The class, against all others.
        direction: `higher` or `lower` in that class; `more often` or `less often` for
            properties a file has or does not have; empty for the border.
        auc: AUC, reflected so that it is at least 0.5.
    """

    feature: str
    kind: str
    class_name: str
    direction: str
    auc: Interval


@dataclass(frozen=True, slots=True, eq=False)
class _Feature:
    name: str
    kind: str
    values: NDArray[np.float64]
    is_flag: bool = False


def find_shortcuts(
    facts: pd.DataFrame,
    border: NDArray[np.float64] | None,
    labels: NDArray[np.int64],
    *,
    classes: tuple[str, ...],
    groups: NDArray[np.int64],
) -> list[Shortcut]:
    """The AUC of every property that varies between the images, strongest first.

    For two classes, of the positive one; for more, of each class against the others. Confidence
    intervals are bootstrapped over groups.

    Args:
        facts: As `survey.Survey.facts`, `num_cases` rows of usable images.
        border: As returned by `border_scores`, `(num_cases, num_classes)`, or None.
        labels: Class indices, `(num_cases,)`.
        classes: Names of the classes.
        groups: Patient of each image, as numbers, `(num_cases,)`.
    """
    found = []
    positions = range(1, 2) if len(classes) == 2 else range(len(classes))
    for label in positions:
        features = list(_features(facts))
        if border is not None:
            features.append(_Feature("border pixels alone", "border", border[:, label]))
        for feature in features:
            interval = auc_interval(labels == label, feature.values, groups=groups)
            found.append(_shortcut(feature, classes[label], interval))
    return sorted(found, key=lambda shortcut: -shortcut.auc.value)


def border_scores(
    thumbnails: NDArray[np.uint8],
    labels: NDArray[np.int64],
    folds: NDArray[np.int64],
    *,
    num_classes: int,
) -> NDArray[np.float64]:
    """Predicts the class of every image from the pixels at its edge alone.

    Ridge regression on the border of the thumbnails; each image is scored by the model fitted to
    the other folds.

    Args:
        thumbnails: uint8 grey values, `(num_cases, side, side)`.
        labels: Class indices, `(num_cases,)`.
        folds: Fold of each image, `(num_cases,)`; no patient is in two folds.
        num_classes: Number of columns.

    Returns:
        Scores without unit, higher for more likely, `(num_cases, num_classes)`.
    """
    is_border = np.ones(thumbnails.shape[1:], np.bool_)
    is_border[BORDER_WIDTH:-BORDER_WIDTH, BORDER_WIDTH:-BORDER_WIDTH] = False
    border = thumbnails[:, is_border].astype(np.float64) / 255.0
    targets = np.eye(num_classes)[labels]
    scores = np.zeros_like(targets)
    for fold in np.unique(folds):
        held_out = folds == fold
        pixels, wanted = border[~held_out], targets[~held_out]
        mean, base = pixels.mean(axis=0), wanted.mean(axis=0)
        centred = pixels - mean
        penalty = _RIDGE * len(pixels) * np.eye(border.shape[1])
        weights = np.linalg.solve(centred.T @ centred + penalty, centred.T @ (wanted - base))
        scores[held_out] = (border[held_out] - mean) @ weights + base
    return scores


def _features(facts: pd.DataFrame) -> Iterator[_Feature]:
    """Every property that varies between the images."""
    width, height = (facts[name].to_numpy(np.float64) for name in ("width", "height"))
    num_bytes = facts["num_bytes"].to_numpy(np.float64)
    # Where all files are encoded in the same way, their size depends on the content of the image.
    encodings = facts[["file_format", "pixel_kind", "quantisation"]].drop_duplicates()
    length = "file" if len(encodings) > 1 else "detail"
    numbers = {
        ("image width", "size"): width,
        ("image height", "size"): height,
        ("aspect ratio", "size"): width / height,
        ("file size", length): num_bytes,
        ("bytes per pixel", length): num_bytes / (width * height),
        ("JPEG quantisation", "file"): facts["quantisation"].to_numpy(np.float64),
        ("mean brightness", "exposure"): facts["mean"].to_numpy(np.float64),
        ("deviation of brightness", "exposure"): facts["deviation"].to_numpy(np.float64),
    }
    if np.ptp(width * height) == 0:
        del numbers["bytes per pixel", length]  # proportional to the file size
    for (name, kind), values in numbers.items():
        if np.ptp(values) > 0:
            yield _Feature(name, kind, values)
    flags = {"EXIF data": "exif", "colour profile": "colour_profile", "comment": "comment"}
    for name, column in flags.items():
        if facts[column].nunique() > 1:
            yield _Feature(name, "file", facts[column].to_numpy(np.float64), is_flag=True)
    for name, column in (("format", "file_format"), ("pixels", "pixel_kind")):
        values = sorted(facts[column].unique())
        # With two formats, the second carries the same information as the first.
        for value in values[: 1 if len(values) == 2 else len(values)]:
            if len(values) > 1:
                has = (facts[column] == value).to_numpy(np.float64)
                yield _Feature(f"{name}: {value}", "file", has, is_flag=True)


def _shortcut(feature: _Feature, class_name: str, auc: Interval) -> Shortcut:
    directions: Sequence[str] = (
        ("more often", "less often") if feature.is_flag else ("higher", "lower")
    )
    if feature.kind == "border":
        # Fitted to predict the class: an AUC below 0.5 means that it cannot.
        return Shortcut(feature.name, feature.kind, class_name, "", auc)
    if auc.value < 0.5:
        turned = replace(auc, value=1 - auc.value, low=1 - auc.high, high=1 - auc.low)
        return Shortcut(feature.name, feature.kind, class_name, directions[1], turned)
    return Shortcut(feature.name, feature.kind, class_name, directions[0], auc)
