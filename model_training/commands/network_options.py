"""Declares the options of single presets and of initial weights."""

from __future__ import annotations

import argparse

from app.commands.parsing import number, whole_number
from model_training.networks.custom_cnn_settings import (
    DROPOUTS,
    FILTERS,
    HEADS,
    KERNELS,
    NORMALISATIONS,
)
from model_training.networks.residual_settings import RESIDUAL_FILTERS


def add_transfer(group: argparse._ArgumentGroup) -> None:
    """Declares which weights a network begins with, and which are trained when."""
    group.add_argument(
        "--weights",
        metavar="WEIGHTS",
        help="initial weights: none (default), imagenet, or a file or bundle",
    )
    group.add_argument(
        "--frozen-epochs",
        type=whole_number,
        metavar="N",
        help="initial epochs in which only the head is trained, 0 to --epochs; default: 0",
    )
    group.add_argument(
        "--unfreeze-from",
        metavar="LAYER",
        help="first layer to train after them; an unknown name prints the list; default: all are "
        "trained",
    )
    group.add_argument(
        "--fine-tuning-rate",
        type=number,
        metavar="RATE",
        help="learning rate after them, above 0; default: 1e-4",
    )


def add_residual(group: argparse._ArgumentGroup) -> None:
    """Declares what the preset `residual` is built with."""
    group.add_argument(
        "--reductions",
        type=whole_number,
        nargs="+",
        metavar="N",
        help="average blocks of N x N pixels first, 1 or more; in crossval, the folds take several "
        "values in turn; default: 1, no reduction",
    )
    group.add_argument(
        "--margin",
        type=whole_number,
        nargs="+",
        metavar="N",
        help="cut off N pixels at each edge first, 0 or more and a multiple of 8; two values: "
        "above and below, and at the sides; default: none",
    )
    group.add_argument(
        "--training-size",
        type=whole_number,
        metavar="N",
        help="train on films reduced to N x N pixels, 32 to --image-size, at which the network is "
        "used: so it looks closer than in training; default: the image size",
    )
    group.add_argument(
        "--training-margin",
        type=whole_number,
        nargs="+",
        metavar="N",
        help="cut off N pixels at each edge of those, 0 or more, like --margin; default: none",
    )


def add_custom_cnn(group: argparse._ArgumentGroup) -> None:
    """Declares what the preset `custom-cnn` is built with."""
    group.add_argument(
        "--filters",
        type=whole_number,
        nargs="+",
        metavar="N",
        help=f"of each block, 1 or more; default: {' '.join(map(str, FILTERS))}; also of the five "
        f"stages of the preset residual; default there: {' '.join(map(str, RESIDUAL_FILTERS))}",
    )
    group.add_argument(
        "--kernels",
        type=whole_number,
        nargs="+",
        metavar="N",
        help="kernel size of each block in pixels, 1 or more; the last one is repeated; default: "
        f"{KERNELS[0]}",
    )
    group.add_argument(
        "--dropouts",
        type=number,
        nargs="+",
        metavar="FRACTION",
        help="dropout after each block, 0 or more and below 1; the last one is repeated; default: "
        f"{DROPOUTS[0]:g}",
    )
    group.add_argument(
        "--normalisation", choices=NORMALISATIONS, help="after each convolution; default: batch"
    )
    group.add_argument(
        "--head",
        choices=HEADS,
        help="how the last maps become numbers: their average (default), or flatten, every cell",
    )
    group.add_argument(
        "--dense-units",
        type=whole_number,
        metavar="N",
        help="of a dense layer after the head, 0 or more; default: 0, no such layer",
    )
    group.add_argument(
        "--dense-dropout",
        type=number,
        metavar="FRACTION",
        help="dropout before the predictions, 0 or more and below 1; default: 0",
    )
