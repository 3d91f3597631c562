"""A worklist's own decision threshold in place of its model's."""

from __future__ import annotations

from dataclasses import replace

from app.core.bundles.bundle import Bundle
from app.core.scoring.prediction import decided_anew
from app.core.scoring.result import Result


def bundle_at(bundle: Bundle, threshold: float | None) -> Bundle:
    """A model with another decision threshold; its digest stays, as nothing else changes.

    The uncertain zone is widened where it does not reach to the threshold, and then promises
    nothing any more.

    Args:
        bundle: Of two classes.
        threshold: In [0, 1]; None for the model's own.
    """
    if threshold is None or not bundle.manifest.task.binary:
        return bundle
    own = bundle.manifest.thresholds
    low, high = min(own.uncertain_low, threshold), max(own.uncertain_high, threshold)
    is_wider = (low, high) != (own.uncertain_low, own.uncertain_high)
    thresholds = own.model_copy(
        update={
            "decision": threshold,
            "uncertain_low": low,
            "uncertain_high": high,
            "rule": "chosen for this worklist",
            "guarantee": None if is_wider else own.guarantee,
        }
    )
    manifest = bundle.manifest.model_copy(update={"one_of_thresholds": thresholds})
    return replace(bundle, manifest=manifest)


def result_at(result: Result, bundle: Bundle) -> Result:
    """A result as it is decided with the threshold of a model; without a score as it is.

    Args:
        result: Of the same network, decided with any threshold.
        bundle: As returned by `bundle_at`.
    """
    if result.prediction is None or not bundle.manifest.task.binary:
        return result
    return replace(result, prediction=decided_anew(result.prediction, bundle.manifest))
