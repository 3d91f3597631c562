"""Small real bundles: an untrained network of a preset, written by the trainer's own exporter."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from app.core.bundles.bundle import Bundle
from app.core.bundles.manifest import (
    FORMAT,
    Calibration,
    Data,
    Heatmap,
    Input,
    Manifest,
    Task,
    Thresholds,
)
from app.core.networks.network import Network
from model_training.bundling import export
from model_training.config import TrainingConfig

BINARY = ("NORMAL", "PNEUMONIA")


def make_bundle(
    folder: Path,
    *,
    name: str = "small",
    preset: str = "basic-cnn",
    classes: tuple[str, ...] = BINARY,
    image_size: int = 48,
    channels: int = 1,
    fit: str = "stretch",
    samples: Path | None = None,
    members: int = 1,
    seed: int = 0,
) -> Bundle:
    """Publishes a bundle `folder/name` whose network is untrained but whose files are real.

    With several `members` it is an ensemble of so many networks.
    """
    import keras

    from model_training.networks.catalogue import PRESETS
    from model_training.networks.ensemble import merge

    keras.utils.set_random_seed(seed)
    chosen = PRESETS[preset]
    networks = [
        Network(
            chosen.build(
                input_shape=(image_size, image_size, channels),
                output_bias=np.zeros(1 if len(classes) == 2 else len(classes), np.float32),
            ),
            chosen.heatmap_layer,
        )
        for _ in range(members)
    ]
    network = merge(networks) if members > 1 else networks[0]
    binary = len(classes) == 2
    manifest = Manifest(
        format=FORMAT,
        name=name,
        task=Task(
            title="Pneumonia on chest radiographs",
            classes=classes,
            positive=classes[1] if binary else None,
            display_names={class_name: class_name.capitalize() for class_name in classes},
        ),
        input=Input(height=image_size, width=image_size, channels=channels, fit=fit),
        heatmap=Heatmap(layer=network.heatmap_layer, scale=0.05),
        thresholds=Thresholds(
            decision=0.5 if binary else 0.0,
            uncertain_low=0.4 if binary else 0.0,
            uncertain_high=0.6,
            rule="set by hand for a test",
            chosen_on="validation",
        ),
        calibration=Calibration(method="temperature", temperature=1.25, fitted_on="validation"),
        data=Data(
            name="made up",
            source="random numbers",
            licence="CC0",
            fingerprint="0" * 64,
            counts={split: dict.fromkeys(classes, 20) for split in ("train", "val", "test")},
            patients={"train": 30, "val": 30, "test": 30},
        ),
        training=TrainingConfig.from_preset(preset, image_size=image_size).as_dict(),
        versions=export.library_versions(),
        files={},
    )
    history = pd.DataFrame(
        {"epoch": [1, 2, 3], "loss": [0.7, 0.5, 0.4], "val_loss": [0.7, 0.55, 0.6]}
    )
    contents = export.Contents(manifest, network, history, predictions(classes), [], samples)
    pixels = np.random.default_rng(seed).integers(0, 256, (4, image_size, image_size, channels))
    with tempfile.TemporaryDirectory(dir=folder) as work:
        return export.publish(
            folder / name,
            contents,
            work=Path(work) / "bundle",
            check_pixels=pixels.astype(np.uint8),
        )


def predictions(classes: tuple[str, ...], *, per_class: int = 20, seed: int = 0) -> pd.DataFrame:
    """Validation and test predictions that are right more often than not, two films a patient."""
    generator = np.random.default_rng(seed)
    rows = []
    for split in ("val", "test"):
        for label, class_name in enumerate(classes):
            for number in range(per_class):
                logits = generator.normal(0, 1, len(classes))
                logits[label] += 2.0
                probabilities = np.exp(logits) / np.exp(logits).sum()
                shown = 1 if len(classes) == 2 else int(probabilities.argmax())
                rows.append(
                    {
                        "split": split,
                        "image_id": f"{split}{label}{number:02}".ljust(64, "0"),
                        "path": f"{split}/{class_name}/film{number}.png",
                        "patient_id": f"{split}{label}p{number // 2}",
                        "subgroup": "",
                        "y_true": label,
                        "logit": round(
                            float(np.log(probabilities[shown] / (1 - probabilities[shown]))), 5
                        ),
                        "probability": round(float(probabilities[shown]), 6),
                    }
                    | (
                        dict(zip(classes, probabilities.round(6).tolist(), strict=True))
                        if len(classes) > 2
                        else {}
                    )
                )
    return pd.DataFrame(rows)
