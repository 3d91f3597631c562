"""How a model is trained: one flat record, saved beside what it produced.

Imports no Keras, so that `overread-train --help` answers at once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Literal

PRESET_NAMES = ("basic-cnn", "probreathe", "residual")
AUGMENTATIONS = ("none", "classic", "medical")
SCHEDULES = ("plateau", "cosine")
OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
FITS = ("stretch", "pad")

# Below this a network that halves its input five times has nothing left to map.
MIN_IMAGE_SIZE = 32
MAX_IMAGE_SIZE = 2048


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Everything that decides what a run of `fit` gives, apart from the data.

    Attributes:
        preset: Name of the architecture.
        image_size: Side of the square input, in pixels.
        channels: 1 for grey, 3 for RGB.
        fit: `stretch` or `pad`.
        schedule: `plateau` lowers the rate when the validation loss stalls, `cosine` lowers
            it to zero over the planned epochs.
        augmentation: One of `AUGMENTATIONS`.
        ema_momentum: Momentum of the moving average of the weights that is validated and
            kept, or None to keep the last weights themselves.
        patience: Epochs without a better validation figure before training stops.
        class_weighting: Whether every class counts alike in the loss.
        validation_fraction: Share of patients for validation where it is drawn.
        test_fraction: Share of patients for testing where it is drawn.
    """

    preset: str
    image_size: int
    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    schedule: str
    augmentation: str
    ema_momentum: float | None = None
    channels: Literal[1, 3] = 1
    fit: Literal["stretch", "pad"] = "stretch"
    patience: int = 10
    class_weighting: bool = True
    validation_fraction: float = 0.15
    test_fraction: float = 0.15
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks every setting, so that nothing is found wrong after an hour of training."""
        _require_choice("preset", self.preset, PRESET_NAMES)
        _require_choice("optimizer", self.optimizer, OPTIMIZERS)
        _require_choice("schedule", self.schedule, SCHEDULES)
        _require_choice("augmentation", self.augmentation, AUGMENTATIONS)
        _require_choice("channels", self.channels, (1, 3))
        _require_choice("fit", self.fit, FITS)
        _require_whole("image_size", self.image_size, MIN_IMAGE_SIZE, MAX_IMAGE_SIZE)
        _require_whole("epochs", self.epochs, 1, 10_000)
        _require_whole("batch_size", self.batch_size, 1, 4096)
        _require_whole("patience", self.patience, 1, 10_000)
        _require_whole("seed", self.seed, 0, 2**32 - 1)
        if not (isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ValueError(
                f"`learning_rate` must be above 0. Received learning_rate={self.learning_rate}."
            )
        if self.ema_momentum is not None:
            _require_share("ema_momentum", self.ema_momentum)
        _require_share("validation_fraction", self.validation_fraction)
        _require_share("test_fraction", self.test_fraction)
        if self.validation_fraction + self.test_fraction >= 1:
            raise ValueError(
                "`validation_fraction` and `test_fraction` must leave something to train on. "
                f"Received {self.validation_fraction:g} + {self.test_fraction:g}."
            )

    @classmethod
    def from_preset(cls, name: str, **changes: object) -> TrainingConfig:
        """A preset's usual settings, with those changes that are not None.

        Raises:
            ValueError: If there is no preset of that name, or a change is out of range.
        """
        _require_choice("preset", name, PRESET_NAMES)
        given = {key: value for key, value in changes.items() if value is not None}
        return replace(_USUAL[name], **given)  # type: ignore[arg-type]

    def as_dict(self) -> dict[str, str | int | float | bool | None]:
        """Flat dictionary for the bundle."""
        return asdict(self)


def _require_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {list(choices)}. Received {name}={value!r}.")


def _require_whole(name: str, value: int, low: int, high: int) -> None:
    if not (isinstance(value, int) and low <= value <= high):
        raise ValueError(
            f"`{name}` must be a whole number from {low:,} to {high:,}. Received {name}={value!r}."
        )


def _require_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"`{name}` must lie between 0 and 1. Received {name}={value}.")


_USUAL = {
    "basic-cnn": TrainingConfig(
        preset="basic-cnn",
        image_size=160,
        epochs=30,
        batch_size=16,
        optimizer="adam",
        learning_rate=1e-3,
        schedule="plateau",
        augmentation="classic",
    ),
    "probreathe": TrainingConfig(
        preset="probreathe",
        image_size=150,
        epochs=20,
        batch_size=32,
        optimizer="rmsprop",
        learning_rate=1e-3,
        schedule="plateau",
        augmentation="classic",
    ),
    "residual": TrainingConfig(
        preset="residual",
        image_size=192,
        epochs=30,
        batch_size=32,
        optimizer="adamw",
        learning_rate=1e-3,
        schedule="cosine",
        augmentation="medical",
        ema_momentum=0.99,
        # The schedule ends at a rate of zero, and its last epochs are its best.
        patience=30,
    ),
}
