"""Augmentation options and the named sets of them.

Imports no Keras, so that `overread-train --help` answers at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from model_training.suggestions import nearest


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each image may be changed; 0 turns a change off.

    Attributes:
        flip: Fraction of images that may be mirrored left to right; 1 mirrors half of them.
        rotation: Degrees to either side.
        shift: Fraction of the side, in each direction.
        zoom: Fraction by which height and width are scaled, independently, up or down.
        gamma: Exposure: the image is raised to a power between `exp(-gamma)` and `exp(gamma)`.
        contrast: Fraction by which the distance from the mean grows or shrinks.
        brightness: Fraction of the full range that is added or subtracted.
        tone: Largest share of a random rising curve of grey levels, or of the one that makes them
            equally frequent.
        shading: Amplitude of a smooth field that is added, as a fraction of the full range.
        sharpness: Largest fraction of a blurred copy that is mixed in; half of it sharpens.
        noise: Largest standard deviation of Gaussian noise, in grey levels.
        resampling: Largest fraction by which the sides are reduced before they are enlarged again.
        compression: Fraction of images stored as a JPEG of quality 20 to 90.
        occlusion: Fraction of images that lose a patch of 2 to 10 % of their area.
        markers: Fraction of images whose corners are changed, where side markers and annotations
            are: some are covered, some get meaningless letters.
        skull: Fraction of images that get a bright rim around the foreground, like slices
            without skull stripping. For brain images that were published skull-stripped.
        mixup: Alpha of the Beta distribution by which two images and labels are mixed
            (Zhang et al. 2018, https://arxiv.org/abs/1710.09412).
        cutmix: Alpha of the Beta distribution of the area cut from another image
            (Yun et al. 2019, https://arxiv.org/abs/1905.04899).
    """

    flip: float = 0.0
    rotation: float = 0.0
    shift: float = 0.0
    zoom: float = 0.0
    gamma: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    tone: float = 0.0
    shading: float = 0.0
    sharpness: float = 0.0
    noise: float = 0.0
    resampling: float = 0.0
    compression: float = 0.0
    occlusion: float = 0.0
    markers: float = 0.0
    skull: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0

    @property
    def changes_anything(self) -> bool:
        """Whether any option is on."""
        return any(getattr(self, field.name) for field in fields(self))

    @property
    def without_mixing(self) -> Augmentation:
        """The changes that need one image only."""
        return replace(self, mixup=0.0, cutmix=0.0)


# Largest value of each option at which the image still shows the same thing.
_LIMITS = {
    "flip": 1.0, "rotation": 180.0, "shift": 0.5, "zoom": 0.9, "gamma": 2.0, "contrast": 0.95,
    "brightness": 1.0, "tone": 1.0, "shading": 1.0, "sharpness": 1.0, "noise": 64.0,
    "resampling": 0.9, "compression": 1.0, "occlusion": 1.0, "markers": 1.0, "skull": 1.0,
    "mixup": 1.0, "cutmix": 1.0,
}  # fmt: skip

_MEDICAL = Augmentation(
    flip=1.0, rotation=10.0, shift=0.08, zoom=0.2, gamma=0.6, contrast=0.4, brightness=0.15,
    sharpness=0.8, noise=8.0, occlusion=0.5,
)  # fmt: skip

AUGMENTATIONS: Mapping[str, Augmentation] = {
    "none": Augmentation(),
    "classic": Augmentation(flip=1.0, zoom=0.2, shift=0.1),
    "medical": _MEDICAL,
    "mixup": replace(_MEDICAL, mixup=0.2),
    "cutmix": replace(_MEDICAL, cutmix=1.0),
}


def choose(name: str, changes: Mapping[str, float]) -> Augmentation:
    """A named set with some of its options changed.

    Args:
        name: One of `AUGMENTATIONS`.
        changes: New values by option.

    Raises:
        ValueError: If there is no set or option of that name, or a value is out of range.
    """
    if name not in AUGMENTATIONS:
        raise ValueError(
            f"`augmentation` must be one of {list(AUGMENTATIONS)}. Received "
            f"augmentation={name!r}.{nearest(name, AUGMENTATIONS)}"
        )
    for option, value in changes.items():
        if option not in _LIMITS:
            raise ValueError(
                f"There is no augmentation option {option!r}. Expected one of "
                f"{list(_LIMITS)}.{nearest(option, _LIMITS)}"
            )
        if not 0 <= value <= _LIMITS[option]:
            raise ValueError(
                f"The augmentation option `{option}` must lie between 0 and {_LIMITS[option]:g}. "
                f"Received {option}={value:g}."
            )
    return replace(AUGMENTATIONS[name], **changes)


def parse_changes(text: str) -> dict[str, float]:
    """Parses options such as `rotation=5, noise=0`; empty text gives no changes.

    Raises:
        ValueError: If a part is not `OPTION=NUMBER`.
    """
    changes = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        option, _, value = part.partition("=")
        try:
            changes[option.strip()] = float(value)
        except ValueError:
            raise ValueError(
                f"An augmentation option is written OPTION=NUMBER, such as rotation=5. Received "
                f"{part!r}."
            ) from None
    return changes
