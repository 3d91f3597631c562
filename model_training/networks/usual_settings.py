"""The usual settings of a training with each preset.

Imports no Keras, so that `overread-train --help` answers at once.
"""

from __future__ import annotations

from typing import Any

_BACKBONE: dict[str, Any] = {
    # Low enough to fine-tune a whole pre-trained backbone at once.
    "image_size": 224, "epochs": 20, "batch_size": 32, "optimizer": "adamw",
    "learning_rate": 3e-4, "schedule": "cosine", "augmentation": "medical", "patience": 20,
}  # fmt: skip

# By preset; every setting can be changed.
USUAL_SETTINGS: dict[str, dict[str, Any]] = {
    "basic-cnn": {
        "image_size": 160, "epochs": 30, "batch_size": 16, "optimizer": "adam",
        "learning_rate": 1e-3, "schedule": "plateau", "augmentation": "classic",
    },
    "probreathe": {
        "image_size": 150, "epochs": 20, "batch_size": 32, "optimizer": "rmsprop",
        "learning_rate": 1e-3, "schedule": "plateau", "augmentation": "classic",
    },
    "residual": {
        "image_size": 192, "epochs": 30, "batch_size": 32, "optimizer": "adamw",
        "learning_rate": 1e-3, "schedule": "cosine", "augmentation": "medical",
        # The schedule ends at zero, and its last epochs are its best.
        "ema_momentum": 0.99, "patience": 30,
    },
    "custom-cnn": {
        "image_size": 160, "epochs": 30, "batch_size": 32, "optimizer": "adam",
        "learning_rate": 1e-3, "schedule": "plateau", "augmentation": "classic",
    },
    **dict.fromkeys(
        ("squeezenet", "mobilenetv2", "densenet121", "efficientnetv2b0", "resnet50v2"), _BACKBONE
    ),
}  # fmt: skip
PRESET_NAMES = tuple(USUAL_SETTINGS)
