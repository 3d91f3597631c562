"""Figures of local films, as `adaptation.json` and the checks beside it keep them."""

from __future__ import annotations

from math import isfinite

from app.core.bundles.adaptation import LocalFigure
from app.core.statistics.metrics import Proportion


def proportion_figure(found: Proportion) -> LocalFigure:
    """A proportion with its interval; without both where its denominator is 0.

    Args:
        found: The proportion.
    """
    low, high = found.interval()
    is_defined = isfinite(found.value)
    return LocalFigure(
        value=found.value if is_defined else None,
        low=low if is_defined else None,
        high=high if is_defined else None,
        successes=found.successes,
        total=found.total,
    )
