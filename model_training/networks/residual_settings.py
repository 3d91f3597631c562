"""The options of the preset `residual` and their checks.

Imports no Keras, so that a wrong option is reported before anything is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

RESIDUAL_FILTERS = (24, 48, 96, 160, 224)

# Pixels of the input for each cell of the heatmap.
_CELL = 16

_SMALLEST = 32


def check_residual(
    image_size: int,
    *,
    filters: Sequence[int] = RESIDUAL_FILTERS,
    reductions: Sequence[int] = (1,),
) -> None:
    """Checks that a residual network can be built with these options, as `residual` takes them.

    Args:
        image_size: Side of the input, pixels.
        filters: Number of filters of each stage.
        reductions: Those of the networks of an ensemble, one each.

    Raises:
        ValueError: If a value is out of range, or the input does not divide by a reduction.
    """
    if len(filters) != len(RESIDUAL_FILTERS) or min(filters) < 1:
        raise ValueError(
            f"`filters` of the preset 'residual' must be {len(RESIDUAL_FILTERS)} whole numbers "
            f"above 0. Received filters={list(filters)}."
        )
    for reduction in reductions:
        if reduction < 1:
            raise ValueError(
                f"`reductions` must be whole numbers above 0. Received {list(reductions)}."
            )
        step = _CELL * reduction
        if reduction > 1 and (image_size % step or image_size // reduction < _SMALLEST):
            raise ValueError(
                f"A reduction by {reduction} needs an `image_size` that is a multiple of {step}, "
                f"and at least {_SMALLEST * reduction}. Received image_size={image_size}."
            )
