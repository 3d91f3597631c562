"""Adds to a reference when similar films contradict the model."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from app.core.bundles.manifest import Manifest
from model_training.reference.build import Built
from model_training.reference.contradictions import Placed, measure_contradictions


def with_contradictions(built: Built, manifest: Manifest, predictions: pd.DataFrame) -> Built:
    """The reference with when similar films contradict the model, in its entry of the manifest too.

    Args:
        built: The reference.
        manifest: That of the bundle, for its task and thresholds.
        predictions: The predictions table of the bundle.
    """
    measured = measure_contradictions(
        manifest,
        predictions,
        known=Placed(built.image_ids, built.reference.sample),
        held_out=built.places,
        limit_share=built.section.limit_share,
    )
    section = built.section.model_copy(
        update={"contradictions": tuple(one.section for one in measured)}
    )
    return replace(built, section=section, contradictions=measured)
