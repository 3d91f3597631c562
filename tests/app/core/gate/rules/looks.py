"""Figures and ranges made by hand, so that a test says which limit it is about."""

from __future__ import annotations

import numpy as np

from app.core.bundles.network_input import Input
from app.core.gate.film_view import FilmView
from app.core.gate.image_statistics import NAMES
from app.core.gate.rules.look import Look
from app.core.gate.statistic_ranges import StatisticRanges

INPUT = Input(height=192, width=192, channels=1, fit="stretch")


def look(
    figures: dict[str, float],
    *,
    shape: tuple[int, int] = (224, 224),
    view: FilmView | None = None,
    **limits: tuple[float, float],
) -> Look:
    """A look with these figures, 0 otherwise, and these ranges; no limits otherwise.

    Args:
        figures: Name -> figure of the film.
        shape: Rows and columns of the film.
        view: The film, if it is looked at.
        limits: Name -> lower and upper end of the range.
    """
    low, high = (
        np.array([limits.get(name, (-np.inf, np.inf))[end] for name in NAMES], np.float32)
        for end in (0, 1)
    )
    statistics = np.array([figures.get(name, 0.0) for name in NAMES], np.float32)
    return Look(shape, statistics, StatisticRanges(low, high, 100), INPUT, view)
