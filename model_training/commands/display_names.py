"""`--display-names`: how classes are displayed whose names are no words."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.commands.parsing import WrongCall
from model_training.commands.data import renaming

if TYPE_CHECKING:
    from app.core.bundles.bundle import Bundle


def add_display_names(command: argparse._ActionsContainer, *, default: str) -> None:
    """Declares the option.

    Args:
        command: The command, or a group of its options.
        default: What is displayed without it.
    """
    command.add_argument(
        "--display-names",
        nargs="+",
        action="extend",
        type=renaming,
        default=[],
        metavar="CLASS=NAME",
        help="names under which classes are displayed, such as 'ig=Immature granulocyte'; tables "
        f"keep the class; default: {default}",
    )


def require_classes(options: argparse.Namespace, classes: Sequence[str]) -> None:
    """Checks that display names are of classes.

    Args:
        options: The parsed options.
        classes: Names of the classes.

    Raises:
        WrongCall: If one is not.
    """
    unknown = [name for name, _ in options.display_names if name not in classes]
    if unknown:
        raise WrongCall(
            f"--display-names names {', '.join(map(repr, unknown))}, which is no class. The "
            f"classes are {', '.join(classes)}."
        )


def with_display_names(bundle: Bundle, options: argparse.Namespace) -> Bundle:
    """A bundle whose classes are displayed under the names that were stated.

    Args:
        bundle: The bundle, whose files are left as they are.
        options: The parsed options.

    Raises:
        WrongCall: If one of them is of no class.
    """
    task = bundle.manifest.task
    require_classes(options, task.classes)
    names = {**task.display_names, **dict(options.display_names)}
    named = task.model_copy(update={"display_names": names})
    return replace(bundle, manifest=bundle.manifest.model_copy(update={"task": named}))
