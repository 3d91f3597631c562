"""Films that a model trained on these data would refuse all the same: they are unlike the others.

The rules of the gate take their limits from the training films. Applied to the films that the
limits come from, they show the odd ones: a framed copy, a screenshot, two films on one picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.network_input import Input
from app.core.errors import RefusedImageError
from app.core.gate.rules.check import check_figures
from app.core.gate.statistic_ranges import FEWEST_FILMS, StatisticRanges

# The input of the network is not known yet, so no film is too small for it.
_ANY_INPUT = Input(height=16, width=16, channels=1, fit="stretch")


def odd_films(
    shapes: Sequence[tuple[int, int]], statistics: NDArray[np.float32]
) -> list[tuple[int, str]]:
    """The films that the rules would refuse beside all others; none of too few films.

    Args:
        shapes: Rows and columns of each film.
        statistics: As returned by `image_statistics`, a row a film, `(num_films, len(NAMES))`.

    Returns:
        Index and reason code of each, in order.
    """
    if len(shapes) < FEWEST_FILMS:
        return []
    ranges = StatisticRanges.from_films(statistics)
    found = []
    for index, (shape, figures) in enumerate(zip(shapes, statistics, strict=True)):
        try:
            check_figures(shape, figures, _ANY_INPUT, ranges)
        except RefusedImageError as error:
            found.append((index, error.code))
    return found
