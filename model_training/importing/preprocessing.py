"""The ways to give pixels to a network: scaling, order of colours, and fit to the input."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

from model_training.importing.scaling import SCALES

Fit = Literal["stretch", "pad"]


@dataclass(frozen=True, slots=True)
class Setting:
    """A way to give pixels to a network.

    Attributes:
        scale: One of `scaling.SCALES`.
        blue_first: Whether red and blue are exchanged.
        fit: How a film is made the size of the input.
    """

    scale: str
    blue_first: bool = False
    fit: Fit = "stretch"

    def __str__(self) -> str:
        """In the words of the options."""
        return f"--scale {self.scale}{' --blue-first' if self.blue_first else ''} --fit {self.fit}"


def settings_for(channels: int, fit: Fit) -> list[Setting]:
    """The settings that are tried.

    Args:
        channels: Of the input, 1 or 3.
        fit: How films are fitted.
    """
    scales = [name for name in SCALES if channels == 3 or name not in ("imagenet", "caffe")]
    orders = (False, True) if channels == 3 else (False,)
    return [Setting(scale, order, fit) for scale, order in product(scales, orders)]
