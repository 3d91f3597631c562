"""`TrainingConfig` and `Description` from the options that a user gave."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.parsing import WrongCall, given_path
from model_training.config import (
    TrainingConfig,
)
from model_training.console import say

if TYPE_CHECKING:
    from app.core.images.reading import ReadOptions
    from model_training.data.datasets import Dataset
    from model_training.fitting.publishing import Description


# Settings that are used only with one value of another setting.
_USED_WITH = {
    "decay_epochs": ("schedule", "exponential"),
    "warmup_epochs": ("schedule", "cosine"),
    "weight_decay": ("optimizer", "adamw"),
}


def add_description(command: argparse.ArgumentParser) -> None:
    """Declares what only a person can say about a model."""
    about = command.add_argument_group("description", "written into bundle and model card")
    about.add_argument(
        "--title", metavar="TEXT", help="such as 'Pneumonia on chest radiographs'; default: the "
        "classes",
    )  # fmt: skip
    about.add_argument(
        "--source", metavar="TEXT", default="not stated", help="where the data come from; default: "
        "not stated",
    )  # fmt: skip
    about.add_argument(
        "--licence", metavar="TEXT", default="not stated", help="the data's licence; default: not "
        "stated",
    )  # fmt: skip
    about.add_argument(
        "--modalities",
        nargs="+",
        default=[],
        metavar="CODE",
        help="DICOM modalities it accepts, such as CR DX; default: all",
    )
    about.add_argument(
        "--remarks",
        type=given_path,
        metavar="FILE",
        help="Markdown for the card: what was tried; default: none",
    )
    add_not_tested(about)
    about.add_argument(
        "--samples",
        type=given_path,
        metavar="FOLDER",
        help="folder of images to ship with the bundle; default: none",
    )


def add_not_tested(command: argparse._ActionsContainer) -> None:
    """Declares the option for what the card says the model was not tested on."""
    command.add_argument(
        "--not-tested",
        nargs="+",
        default=[],
        metavar="TEXT",
        help="what the model was not tested on, for the card, one line each, such as 'Children'; "
        "default: only that every other source is unknown",
    )


def chosen_read_options(options: argparse.Namespace) -> ReadOptions:
    """The options of `add_reading`."""
    from app.core.images.reading import ReadOptions

    return ReadOptions(options.frame, options.window)


def chosen_settings(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given, for `TrainingConfig.from_preset`; None for the others."""
    given: dict[str, Any] = {
        field.name: getattr(options, field.name, None) for field in fields(TrainingConfig)
    }
    del given["preset"]
    for name in ("reductions", "filters", "kernels", "dropouts"):
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
        not_tested=tuple(options.not_tested),
    )


def _read_remarks(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise WrongCall(
            f"{file.name!r} cannot be read. Expected a UTF-8 text file for --remarks."
        ) from None
