"""The rules about how a film looks, in order: the first that applies gives the reason.

Those that leave a remedy come first. Nothing here knows what a film shows: every limit comes from
the films that the model was trained on, see `StatisticRanges`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.network_input import Input
from app.core.gate.rules.border import check_border
from app.core.gate.rules.document import check_document
from app.core.gate.rules.exposure import check_exposure
from app.core.gate.rules.focus import check_focus
from app.core.gate.rules.grey_levels import check_grey_levels
from app.core.gate.rules.inversion import check_inversion
from app.core.gate.rules.look import Look
from app.core.gate.rules.several_films import check_several_films
from app.core.gate.rules.size import check_size
from app.core.gate.rules.storage import check_storage
from app.core.gate.rules.text import check_text
from app.core.gate.statistic_ranges import StatisticRanges

# A document may be white, flat and full of text: what it is comes before how it looks. Noise and
# blocks have lines of their own, which are neither frames nor seams.
PIXEL_RULES = (
    check_size,
    check_document,
    check_inversion,
    check_storage,
    check_border,
    check_several_films,
    check_text,
    check_grey_levels,
    check_focus,
    check_exposure,
)


def check_figures(
    shape: tuple[int, int],
    statistics: NDArray[np.float32],
    network_input: Input,
    ranges: StatisticRanges,
) -> None:
    """Refuses a film by its figures alone, without looking at it.

    Args:
        shape: Its rows and columns.
        statistics: As returned by `image_statistics`, `(len(NAMES),)`.
        network_input: The size of the network's input.
        ranges: Where the training films lay.

    Raises:
        RefusedImageError: With what is wrong, and the remedy if one is certain.
    """
    check_look(Look(shape, statistics, ranges, network_input))


def check_look(look: Look) -> None:
    """Refuses a film by its figures, and by what they say that has to be looked at.

    Raises:
        RefusedImageError: With what is wrong, and the remedy if one is certain.
    """
    if look.ranges.hold(look.statistics):
        return  # each rule needs a figure beyond its range
    for check in PIXEL_RULES:
        check(look)
