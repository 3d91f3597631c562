"""How a model is trained: one flat record, saved beside what it produced.

Imports no Keras, so that `overread-train --help` answers at once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

AUGMENTATIONS = ("none", "classic", "medical")


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
        patience: Epochs without a better validation loss before training stops.
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
    channels: int = 1
    fit: str = "stretch"
    patience: int = 10
    class_weighting: bool = True
    validation_fraction: float = 0.15
    test_fraction: float = 0.15
    seed: int = 0

    @classmethod
    def from_preset(cls, name: str, **changes: object) -> TrainingConfig:
        """A preset's usual settings, with those changes that are not None."""
        given = {key: value for key, value in changes.items() if value is not None}
        return replace(_USUAL[name], **given)  # type: ignore[arg-type]

    def as_dict(self) -> dict[str, str | int | float | bool | None]:
        """Flat dictionary for the bundle."""
        return asdict(self)


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
    ),
}

PRESET_NAMES = tuple(_USUAL)
