"""The options of the preset `residual` and their checks.

Imports no Keras, so that a wrong option is reported before anything is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

RESIDUAL_FILTERS = (24, 48, 96, 160, 224)

# Pixels of the input for each cell of the heatmap.
CELL = 16

# Pixels of the input by which a margin grows: the heatmap's cells, halved, still fit it.
MARGIN_STEP = 8

_SMALLEST = 32


def check_residual(
    image_size: int,
    *,
    filters: Sequence[int] = RESIDUAL_FILTERS,
    reductions: Sequence[int] = (1,),
    margin: Sequence[int] = (),
    training_size: int | None = None,
    training_margin: Sequence[int] = (),
) -> None:
    """Checks that a residual network can be built with these options, as `residual` takes them.

    Args:
        image_size: Side of the input, pixels.
        filters: Number of filters of each stage.
        reductions: Those of the networks of an ensemble, one each.
        margin: Width of the edge that is cut off first, pixels; see `edges`.
        training_size: Side to which the input is reduced in training, pixels; None for no other.
        training_margin: Like `margin`, of the input in training.

    Raises:
        ValueError: If a value is out of range, or the input does not divide by a reduction.
    """
    if len(filters) != len(RESIDUAL_FILTERS) or min(filters) < 1:
        raise ValueError(
            f"`filters` of the preset 'residual' must be {len(RESIDUAL_FILTERS)} whole numbers "
            f"above 0. Received filters={list(filters)}."
        )
    _check_size(image_size, reductions, margin)
    if training_size is None:
        if training_margin:
            raise ValueError(
                "`training_margin` needs a `training_size`, which it is cut from. Received "
                f"training_margin={list(training_margin)} alone."
            )
        return
    if training_size > image_size:
        raise ValueError(
            "`training_size` must be at most the `image_size`, from which films are reduced to it. "
            f"Received training_size={training_size} of image_size={image_size}."
        )
    _check_size(training_size, reductions, training_margin, prefix="training_")


def _check_size(
    image_size: int, reductions: Sequence[int], margin: Sequence[int], *, prefix: str = ""
) -> None:
    """Raises ValueError if the maps would not fit the film; `prefix` is that of the settings."""
    size, edge = (prefix or "image_") + "size", f"{prefix}margin"
    if len(margin) > 2:
        raise ValueError(
            f"`{edge}` must be one number, or two: above and below, and at the sides. Received "
            f"{edge}={list(margin)}."
        )
    middles = [image_size - 2 * width for width in edges(margin)]
    if any(width < 0 or width % MARGIN_STEP for width in margin) or any(
        middle % CELL or middle < _SMALLEST for middle in middles if margin
    ):
        raise ValueError(
            f"`{edge}` must be given in multiples of {MARGIN_STEP} and leave a multiple of {CELL} "
            f"pixels in the middle, at least {_SMALLEST}. Received {edge}={list(margin)} of "
            f"{size}={image_size}."
        )
    for reduction in reductions:
        if reduction < 1:
            raise ValueError(
                f"`reductions` must be whole numbers above 0. Received {list(reductions)}."
            )
        step = CELL * reduction
        if reduction > 1 and any(
            middle % step or middle // reduction < _SMALLEST for middle in middles
        ):
            within = f", without its `{edge}`," if margin else ""
            raise ValueError(
                f"With a reduction by {reduction}, `{size}` must be{within} a multiple of {step}, "
                f"and at least {_SMALLEST * reduction}. Received {size}={image_size}"
                f"{f', {edge}={list(margin)}' if margin else ''}."
            )


def edges(margin: Sequence[int]) -> tuple[int, int]:
    """What a margin cuts off above and below, and what at the sides, in pixels.

    Args:
        margin: Nothing for no margin, one number for all four edges, or these two.
    """
    return (margin[0], margin[-1]) if margin else (0, 0)
