"""Selects the images that several bundles can be compared on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.errors import BundleError, DatasetError
from app.core.performance.formatting import counted
from app.core.performance.predictions import HeldOut, count_patients
from model_training.evaluation.overlap import seen_in_training


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A bundle and its predictions for the images all bundles are compared on.

    Attributes:
        label: The bundle's name, made unique.
        bundle: The bundle.
        cases: In the same order for all contenders.
    """

    label: str
    bundle: Bundle
    cases: HeldOut

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Predicted class index of each image at the bundle's own threshold, `(num_images,)`."""
        return self.cases.predicted(self.bundle.manifest.thresholds.decision)


def unique_labels(bundles: Sequence[Bundle]) -> list[str]:
    """Names of bundles of one task, made unique by their digests.

    Raises:
        BundleError: If the bundles do not tell apart the same classes, or look for any of several
            findings.
    """
    classes = bundles[0].manifest.task.classes
    for bundle in bundles:
        if bundle.manifest.task.any_of:
            raise BundleError(
                f"{bundle.name!r} looks for any of {list(classes)}; a comparison is of one "
                "finding. Choose it with --finding."
            )
    for bundle in bundles[1:]:
        if bundle.manifest.task.classes != classes:
            raise BundleError(
                f"{bundles[0].name!r} has the classes {list(classes)}, but {bundle.name!r} has "
                f"{list(bundle.manifest.task.classes)}. Expected the same classes in the same "
                "order; compare bundles of one task."
            )
    names = Counter(bundle.name for bundle in bundles)
    return [
        bundle.name if names[bundle.name] == 1 else f"{bundle.name} {bundle.sha256[:6]}"
        for bundle in bundles
    ]


def on_shared_images(
    labels: Sequence[str], bundles: Sequence[Bundle], held_out_sets: Sequence[HeldOut]
) -> tuple[list[Contender], list[str]]:
    """The images that are in all test splits and in no training split, and remarks about them.

    Args:
        labels: As returned by `unique_labels`.
        bundles: In the same order.
        held_out_sets: Predictions of each bundle, in the same order.

    Raises:
        DatasetError: If they share too few images, or disagree on their class.
    """
    rows = [
        {image: row for row, image in enumerate(held_out.image_ids.tolist())}
        for held_out in held_out_sets
    ]
    shared = [image for image in rows[0] if all(image in other for other in rows[1:])]
    notes, trained_on = [], set()
    for label, bundle in zip(labels, bundles, strict=True):
        seen = seen_in_training(bundle)
        trained = {image for image in shared if seen.get(image) == "train"}
        if trained:
            trained_on |= trained
            notes.append(
                f"{label} was trained on {len(trained)} of {len(shared)} images; they are left out."
            )
        chosen_on = sum(seen.get(image) == "val" for image in shared)
        if chosen_on:
            notes.append(
                f"Epoch and threshold of {label} were chosen on {chosen_on} of {len(shared)} "
                "images, which favours it."
            )
    shared = [image for image in shared if image not in trained_on]
    if not shared:
        raise DatasetError(
            f"{', '.join(labels)} have no image in common that can be compared. Expected bundles "
            "with the same test split; pass labelled data with --data."
        )
    contenders = [
        Contender(label, bundle, _take(held_out, [row[image] for image in shared]))
        for label, bundle, held_out, row in zip(labels, bundles, held_out_sets, rows, strict=True)
    ]
    _require_one_truth(contenders)
    # One identifier per patient: bundles may have read patients from different tables.
    patients = contenders[0].cases.patients
    return [
        replace(each, cases=replace(each.cases, patients=patients)) for each in contenders
    ], notes


def _take(cases: HeldOut, rows: list[int]) -> HeldOut:
    arrays = {
        field.name: getattr(cases, field.name)[rows]
        for field in fields(cases)
        if field.name not in ("split", "are_probabilities")  # of all images alike
    }
    return replace(cases, **arrays)


def _require_one_truth(contenders: Sequence[Contender]) -> None:
    first = contenders[0]
    for other in contenders[1:]:
        differing = int((other.cases.y_true != first.cases.y_true).sum())
        if differing:
            raise DatasetError(
                f"{first.label} and {other.label} have different labels for {differing} of "
                f"{first.cases.num_images} images. Pass labelled data with --data."
            )
    cases = first.cases
    num_patients = [
        count_patients(cases, cases.y_true == label) for label in range(cases.num_classes)
    ]
    if min(num_patients) < 2:
        raise DatasetError(
            f"The bundles have {cases.num_images} images in common, of "
            f"{counted(min(num_patients), cases.unit)} in the smallest class; at least 2 are "
            "needed, and many more to show a difference. Pass labelled data with --data."
        )
