"""The settings of a training: one flat record, saved with the bundle.

Imports no Keras, so that `overread-train --help` answers at once.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import inf
from pathlib import PurePath
from typing import Any, Literal

from model_training.augmentation import sets as augmentation_sets
from model_training.augmentation.sets import Augmentation
from model_training.networks.custom_cnn_settings import check_custom_cnn
from model_training.networks.residual_settings import check_residual
from model_training.networks.usual_settings import PRESET_NAMES, USUAL_SETTINGS
from model_training.setting_checks import (
    require_choice,
    require_fraction,
    require_not_negative,
    require_positive,
    require_whole,
)
from model_training.statistics.threshold_rules import parse_rule

SCHEDULES = ("constant", "exponential", "cosine", "plateau")
OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
FITS = ("stretch", "pad")
IMBALANCE = ("none", "weights", "oversample", "both")
PRECISIONS = ("auto", "float32", "mixed")
LEAKS = ("refuse", "redraw", "keep")

# Lowest and highest value of the settings that are whole numbers.
RANGES = {
    "image_size": (32, 2048),  # below, a network with five downsamplings has no heatmap left
    "training_size": (32, 2048),
    "epochs": (1, 10_000),
    "batch_size": (1, 4096),
    "patience": (1, 10_000),
    "seed": (0, 2**32 - 1),
    "split_seed": (0, 2**32 - 1),
    "frame": (1, 2**31),
}
_OPTIONAL = ("training_size", "split_seed", "frame")


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """All settings that determine the result of `fit`, apart from the data.

    Attributes:
        preset: Name of the architecture.
        image_size: Side of the square input, in pixels.
        epochs: Number of epochs.
        batch_size: Images per batch.
        optimizer: One of `OPTIMIZERS`.
        learning_rate: Initial or peak learning rate.
        channels: 1 for grey, 3 for RGB.
        fit: `stretch` to the input size, or `pad` to keep the aspect ratio.
        frame: Which image to read of files that hold several, 1 for the first; None leaves such
            files out.
        window: The values of black and white of files that do not state them; None leaves such
            files out. It becomes part of the model's input.
        reductions: Side of the blocks of pixels that the preset `residual` averages first; in a
            cross-validation, fold k uses the k-th value, and begins again after the last one.
        margin: Width of the edge of the input that the preset `residual` does not look at, in
            pixels: of all edges, or of those above and below and those at the sides.
        training_size: Side of the square to which the preset `residual` reduces the input while it
            is trained, in pixels; afterwards it sees the input as it is. None for no other.
        training_margin: Like `margin`, of that square.
        filters: Filters of each block of the `custom-cnn`, or of each stage of `residual`; for
            this and the next six see `custom_cnn.custom_cnn`.
        weights: `none`, `imagenet`, or a file or bundle with initial weights.
        frozen_epochs: Number of initial epochs in which only the layers after the backbone are
            trained.
        unfreeze_from: Name of the first layer of the backbone to train afterwards; empty for all.
        fine_tuning_rate: Learning rate after the frozen epochs.
        schedule: `constant`; `exponential`, `learning_rate * 0.1 ** (epoch / decay_epochs)`;
            `cosine` to zero over the planned epochs after `warmup_epochs`; or `plateau`, which
            lowers the rate when the validation loss stalls.
        weight_decay: Of `adamw`.
        augmentation: A named set of `augmentation.sets.AUGMENTATIONS`.
        augment: Changed options of that set, such as `rotation=5, noise=0`.
        imbalance: `weights` gives every class the same weight in the loss, `oversample` draws
            each class equally often, `both` does half of each.
        ema_momentum: Momentum of the moving average of the weights that is validated and
            saved, or None to save the weights themselves.
        patience: Epochs without improvement on validation before training stops.
        precision: `mixed` computes in float16 with float32 weights; `auto` does so on a GPU.
        threshold_rule: How the threshold is chosen on validation images, see
            `statistics.threshold_rules`.
        shifted_validation: Whether to choose threshold and calibration also on validation images
            changed to look like those of other departments (`shifts`).
        leaks: What to do with a given split that has a patient on both sides.
        validation_fraction: Fraction of patients for a random validation split.
        test_fraction: Fraction of patients for a random test split.
        seed: Of initial weights, order, augmentation and dropout.
        split_seed: Seed of the random split; by default `seed`.
    """

    preset: str
    image_size: int
    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    schedule: str
    augmentation: str
    augment: str = ""
    imbalance: str = "weights"
    ema_momentum: float | None = None
    channels: Literal[1, 3] = 1
    fit: Literal["stretch", "pad"] = "stretch"
    frame: int | None = None
    window: tuple[float, float] | None = None
    patience: int = 10
    decay_epochs: float = 10.0
    warmup_epochs: float = 2.0
    weight_decay: float = 0.02
    weights: str = "none"
    frozen_epochs: int = 0
    unfreeze_from: str = ""
    fine_tuning_rate: float = 1e-4
    reductions: tuple[int, ...] = ()
    margin: tuple[int, ...] = ()
    training_size: int | None = None
    training_margin: tuple[int, ...] = ()
    filters: tuple[int, ...] = ()
    kernels: tuple[int, ...] = ()
    dropouts: tuple[float, ...] = ()
    normalisation: str | None = None
    head: str | None = None
    dense_units: int | None = None
    dense_dropout: float | None = None
    precision: str = "auto"
    threshold_rule: str = "balanced"
    shifted_validation: bool = False
    leaks: Literal["refuse", "redraw", "keep"] = "refuse"
    validation_fraction: float = 0.15
    test_fraction: float = 0.15
    seed: int = 0
    split_seed: int | None = None

    def __post_init__(self) -> None:
        """Checks every setting, so that errors are not found after an hour of training.

        Raises:
            ValueError: If a setting is out of range, or settings contradict each other.
        """
        require_choice("preset", self.preset, PRESET_NAMES)
        require_choice("optimizer", self.optimizer, OPTIMIZERS)
        require_choice("schedule", self.schedule, SCHEDULES)
        require_choice("channels", self.channels, (1, 3))
        require_choice("fit", self.fit, FITS)
        require_choice("imbalance", self.imbalance, IMBALANCE)
        require_choice("precision", self.precision, PRECISIONS)
        require_choice("leaks", self.leaks, LEAKS)
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is not None or name not in _OPTIONAL:
                require_whole(name, value, low, high)
        if self.window is not None and not -inf < self.window[0] < self.window[1] < inf:
            raise ValueError(
                "`window` must be two numbers, the value of black and the higher value of white. "
                f"Received window={self.window}."
            )
        require_whole("frozen_epochs", self.frozen_epochs, 0, self.epochs)
        require_positive("learning_rate", self.learning_rate)
        require_positive("fine_tuning_rate", self.fine_tuning_rate)
        require_positive("decay_epochs", self.decay_epochs)
        require_not_negative("warmup_epochs", self.warmup_epochs)
        require_not_negative("weight_decay", self.weight_decay)
        if self.ema_momentum is not None:
            require_fraction("ema_momentum", self.ema_momentum)
        require_fraction("validation_fraction", self.validation_fraction)
        require_fraction("test_fraction", self.test_fraction)
        if self.validation_fraction + self.test_fraction >= 1:
            raise ValueError(
                "`validation_fraction` and `test_fraction` must leave something to train on. "
                f"Received {self.validation_fraction:g} + {self.test_fraction:g}."
            )
        self._check_architecture()
        parse_rule(self.threshold_rule)
        self.augmentation_options  # noqa: B018 (raises where the set or an option is unknown)

    def _check_architecture(self) -> None:
        """Raises ValueError if the preset does not take what was given, or not such values."""
        for name in self._given_architecture:
            takers = [preset for preset, names in _ARCHITECTURE.items() if name in names]
            if self.preset not in takers:
                raise ValueError(
                    f"Only the preset {' or '.join(map(repr, takers))} takes [{name!r}]. Received "
                    f"preset={self.preset!r}."
                )
        if self.preset == "custom-cnn":
            check_custom_cnn(self.image_size, self.image_size, **self._given_architecture)
        elif self.preset == "residual":
            check_residual(self.image_size, **self._given_architecture)

    @property
    def _given_architecture(self) -> dict[str, Any]:
        names = dict.fromkeys(name for preset in _ARCHITECTURE.values() for name in preset)
        given = {name: getattr(self, name) for name in names}
        return {name: value for name, value in given.items() if value not in (None, ())}

    @property
    def architecture(self) -> dict[str, Any]:
        """What was given of the options that the network of a preset is built with.

        Of several `reductions` it is the first; see `of_fold`.
        """
        given = self._given_architecture
        reductions = given.pop("reductions", ())
        for name in ("training_size", "training_margin"):
            given.pop(name, None)
        return given | ({"reduction": reductions[0]} if reductions else {})

    @property
    def architecture_in_training(self) -> dict[str, Any]:
        """The same of the network while it is trained, whose weights the other one takes."""
        if self.training_size is None:
            return self.architecture
        return self.architecture | {
            "margin": self.training_margin,
            "reduced_to": self.training_size,
        }

    def of_fold(self, number: int) -> TrainingConfig:
        """The settings of one fold of a cross-validation, with a seed and reduction of its own.

        Args:
            number: Of the fold, from 0.
        """
        turn = number % max(1, len(self.reductions))
        reductions = self.reductions[turn : turn + 1]
        return replace(self, seed=self.seed + number, reductions=reductions)

    @property
    def augmentation_options(self) -> Augmentation:
        """The named set with its changed options."""
        return augmentation_sets.choose(
            self.augmentation, augmentation_sets.parse_changes(self.augment)
        )

    @classmethod
    def from_preset(cls, name: str, **changes: object) -> TrainingConfig:
        """The usual settings of a preset, with the changes that are not None.

        Args:
            name: Name of the preset.
            **changes: New values by setting.

        Raises:
            ValueError: If there is no preset of that name, or a change is out of range.

        Example:
        >>> TrainingConfig.from_preset("basic-cnn", epochs=5).epochs
        5
        """
        require_choice("preset", name, PRESET_NAMES)
        given = {key: value for key, value in changes.items() if value is not None}
        return cls(**{"preset": name} | USUAL_SETTINGS[name] | given)

    def as_dict(self) -> dict[str, str | int | float | bool | None]:
        """Flat dictionary for the bundle; tuples become text such as `32, 64`.

        For a file of weights only its name is recorded, because its path may be confidential.
        """
        record = {field.name: _flat(getattr(self, field.name)) for field in fields(self)}
        return record | {"weights": PurePath(self.weights).name}


_ARCHITECTURE = {
    "custom-cnn": (
        "filters", "kernels", "dropouts", "normalisation", "head", "dense_units", "dense_dropout",
    ),
    "residual": ("filters", "reductions", "margin", "training_size", "training_margin"),
}  # fmt: skip


def _flat(value: Any) -> Any:
    return ", ".join(f"{part:.12g}" for part in value) if isinstance(value, tuple) else value
