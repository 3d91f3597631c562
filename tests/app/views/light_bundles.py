"""Bundles whose tables are real and whose network is not: for pages that never open it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from app.core.bundles.bundle_files import CARD, HISTORY, MODEL, PICTURES, PREDICTIONS
from app.core.bundles.manifest import MANIFEST

BINARY = ("NORMAL", "PNEUMONIA")
PICTURE = cv2.imencode(".jpg", np.full((160, 120), 90, np.uint8))[1].tobytes()
HISTORY_TABLE = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "loss": [0.7, 0.5, 0.4],
        "val_loss": [0.7, 0.55, 0.6],
        "auc": [0.6, 0.8, 0.9],
        "val_auc": [0.6, 0.85, 0.84],
    }
)


def write_bundle(
    folder: Path,
    predictions: pd.DataFrame,
    *,
    name: str = "light",
    classes: tuple[str, ...] = BINARY,
    decision: float = 0.5,
    history: pd.DataFrame = HISTORY_TABLE,
    versions: dict[str, str] | None = None,
    samples: dict[str, bytes] | None = None,
    pictures: Sequence[str] = (),
) -> Path:
    """Writes `folder/name`, which `load_bundle` takes for whole and unchanged."""
    path = folder / name
    (path / "samples").mkdir(parents=True)
    predictions.to_csv(path / PREDICTIONS, index=False)
    history.to_csv(path / HISTORY, index=False)
    (path / CARD).write_text(f"# {name}\n\nIntended for tests.\n")
    (path / MODEL).write_bytes(b"not opened")
    for sample, data in (samples or {}).items():
        (path / "samples" / sample).write_bytes(data)
    for image_id in pictures:
        (path / PICTURES).mkdir(exist_ok=True)
        (path / PICTURES / f"{image_id}.jpg").write_bytes(PICTURE)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    binary = len(classes) == 2
    manifest = {
        "format": 1,
        "name": name,
        "task": {
            "title": "A task",
            "classes": classes,
            "positive": classes[1] if binary else None,
            "display_names": {label: label.capitalize() for label in classes},
        },
        "input": {"height": 64, "width": 64, "channels": 1, "fit": "stretch"},
        "heatmap": {"layer": "last", "scale": 1.0},
        "thresholds": {
            "decision": decision if binary else 0.0,
            "uncertain_low": decision if binary else 0.0,
            "uncertain_high": decision if binary else 0.6,
            "rule": "set by hand for a test",
            "chosen_on": "validation",
        },
        "calibration": {"method": "temperature", "temperature": 1.0, "fitted_on": "validation"},
        "data": {
            "name": "made up",
            "source": "numbers",
            "licence": "CC0",
            "fingerprint": "0" * 64,
            "counts": {"train": dict.fromkeys(classes, 10)},
            "patients": {"train": 20},
        },
        "training": {"preset": "basic-cnn", "epochs": 3, "best_epoch": 2, "class_weighting": True},
        "versions": versions or {"numpy": np.__version__},
        "files": {
            file.relative_to(path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in files
        },
    }
    (path / MANIFEST).write_text(json.dumps(manifest))
    return path


def table(rows: list[tuple[str, str, str, int, float]]) -> pd.DataFrame:
    """Predictions from `(split, patient, subgroup, y_true, probability)`, one file each."""
    return pd.DataFrame(
        [
            {
                "split": split,
                "image_id": hashlib.sha256(f"film {row}".encode()).hexdigest(),
                "path": f"{split}/{BINARY[label]}/film{row}.png",
                "patient_id": patient,
                "subgroup": subgroup,
                "y_true": label,
                "logit": 0.0,
                "probability": probability,
            }
            for row, (split, patient, subgroup, label, probability) in enumerate(rows)
        ]
    )


def drawn_table(
    classes: tuple[str, ...], *, per_class: int = 20, distance: float = 2.0, seed: int = 0
) -> pd.DataFrame:
    """Predictions that are right more often than not, two films a patient."""
    random = np.random.default_rng(seed)
    rows = []
    for split in ("val", "test"):
        for label, name in enumerate(classes):
            for number in range(per_class):
                logits = random.normal(0, 1, len(classes))
                logits[label] += distance
                shares = np.exp(logits) / np.exp(logits).sum()
                binary = len(classes) == 2
                key = f"{split}{label}-{number}"
                rows.append(
                    {
                        "split": split,
                        "image_id": hashlib.sha256(key.encode()).hexdigest(),
                        "path": f"{split}/{name}/{key}.png",
                        "patient_id": f"{split}{label}-{number // 2}",
                        "subgroup": ("bacteria", "virus")[number % 2] if label else "",
                        "y_true": label,
                        "logit": 0.0,
                        "probability": shares[1] if binary else shares.max(),
                    }
                    | ({} if binary else dict(zip(classes, shares, strict=True)))
                )
    return pd.DataFrame(rows)
