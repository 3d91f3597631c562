"""All rules in front of the network, in order: the first that applies gives the reason.

Those that leave a remedy come first. Nothing here knows what a film shows: every limit comes from
the films that the model was trained on, see `StatisticRanges`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.network_input import Input
from app.core.gate.film_view import FilmView
from app.core.gate.image_statistics import view_statistics
from app.core.gate.rules.border import check_border
from app.core.gate.rules.document import check_document
from app.core.gate.rules.exposure import check_exposure
from app.core.gate.rules.focus import check_focus
from app.core.gate.rules.grey_levels import check_grey_levels
from app.core.gate.rules.header import check_header
from app.core.gate.rules.inversion import check_inversion
from app.core.gate.rules.look import Look
from app.core.gate.rules.mirrored import check_mirrored
from app.core.gate.rules.quality import check_quality
from app.core.gate.rules.several_films import check_several_films
from app.core.gate.rules.size import check_size
from app.core.gate.rules.storage import check_storage
from app.core.gate.rules.text import check_text
from app.core.gate.statistic_ranges import StatisticRanges
from app.core.images.film import Film

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


def check_film(
    film: Film,
    network_input: Input,
    ranges: StatisticRanges | None,
    statistics: NDArray[np.float32] | None = None,
    *,
    view: FilmView | None = None,
) -> None:
    """Refuses a film that the model is not for, as far as its file and its pixels tell.

    Args:
        film: The decoded film.
        network_input: What the model is for, and the size of its input.
        ranges: Where the training films lay; None for bundles without a reference, which only
            compare what the file states.
        statistics: As returned by `image_statistics` for this film, `(len(NAMES),)`, if known.
        view: The film as it was looked at for its statistics, if it was.

    Raises:
        RefusedImageError: With what is wrong, and the remedy if one is certain.
    """
    check_header(film, network_input)
    if ranges is None:
        return
    view = FilmView(film) if view is None else view
    figures = view_statistics(view) if statistics is None else statistics
    look = Look(view.shape, figures, ranges, network_input, view)
    check_look(look)
    check_mirrored(view)
    check_quality(look)


def check_figures(
    shape: tuple[int, int],
    statistics: NDArray[np.float32],
    network_input: Input,
    ranges: StatisticRanges,
) -> None:
    """Refuses a film by its figures alone, see `check_film`.

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
