"""The options for `TrainingConfig` and `Description`, shared by all commands."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.core.images.reading_options import add_reading
from model_training.augmentation.sets import AUGMENTATIONS, Augmentation
from model_training.commands.calls import WrongCall
from model_training.config import (
    FITS,
    IMBALANCE,
    LEAKS,
    OPTIMIZERS,
    PRECISIONS,
    PRESET_NAMES,
    SCHEDULES,
    TrainingConfig,
)
from model_training.console import say
from model_training.networks.custom_cnn_settings import FILTERS, HEADS, NORMALISATIONS

if TYPE_CHECKING:
    from app.core.images.reading import Reading
    from model_training.data.datasets import Dataset
    from model_training.fitting.publishing import Description


# Settings that are used only with one value of another setting.
_USED_WITH = {
    "decay_epochs": ("schedule", "exponential"),
    "warmup_epochs": ("schedule", "cosine"),
    "weight_decay": ("optimizer", "adamw"),
}


def add_settings(command: argparse.ArgumentParser) -> None:
    """Declares the preset and every setting of `TrainingConfig`."""
    command.add_argument(
        "--preset", required=True, metavar="NAME", help=f"one of {', '.join(PRESET_NAMES)}"
    )
    command.add_argument("--cache", type=Path, help="folder of the cache of decoded films")
    add_input(command.add_argument_group("input", "default: those of the preset"))
    _add_split(command.add_argument_group("split"))
    _add_training(command.add_argument_group("training", "default: those of the preset"))
    add_augmentation(command.add_argument_group("augmentation"))
    _add_transfer(command.add_argument_group("transfer learning"))
    _add_custom_cnn(command.add_argument_group("architecture", "of the preset custom-cnn"))


def add_description(command: argparse.ArgumentParser) -> None:
    """Declares what only a person can say about a model."""
    about = command.add_argument_group("description", "written into bundle and model card")
    about.add_argument(
        "--title", help="such as 'Pneumonia on chest radiographs'; default: the classes"
    )
    about.add_argument("--source", default="not stated", help="where the data come from")
    about.add_argument("--licence", default="not stated", help="the data's licence")
    about.add_argument("--modalities", nargs="+", default=[], help="DICOM modalities it accepts")
    about.add_argument(
        "--remarks", type=Path, metavar="FILE", help="Markdown for the card: what was tried"
    )
    about.add_argument("--samples", type=Path, help="folder of images to ship with the bundle")


def chosen_reading(options: argparse.Namespace) -> Reading:
    """The options of `add_reading`."""
    from app.core.images.reading import Reading

    return Reading(options.frame, options.window)


def chosen_settings(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given, for `TrainingConfig.from_preset`; None for the others."""
    given: dict[str, Any] = {
        field.name: getattr(options, field.name, None) for field in fields(TrainingConfig)
    }
    del given["preset"]
    for name in ("filters", "kernels", "dropouts"):
        given[name] = None if given[name] is None else tuple(given[name])
    return given


def require_used(
    options: argparse.Namespace, config: TrainingConfig, *, searched: Collection[str] = ()
) -> None:
    """Checks that the options given have an effect, as far as the command line shows.

    `say_unused` reports what depends on the data.

    Args:
        options: The parsed options.
        config: The resulting settings.
        searched: Names of the settings that are searched in a study.

    Raises:
        ValueError: If an option is given that the other settings do not use.
    """

    def is_given(name: str) -> bool:
        return getattr(options, name) is not None or name in searched

    for name, (other, needed) in _USED_WITH.items():
        value = getattr(config, other)
        if is_given(name) and value != needed and other not in searched:
            raise ValueError(
                f"`{name}` is used only with {other}={needed!r}. Received {other}={value!r}: "
                f"leave out `{name}`, or choose --{other} {needed}."
            )
    is_frozen = config.frozen_epochs > 0 or "frozen_epochs" in searched
    if is_given("fine_tuning_rate") and not is_frozen:
        raise ValueError(
            "`fine_tuning_rate` is used only after frozen epochs. Received frozen_epochs=0: "
            "choose --frozen-epochs, or give the rate as --learning-rate."
        )


def say_unused(
    options: argparse.Namespace, dataset: Dataset, *, searched: Collection[str] = ()
) -> None:
    """Prints which options have no effect on these data, or are searched.

    Args:
        options: The parsed options.
        dataset: The labelled images.
        searched: Names of the settings that are searched in a study.
    """
    for name in searched:
        if getattr(options, name, None) is not None:
            say(f"--{name.replace('_', '-')} has no effect: --search varies {name}.")
    classes = dataset.classes
    if options.threshold_rule is not None and len(classes) > 2 and dataset.task == "one-of":
        say(
            f"With {len(classes)} classes the most likely one is predicted: --threshold-rule has "
            "no effect."
        )


def add_input(group: argparse._ActionsContainer) -> None:
    """Declares how an image is fitted to the network's input."""
    group.add_argument("--image-size", type=int, help="side of the network's input, pixels")
    group.add_argument("--channels", type=int, choices=(1, 3), help="1 grey (default), 3 RGB")
    group.add_argument("--fit", choices=FITS, help="default: stretch")
    add_reading(group, without="they are left out; the window becomes part of the model")


def chosen_description(options: argparse.Namespace) -> Description:
    """The description from the options of `add_description`, and the name of the data.

    Raises:
        WrongCall: If the file of remarks cannot be read.
    """
    from model_training.fitting.publishing import Description

    return Description(
        title=options.title,
        data_name=options.data.resolve().name,
        source=options.source,
        licence=options.licence,
        modalities=tuple(options.modalities),
        samples=options.samples,
        remarks=_read_remarks(options.remarks) if options.remarks else "",
    )


def _read_remarks(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise WrongCall(
            f"{file.name!r} cannot be read. Expected a UTF-8 text file for --remarks."
        ) from None


def _add_split(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--validation-fraction", type=float, help="fraction of patients; default: 0.15"
    )
    group.add_argument("--test-fraction", type=float, help="fraction of patients; default: 0.15")
    group.add_argument("--split-seed", type=int, help="seed of the random split; default: --seed")
    group.add_argument(
        "--leaks",
        choices=LEAKS,
        help="if a given split has a patient on both sides: refuse (default), redraw or keep it",
    )


def _add_training(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--epochs", type=int)
    group.add_argument("--batch-size", type=int)
    group.add_argument("--optimizer", choices=OPTIMIZERS)
    group.add_argument("--learning-rate", type=float)
    group.add_argument("--weight-decay", type=float, help="of adamw; default: 0.02")
    group.add_argument("--schedule", choices=SCHEDULES, help="learning-rate schedule")
    group.add_argument(
        "--decay-epochs", type=float, help="exponential: epochs to a tenth of the rate; default: 10"
    )
    group.add_argument(
        "--warmup-epochs", type=float, help="cosine: epochs of linear warm-up; default: 2"
    )
    group.add_argument(
        "--patience", type=int, help="stop after this many epochs without improvement"
    )
    group.add_argument(
        "--ema-momentum", type=float, help="momentum of the moving average of the weights"
    )
    group.add_argument(
        "--imbalance", choices=IMBALANCE, help="how classes are balanced; default: weights"
    )
    group.add_argument("--precision", choices=PRECISIONS, help="default: auto")
    group.add_argument(
        "--threshold-rule",
        help="how the decision threshold is chosen on validation images: balanced (default), half, "
        "youden, sensitivity:0.95 or cost:5",
    )
    group.add_argument(
        "--shifted-validation",
        action=argparse.BooleanOptionalAction,
        help="choose threshold and calibration also on images with shifted exposure, crop, "
        "sharpness and covered corners",
    )
    group.add_argument("--seed", type=int, help="default: 0")


def add_augmentation(group: argparse._ActionsContainer) -> None:
    """Declares the augmentation options."""
    group.add_argument("--augmentation", metavar="SET", help=f"one of {', '.join(AUGMENTATIONS)}")
    options = ", ".join(field.name for field in fields(Augmentation))
    group.add_argument(
        "--augment",
        metavar="OPTIONS",
        help=f"changes to the set, such as 'rotation=5, noise=0'; options: {options}",
    )


def _add_transfer(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--weights",
        metavar="WEIGHTS",
        help="initial weights: none (default), imagenet, or a file or bundle",
    )
    group.add_argument(
        "--frozen-epochs", type=int, help="initial epochs in which only the head is trained"
    )
    group.add_argument(
        "--unfreeze-from",
        metavar="LAYER",
        help="first layer to train after them; an unknown name prints the list",
    )
    group.add_argument(
        "--fine-tuning-rate", type=float, help="learning rate after them; default: 1e-4"
    )


def _add_custom_cnn(group: argparse._ArgumentGroup) -> None:
    usual = " ".join(map(str, FILTERS))
    group.add_argument("--filters", type=int, nargs="+", help=f"of each block; default: {usual}")
    group.add_argument(
        "--kernels", type=int, nargs="+", help="kernel size of each block; the last one is repeated"
    )
    group.add_argument("--dropouts", type=float, nargs="+", help="dropout after each block")
    group.add_argument("--normalisation", choices=NORMALISATIONS)
    group.add_argument("--head", choices=HEADS)
    group.add_argument("--dense-units", type=int)
    group.add_argument("--dense-dropout", type=float)
