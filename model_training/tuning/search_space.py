"""The search space of `overread-train tune`: settings of `TrainingConfig` and their values.

Imports no Optuna, so that an invalid search is refused at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from model_training.config import TrainingConfig
from model_training.suggestions import nearest

Value: TypeAlias = bool | int | float | str | None

MAX_GRID = 10_000

# All trials are compared on the same validation images, by figures these settings do not affect.
_FIXED = {
    "frame": "it decides what the images are, which are the same for all trials",
    "window": "it decides what the images are, which are the same for all trials",
    "validation_fraction": "it decides the split, which is the same for all trials",
    "test_fraction": "it decides the split, which is the same for all trials",
    "split_seed": "it decides the split, which is the same for all trials",
    "leaks": "it decides the split, which is the same for all trials",
    "threshold_rule": "it is used after training and does not affect the trials",
    "shifted_validation": "it is used after training and does not affect the trials",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """A list of values of a setting, in the order given; tuples as text such as `16/32/64`."""

    name: str
    values: tuple[Value, ...]

    def __str__(self) -> str:
        return ", ".join("none" if value is None else str(value) for value in self.values)

    @property
    def examples(self) -> tuple[Value, ...]:
        """Values to check in place of all."""
        return self.values


@dataclass(frozen=True, slots=True)
class Range:
    """All values from `low` to `high`, both included; with `log`, on a logarithmic scale."""

    name: str
    low: float
    high: float
    log: bool

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}{', logarithmic' if self.log else ''}"

    @property
    def examples(self) -> tuple[Value, ...]:
        """Values to check in place of all."""
        return (self.low, self.high)


Dimension: TypeAlias = Choices | Range


def parse_search(texts: Sequence[str], base: TrainingConfig) -> tuple[Dimension, ...]:
    """Parses `--search` options and checks every value with `TrainingConfig` itself.

    Args:
        texts: Such as `epochs=10,20,30` or `learning_rate=1e-4..1e-2:log`. Elements of a list are
            separated by slashes, `filters=16/32/64,32/64/128`; values that contain commas are
            separated by `|`.
        base: The settings that are not searched.

    Raises:
        ValueError: If a setting is unknown, cannot be searched, or cannot take a value.

    Example:
    >>> parse_search(["epochs=10,20"], TrainingConfig.from_preset("basic-cnn"))
    (Choices(name='epochs', values=(10, 20)),)
    """
    dimensions = tuple(_parse(text) for text in texts)
    names = [dimension.name for dimension in dimensions]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            f"{repeated} are searched twice. Give all values of a setting in one --search."
        )
    for dimension in dimensions:
        for value in dimension.examples:
            _check_value(base, dimension.name, value, dimensions)
    return dimensions


def with_values(base: TrainingConfig, values: dict[str, Any]) -> TrainingConfig:
    """The settings with the values of a trial.

    Args:
        base: The settings that are not searched.
        values: Values by setting; tuples as text such as `16/32/64`.

    Raises:
        ValueError: If they are invalid together.
    """
    hints = get_type_hints(TrainingConfig)
    return replace(base, **{name: _from_text(value, hints[name]) for name, value in values.items()})


def grid(dimensions: Sequence[Dimension], base: TrainingConfig) -> dict[str, list[Value]]:
    """The values of each setting, for a search of every combination.

    Args:
        dimensions: The settings and their values.
        base: The settings that are not searched.

    Returns:
        Values by setting.

    Raises:
        ValueError: If a dimension is a range, there are too many combinations, or a combination
            is invalid.
    """
    ranges = [dimension.name for dimension in dimensions if isinstance(dimension, Range)]
    if ranges:
        raise ValueError(
            f"A grid needs lists of values, and {ranges} are ranges. List values, such as "
            f"{ranges[0]}=A,B,C, or choose --sampler tpe."
        )
    values = {
        dimension.name: list(dimension.values)
        for dimension in dimensions
        if isinstance(dimension, Choices)
    }
    size = prod(map(len, values.values()))
    if size > MAX_GRID:
        raise ValueError(
            f"The grid has {size:,} combinations; the limit is {MAX_GRID:,}. List fewer "
            "values, or choose --sampler tpe."
        )
    for combination in product(*values.values()):
        with_values(base, dict(zip(values, combination, strict=True)))
    return values


def _check_value(
    base: TrainingConfig, name: str, value: Value, dimensions: Sequence[Dimension]
) -> None:
    """Checks that a value is valid with the settings that are not searched.

    Or with a value of another setting that is searched: five kernels need five filters.

    Raises:
        ValueError: If it is valid with none.
    """
    try:
        with_values(base, {name: value})
    except ValueError:
        others = (
            {name: value, other.name: example}
            for other in dimensions
            if other.name != name
            for example in other.examples
        )
        if not any(_is_valid(base, values) for values in others):
            raise


def _is_valid(base: TrainingConfig, values: dict[str, Value]) -> bool:
    try:
        with_values(base, values)
    except ValueError:
        return False
    return True


def _parse(text: str) -> Dimension:
    name, equals, values = (part.strip() for part in text.partition("="))
    name = name.replace("-", "_")
    if not (equals and values):
        raise ValueError(
            f"--search takes SETTING=VALUES, such as epochs=10,20,30. Received {text!r}."
        )
    hints = get_type_hints(TrainingConfig)
    if name not in hints:
        raise ValueError(f"There is no setting {name!r} to search.{nearest(name, hints)}")
    if name in _FIXED:
        raise ValueError(f"`{name}` cannot be searched: {_FIXED[name]}.")
    if ".." in values:
        return _range(name, values, _kind(hints[name]))
    parts = [part.strip() for part in values.split("|" if "|" in values else ",")]
    read = tuple(dict.fromkeys(_value(name, part, hints[name]) for part in parts))
    return Choices(name, read)


def _range(name: str, text: str, kind: Any) -> Range:
    if kind not in (int, float):
        raise ValueError(f"`{name}` is not a number. List its values, such as {name}=A,B.")
    ends, _, scale = text.partition(":")
    low, _, high = ends.partition("..")
    least, most = _number(name, low, kind), _number(name, high, kind)
    if scale not in ("", "log") or not least < most or (scale and least <= 0):
        raise ValueError(
            f"A range is LOW..HIGH or LOW..HIGH:log, with LOW below HIGH, and above 0 if "
            f"logarithmic. Received {name}={text}."
        )
    return Range(name, least, most, log=scale == "log")


def _value(name: str, text: str, hint: Any) -> Value:
    kind = _kind(hint)
    if kind is str:
        return text
    if text == "none" and NoneType in get_args(hint):
        return None
    if kind is bool:
        if text not in ("true", "false"):
            raise ValueError(f"`{name}` takes true and false. Received {text!r}.")
        return text == "true"
    if get_origin(kind) is tuple:
        parts = [_number(name, part, get_args(kind)[0]) for part in text.split("/")]
        return "/".join(f"{part:g}" for part in parts)
    return _number(name, text, kind)


def _number(name: str, text: str, kind: Callable[[str], float]) -> float:
    try:
        return kind(text)
    except ValueError:
        what = "whole numbers" if kind is int else "numbers"
        raise ValueError(f"`{name}` takes {what}. Received {text!r}.") from None


def _from_text(value: Value, hint: Any) -> Any:
    kind = _kind(hint)
    if get_origin(kind) is tuple and isinstance(value, str):
        return tuple(get_args(kind)[0](part) for part in value.split("/"))
    return value


def _kind(hint: Any) -> Any:
    """The type without `None`; for a literal, the type of its values."""
    if get_origin(hint) in (Union, UnionType):
        [hint] = [part for part in get_args(hint) if part is not NoneType]
    return type(get_args(hint)[0]) if get_origin(hint) is Literal else hint
