"""`TrainingConfig` and `Description` from the options that a user gave."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.parsing import WrongCall, given_path, whole_number
from model_training.commands.display_names import add_display_names
from model_training.config import TrainingConfig
from model_training.console import say

if TYPE_CHECKING:
    from app.core.bundles.bundle import Bundle
    from app.core.images.reading import ReadOptions
    from model_training.data.datasets import Dataset
    from model_training.fitting.publishing import Description
    from model_training.preparation.accepted import Accepted


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
    add_display_names(about, default="the class with a capital")
    about.add_argument(
        "--source", metavar="TEXT", default="not stated", help="where the data come from; default: "
        "not stated",
    )  # fmt: skip
    about.add_argument(
        "--licence", metavar="TEXT", default="not stated", help="the data's licence; default: not "
        "stated",
    )  # fmt: skip
    add_accepted(about)
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
    add_pictures(about)


def add_accepted(command: argparse._ActionsContainer) -> None:
    """Declares the options for which films the model is for, by what their files state."""
    command.add_argument(
        "--modalities",
        nargs="+",
        default=[],
        metavar="CODE",
        help="DICOM modalities it accepts, such as CR DX; default: all",
    )
    command.add_argument(
        "--body-parts",
        nargs="+",
        type=_body_part,
        default=[],
        metavar="TERM",
        help="DICOM body parts it accepts, such as CHEST; files that state another are refused; "
        "default: all",
    )
    command.add_argument(
        "--views",
        nargs="+",
        type=_view,
        default=[],
        metavar="TERM",
        help="DICOM views it accepts, such as PA AP, so that lateral films are refused; default: "
        "all",
    )
    command.add_argument(
        "--ages",
        nargs=2,
        type=whole_number,
        metavar=("YOUNGEST", "OLDEST"),
        help="ages it is for, in whole years, 0 or more, such as 1 5; files that state another are "
        "refused; default: all",
    )


def _body_part(text: str) -> str:
    """A body part as it is known.

    Raises:
        argparse.ArgumentTypeError: If it is not one of the standard's terms.
    """
    from app.core.images.body_parts import body_part

    return _term(text, body_part(text), "body part", "CHEST, HEAD or KNEE")


def _view(text: str) -> str:
    """A view as it is known.

    Raises:
        argparse.ArgumentTypeError: If it is not one of the standard's terms.
    """
    from app.core.images.body_parts import view

    return _term(text, view(text), "view", "PA, AP or LATERAL")


def _term(text: str, known: str | None, what: str, such_as: str) -> str:
    if known is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no {what} of the DICOM standard that is known here; expected one such "
            f"as {such_as}"
        )
    return known


def chosen_films(options: argparse.Namespace) -> Accepted:
    """The options of `add_accepted`.

    Raises:
        WrongCall: If the youngest patient is older than the oldest.
    """
    from model_training.preparation.accepted import Accepted

    ages = None if options.ages is None else (float(options.ages[0]), float(options.ages[1]))
    if ages is not None and not 0 <= ages[0] <= ages[1]:
        raise WrongCall(
            f"--ages {options.ages[0]} {options.ages[1]}: expected the youngest patient first, in "
            "years from 0."
        )
    return Accepted(
        tuple(options.modalities), tuple(options.body_parts), tuple(options.views), ages
    )


def with_accepted(bundle: Bundle, options: argparse.Namespace) -> Bundle:
    """A bundle that is for the films of `add_accepted`; as it is where an option is not given.

    Args:
        bundle: The bundle, whose files are left as they are.
        options: The parsed options.

    Raises:
        WrongCall: If the youngest patient is older than the oldest.
    """
    given = {name: value for name, value in asdict(chosen_films(options)).items() if value}
    if not given:
        return bundle
    size = bundle.manifest.input.model_copy(update=given)
    return replace(bundle, manifest=bundle.manifest.model_copy(update={"input": size}))


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


def add_pictures(command: argparse._ActionsContainer) -> None:
    """Declares the option for small pictures of held-out images."""
    command.add_argument(
        "--pictures",
        action="store_true",
        help="ship small pictures of up to 1,000 held-out images: misclassified ones, and those "
        "that are shown beside images like them; only if the licence of the data allows it; "
        "default: features and digests only",
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
    for name in ("reductions", "margin", "training_margin", "filters", "kernels", "dropouts"):
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
        data_name=options.data.resolve().name if options.data else "none",
        source=options.source,
        licence=options.licence,
        accepted=chosen_films(options),
        samples=options.samples,
        remarks=_read_remarks(options.remarks) if options.remarks else "",
        not_tested=tuple(options.not_tested),
        pictures=options.pictures,
        display_names=dict(options.display_names),
    )


def _read_remarks(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise WrongCall(
            f"{file.name!r} cannot be read. Expected a UTF-8 text file for --remarks."
        ) from None
