"""The options of the preset `custom-cnn` and their checks.

Imports no Keras, so that a wrong option is reported before anything is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from model_training.setting_checks import require_choice

NORMALISATIONS = ("batch", "layer", "group", "none")
HEADS = ("average", "flatten")

FILTERS = (16, 32, 64, 128)
KERNELS = (3,)
DROPOUTS = (0.0,)


def check_custom_cnn(
    height: int,
    width: int,
    *,
    filters: Sequence[int] = FILTERS,
    kernels: Sequence[int] = KERNELS,
    dropouts: Sequence[float] = DROPOUTS,
    normalisation: str = "batch",
    head: str = "average",
    dense_units: int = 0,
    dense_dropout: float = 0.0,
) -> None:
    """Checks that a custom CNN can be built with these options, as `custom_cnn` takes them.

    Args:
        height: Height of the input, pixels.
        width: Width of the input, pixels.
        filters: Number of filters of each block.
        kernels: Side of each block's kernel, pixels.
        dropouts: Dropout of each block, in [0, 1).
        normalisation: One of `NORMALISATIONS`.
        head: One of `HEADS`.
        dense_units: Units of the dense layer after the head, 0 for none.
        dense_dropout: Dropout before the predictions, in [0, 1).

    Raises:
        ValueError: If a value is out of range, or the poolings leave fewer than 2 x 2 cells.
    """
    for name, values in (("filters", filters), ("kernels", kernels), ("dropouts", dropouts)):
        _require_one_a_block(name, values, num_blocks=len(filters))
    for name, numbers in (("filters", filters), ("kernels", kernels)):
        _require_whole(name, numbers)
    for dropout in dropouts:
        _require_fraction("dropouts", dropout)
    require_choice("normalisation", normalisation, NORMALISATIONS)
    require_choice("head", head, HEADS)
    if dense_units < 0:
        raise ValueError(f"`dense_units` must be 0 or more. Received dense_units={dense_units}.")
    _require_fraction("dense_dropout", dense_dropout)
    _require_large_enough(height, width, num_blocks=len(filters))


def _require_one_a_block(name: str, values: Sequence[float], *, num_blocks: int) -> None:
    if not 1 <= len(values) <= num_blocks:
        raise ValueError(
            f"`{name}` must have 1 to {num_blocks} values, at most one per block. "
            f"Received {name}={list(values)}."
        )


def _require_whole(name: str, values: Sequence[int]) -> None:
    if min(values) < 1:
        raise ValueError(f"`{name}` must be whole numbers above 0. Received {name}={list(values)}.")


def _require_fraction(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"`{name}` must be at least 0 and below 1. Received {value}.")


def _require_large_enough(height: int, width: int, *, num_blocks: int) -> None:
    """Checks that the poolings leave a heatmap of at least 2 x 2 cells."""
    side, poolings = 2**num_blocks, num_blocks - 1
    if min(height, width) < side:
        raise ValueError(
            f"`filters` has {num_blocks} blocks with {poolings} poolings between them, which "
            f"need an input of at least {side} x {side} pixels. Received an input of {height} x "
            f"{width}: use fewer blocks or a larger image size."
        )
