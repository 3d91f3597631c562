"""Checks of single settings; each error says what was received and what was expected."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from model_training.suggestions import nearest


def require_choice(name: str, value: object, choices: Iterable[object]) -> None:
    """Checks that a setting is one of its choices, and suggests the nearest if not.

    Args:
        name: Name of the setting.
        value: What was given.
        choices: What can be given.

    Raises:
        ValueError: If it is not.
    """
    choices = list(choices)
    if value not in choices:
        raise ValueError(
            f"`{name}` must be one of {choices}. Received {name}={value!r}."
            + nearest(str(value), (choice for choice in choices if isinstance(choice, str)))
        )


def require_whole(name: str, value: int, low: int, high: int) -> None:
    """Checks that a setting is a whole number in a range.

    Args:
        name: Name of the setting.
        value: What was given.
        low: The lowest value.
        high: The highest value.

    Raises:
        ValueError: If it is not.
    """
    if not (isinstance(value, int) and low <= value <= high):
        raise ValueError(
            f"`{name}` must be a whole number from {low:,} to {high:,}. Received {name}={value!r}."
        )


def require_positive(name: str, value: float) -> None:
    """Checks that a setting is a finite number above 0.

    Args:
        name: Name of the setting.
        value: What was given.

    Raises:
        ValueError: If it is not.
    """
    if not (isfinite(value) and value > 0):
        raise ValueError(f"`{name}` must be above 0. Received {name}={value}.")


def require_not_negative(name: str, value: float) -> None:
    """Checks that a setting is a finite number, 0 or more.

    Args:
        name: Name of the setting.
        value: What was given.

    Raises:
        ValueError: If it is not.
    """
    if not (isfinite(value) and value >= 0):
        raise ValueError(f"`{name}` must be 0 or more. Received {name}={value}.")


def require_fraction(name: str, value: float) -> None:
    """Checks that a setting is a fraction, neither 0 nor 1.

    Args:
        name: Name of the setting.
        value: What was given.

    Raises:
        ValueError: If it is not.
    """
    if not 0 < value < 1:
        raise ValueError(f"`{name}` must lie between 0 and 1. Received {name}={value}.")
