"""Declares the options for `TrainingConfig`, shared by the commands that train."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields, replace

from app.commands.parsing import given_path, number, whole_number
from app.commands.reading_options import add_reading
from model_training.augmentation.sets import AUGMENTATIONS, Augmentation
from model_training.commands.network_options import add_custom_cnn, add_residual, add_transfer
from model_training.config import (
    FITS,
    IMBALANCE,
    LEAKS,
    OPTIMIZERS,
    PRECISIONS,
    RANGES,
    SCHEDULES,
    TrainingConfig,
)
from model_training.networks.usual_settings import PRESET_NAMES


def add_settings(command: argparse.ArgumentParser) -> None:
    """Declares the preset and every setting of `TrainingConfig`."""
    command.add_argument(
        "--preset",
        required=True,
        metavar="NAME",
        help=f"architecture and its usual settings: one of {', '.join(PRESET_NAMES)}",
    )
    command.add_argument(
        "--cache",
        type=given_path,
        metavar="FOLDER",
        help="folder of the cache of decoded films; default: OVERREAD_CACHE, else "
        "~/.cache/overread",
    )
    add_input(command.add_argument_group("input"))
    _add_split(command.add_argument_group("split"))
    _add_training(command.add_argument_group("training", _usual_settings()))
    add_augmentation(command.add_argument_group("augmentation"))
    add_transfer(command.add_argument_group("transfer learning"))
    add_residual(command.add_argument_group("architecture", "of the preset residual"))
    add_custom_cnn(command.add_argument_group("architecture", "of the preset custom-cnn"))


def _usual_settings() -> str:
    """The settings in which the presets differ, as a table for `--help`."""
    columns: dict[str, TrainingConfig] = {}
    for name in PRESET_NAMES:  # the last ones have the same settings, and share a column
        config = replace(TrainingConfig.from_preset(name), preset=PRESET_NAMES[0])
        if config not in columns.values():
            columns[name] = config
    rows = [["", *list(columns)[:-1], "others"]]
    for field in fields(TrainingConfig):
        values = [getattr(config, field.name) for config in columns.values()]
        if len(set(values)) > 1:
            option = f"--{field.name.replace('_', '-')}"
            rows.append([option, *("none" if value is None else str(value) for value in values)])
    lines = [f"{row[0]:<17}" + "".join(f"{cell:<12}" for cell in row[1:]) for row in rows]
    return "\n".join(["defaults of the presets:", *map(str.rstrip, lines)])


def add_input(group: argparse._ActionsContainer, *, usual: str = "the preset's") -> None:
    """Declares how an image is fitted to the network's input.

    Args:
        group: The command, or a group of its options.
        usual: The side that is used by default, for `--help`.
    """
    group.add_argument(
        "--image-size",
        type=whole_number,
        metavar="N",
        help=f"side of the network's input in pixels, {_range('image_size')}; default: {usual}",
    )
    group.add_argument(
        "--channels",
        type=whole_number,
        choices=(1, 3),
        help="1 grey (default), which does not accept colour pictures, or 3 RGB",
    )
    group.add_argument(
        "--fit",
        choices=FITS,
        help="stretch (default) an image to the input, or pad it, which keeps its aspect ratio",
    )
    add_reading(group, without="they are left out; the window becomes part of the model")


def _add_split(group: argparse._ArgumentGroup) -> None:
    for split in ("validation", "test"):
        group.add_argument(
            f"--{split}-fraction",
            type=number,
            metavar="FRACTION",
            help=f"fraction of patients for a random {split} split, between 0 and 1; default: 0.15",
        )
    group.add_argument(
        "--split-seed",
        type=whole_number,
        metavar="N",
        help=f"seed of the random split, {_range('split_seed')}; default: --seed",
    )
    group.add_argument(
        "--leaks",
        choices=LEAKS,
        help="if a given split has a patient on both sides: refuse (default), redraw or keep it",
    )


def _add_training(group: argparse._ArgumentGroup) -> None:
    def add(option: str, kind: Callable[[str], float], metavar: str, text: str) -> None:
        group.add_argument(option, type=kind, metavar=metavar, help=text)

    add("--epochs", whole_number, "N", f"{_range('epochs')}; default: the preset's")
    add(
        "--batch-size",
        whole_number,
        "N",
        f"images in a step, {_range('batch_size')}; default: the preset's",
    )
    group.add_argument("--optimizer", choices=OPTIMIZERS, help="default: the preset's")
    add("--learning-rate", number, "RATE", "at its highest, above 0; default: the preset's")
    add("--weight-decay", number, "RATE", "of adamw, 0 or more; default: 0.02")
    group.add_argument(
        "--schedule",
        choices=SCHEDULES,
        help="how the learning rate changes: constant; exponential, a tenth every --decay-epochs; "
        "cosine, to zero; plateau, lower where the validation loss stalls; default: the preset's",
    )
    add("--decay-epochs", number, "N", "exponential: epochs to a tenth, above 0; default: 10")
    add("--warmup-epochs", number, "N", "cosine: epochs of linear warm-up, 0 or more; default: 2")
    add(
        "--patience",
        whole_number,
        "N",
        f"stop after this many epochs without improvement on validation, {_range('patience')}; "
        "default: the preset's",
    )
    add(
        "--ema-momentum",
        number,
        "MOMENTUM",
        "of a moving average of the weights, which is then validated and saved, between 0 and 1; "
        "default: the preset's",
    )
    group.add_argument(
        "--imbalance",
        choices=IMBALANCE,
        help="weights (default) gives all classes the same weight in the loss, oversample draws "
        "them equally often, both does half of each",
    )
    group.add_argument(
        "--precision",
        choices=PRECISIONS,
        help="mixed computes in float16 with float32 weights; auto (default) does so on a GPU",
    )
    group.add_argument(
        "--threshold-rule",
        metavar="RULE",
        help="how the decision threshold is chosen on validation images: balanced (default), half, "
        "youden, sensitivity:S with S between 0 and 1, or cost:R with R above 0",
    )
    group.add_argument(
        "--shifted-validation",
        action=argparse.BooleanOptionalAction,
        help="choose threshold and calibration also on images with shifted exposure, crop, "
        "sharpness and covered corners; default: no",
    )
    add(
        "--seed",
        whole_number,
        "N",
        f"of initial weights, order, augmentation and dropout, {_range('seed')}; default: 0",
    )


def add_augmentation(group: argparse._ActionsContainer, *, usual: str = "the preset's") -> None:
    """Declares the augmentation options.

    Args:
        group: The command, or a group of its options.
        usual: The set that is used by default, for `--help`.
    """
    group.add_argument(
        "--augmentation",
        metavar="SET",
        help=f"one of {', '.join(AUGMENTATIONS)}; default: {usual}",
    )
    options = ", ".join(field.name for field in fields(Augmentation))
    group.add_argument(
        "--augment",
        metavar="OPTIONS",
        help="changes to the set, such as 'rotation=5, noise=0'; default: none; options: "
        f"{options}",
    )


def _range(name: str) -> str:
    """The values that a setting can have, such as `1 to 4,096`."""
    low, high = RANGES[name]
    return f"{low:,} to {high:,}"
