"""Gives an older bundle zones that promise something, from its own validation predictions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import CARD
from app.core.bundles.decision_rule import Thresholds
from app.core.bundles.guarantee import Unit
from app.core.bundles.manifest import FORMAT_WITH_REFERENCE, Manifest
from app.core.errors import DatasetError
from app.core.performance.predictions import select
from app.core.statistics.zones import Units
from model_training.bundling.card import figures_or_none
from model_training.bundling.card_revision import rewritten
from model_training.bundling.revision import write_copy
from model_training.evaluation.decision_fitting import validation_zones

# What older rules say of zones that promise nothing.
_OLD_ZONE = re.compile(
    r"; (doubtful|uncertain) (between 98 % sensitivity and 98 % specificity"
    r"|below the probability of 98 % of its errors)"
)


def add_zones(bundle: Bundle, out: Path) -> Bundle:
    """Writes a new version of a bundle whose zones have a guarantee.

    Its card is written anew, with figures computed from its predictions; all else stays as it is.

    The films of the validation split are used as they are, also where calibration and threshold
    were chosen on changed views of them, of which a bundle keeps no scores.

    Args:
        bundle: The bundle, which is left as it is.
        out: Folder of the new version; must not exist.

    Raises:
        DatasetError: If the bundle has no predictions of validation films.
    """
    manifest = with_zones(bundle)
    figures = figures_or_none(manifest, bundle.predictions())
    changes: dict[str, Any] = {
        "format": FORMAT_WITH_REFERENCE,
        "one_of_thresholds": manifest.one_of_thresholds,
        "findings": manifest.findings,
    }
    card = rewritten(bundle.card(), manifest, figures)
    return write_copy(bundle, out, {CARD: card}, changes=changes)


def with_zones(bundle: Bundle) -> Manifest:
    """The manifest of a bundle with zones from its validation predictions.

    Raises:
        DatasetError: If the bundle has no predictions of validation films.
    """
    manifest = bundle.manifest
    if not manifest.task.any_of:
        return manifest.model_copy(update={"one_of_thresholds": _thresholds(bundle)})
    findings = {
        name: finding.model_copy(update={"thresholds": _thresholds(bundle.of_finding(name))})
        for name, finding in manifest.findings.items()
    }
    return manifest.model_copy(update={"findings": findings})


def _thresholds(bundle: Bundle) -> Thresholds:
    films = select(bundle.predictions(), bundle.manifest.task, split="val")
    if not films.num_images:
        raise DatasetError(
            f"The bundle {bundle.name!r} has no predictions of validation films, which zones are "
            "found on. Train it again."
        )
    kind: Unit = "patient" if films.unit == "patient" else "group"
    before = bundle.manifest.thresholds
    zones = validation_zones(
        [(films.y_true, films.probabilities)],
        decision=before.decision,
        units=Units(films.patients, kind),
    )
    return before.model_copy(
        update={
            "uncertain_low": zones.low,
            "uncertain_high": zones.high,
            "rule": _OLD_ZONE.sub("", before.rule),
            "guarantee": zones.guarantee,
        }
    )
