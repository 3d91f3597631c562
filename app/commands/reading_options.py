"""The options for files that leave open how to read them, the same in both programs.

Imports nothing that takes time, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import Any

from app.commands.parsing import number, whole_number


def add_reading(options: argparse._ActionsContainer, *, without: str = "they are refused") -> None:
    """Declares `--frame` and `--window`, which are None if they are not given.

    Args:
        options: The command, or a group of its options.
        without: What happens to files of an unknown range without `--window`.
    """
    options.add_argument(
        "--frame",
        type=_frame,
        metavar="N",
        help="of files that hold several images (DICOM frames, TIFF pages, slices of a volume), "
        "read the one with this number, 1 or more; default: they are refused",
    )
    options.add_argument(
        "--window",
        type=number,
        nargs=2,
        metavar=("LOW", "HIGH"),
        action=_WindowAction,
        help="of files that do not state which values are black and white (16 bits, floats), show "
        f"LOW as black and HIGH, which is larger, as white, for example 0 4095; default: {without}",
    )


def _frame(text: str) -> int:
    frame = whole_number(text)
    if frame < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1, which is the first image of a file")
    return frame


class _WindowAction(argparse.Action):
    """Takes two numbers, the lower one first; anything else ends with status 2."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        low, high = (float(value) for value in values or ())
        if not -math.inf < low < high < math.inf:
            parser.error(
                f"argument --window: received {low:g} {high:g}; expected two finite numbers, the "
                "value of black and then the higher value of white, such as 0 4095"
            )
        setattr(namespace, self.dest, (low, high))
