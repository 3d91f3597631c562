"""Small real bundles: an untrained network of a preset, written by the trainer's own exporter."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.bundle_files import PREDICTIONS, REFERENCE, file_sha256
from app.core.bundles.decision_rule import Calibration, Finding, Thresholds
from app.core.bundles.heatmap import Heatmap
from app.core.bundles.manifest import FORMAT, FORMAT_WITH_REFERENCE, MANIFEST, Manifest
from app.core.bundles.network_input import Input
from app.core.bundles.reference_section import FeatureLayer
from app.core.bundles.task import Task
from app.core.bundles.training_data import Data
from app.core.networks.network import Network
from model_training.bundling import export
from model_training.bundling.predictions import findings_table
from model_training.config import TrainingConfig
from model_training.data.datasets import Case

BINARY = ("NORMAL", "PNEUMONIA")
FINDINGS = ("EFFUSION", "NODULE", "CARDIOMEGALY")
CALIBRATION = Calibration(method="temperature", temperature=1.25, fitted_on="validation")


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
    any_of: bool = False,
) -> Bundle:
    """Publishes a bundle `folder/name` whose network is untrained but whose files are real.

    With several `members` it is an ensemble of so many networks; with `any_of` the classes are
    findings that do not exclude each other.
    """
    import keras

    from model_training.networks.blocks import with_independent_outputs
    from model_training.networks.catalogue import PRESETS
    from model_training.networks.ensemble import merge

    keras.utils.set_random_seed(seed)
    chosen = PRESETS[preset]
    binary = len(classes) == 2 and not any_of
    models = [
        chosen.build(
            input_shape=(image_size, image_size, channels),
            output_bias=np.zeros(1 if binary else len(classes), np.float32),
        )
        for _ in range(members)
    ]
    if any_of:
        models = [with_independent_outputs(model) for model in models]
    networks = [Network(model, chosen.heatmap_layer) for model in models]
    network = merge(networks) if members > 1 else networks[0]
    manifest = Manifest(
        format=FORMAT,
        name=name,
        task=Task(
            title="Findings on chest radiographs" if any_of else "Pneumonia on chest radiographs",
            kind="any-of" if any_of else "one-of",
            classes=classes,
            positive=classes[1] if binary else None,
            display_names={class_name: class_name.capitalize() for class_name in classes},
        ),
        input=Input(height=image_size, width=image_size, channels=channels, fit=fit),
        heatmap=Heatmap(
            layer=network.heatmap_layer,
            scale={name: 0.05 + 0.01 * number for number, name in enumerate(classes)}
            if any_of
            else 0.05,
        ),
        thresholds=None if any_of else _thresholds(0.5 if binary else 0.0),
        calibration=None if any_of else CALIBRATION,
        findings=dict(zip(classes, map(_finding, range(len(classes))), strict=True))
        if any_of
        else {},
        data=Data(
            name="made up",
            source="random numbers",
            licence="CC0",
            fingerprint="0" * 64,
            counts={split: dict.fromkeys(classes, 20) for split in ("train", "val", "test")},
            patients={"train": 30, "val": 30, "test": 30},
            labelled={split: dict.fromkeys(classes, 50) for split in ("train", "val", "test")}
            if any_of
            else {},
        ),
        training=TrainingConfig.from_preset(preset, image_size=image_size).as_dict(),
        versions=export.library_versions(),
        files={},
    )
    history = pd.DataFrame(
        {"epoch": [1, 2, 3], "loss": [0.7, 0.5, 0.4], "val_loss": [0.7, 0.55, 0.6]}
        | ({"val_auc": [0.5, 0.8, 0.7]} if binary else {})
    )
    table = finding_predictions(classes) if any_of else predictions(classes)
    contents = export.Contents(manifest, network, history, table, [], samples)
    pixels = np.random.default_rng(seed).integers(0, 256, (4, image_size, image_size, channels))
    with tempfile.TemporaryDirectory(dir=folder) as work:
        return export.publish(
            folder / name,
            contents,
            work=Path(work) / "bundle",
            check_pixels=pixels.astype(np.uint8),
        )


def with_window(bundle: Bundle, folder: Path, window: tuple[float, float]) -> Bundle:
    """A copy in `folder` of a bundle, as if it had been trained with a window."""
    shutil.copytree(bundle.path, folder)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    manifest["input"]["window"] = window
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return load_bundle(folder)


def with_feature_layers(bundle: Bundle, folder: Path, layers: Sequence[FeatureLayer]) -> Bundle:
    """A copy in `folder` of a bundle whose network also returns features; nothing judges them."""
    shutil.copytree(bundle.path, folder)
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / REFERENCE).write_bytes(b"no numbers")
    content["files"][REFERENCE] = file_sha256(folder / REFERENCE)
    content["format"] = FORMAT_WITH_REFERENCE
    content["reference"] = {
        "layers": [one.model_dump() for one in layers],
        "limit_share": 0.02,
        "refused": 1,
        "of": 50,
    }
    (folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")
    return load_bundle(folder)


def with_predictions(bundle: Bundle, folder: Path, table: pd.DataFrame) -> Path:
    """Copies a bundle to `folder`, with another table of predictions; it is not loaded."""
    shutil.copytree(bundle.path, folder)
    table.to_csv(folder / PREDICTIONS, index=False)
    content = json.loads((folder / MANIFEST).read_text())
    content["files"][PREDICTIONS] = file_sha256(folder / PREDICTIONS)
    (folder / MANIFEST).write_text(json.dumps(content))
    return folder


def without_test_labels(bundle: Bundle, folder: Path, finding: str) -> Bundle:
    """A copy of an `any-of` bundle in which no test image is labelled for a finding."""
    table = bundle.predictions()
    table.loc[table["split"] == "test", f"y_true:{finding}"] = np.nan
    return load_bundle(with_predictions(bundle, folder, table))


def _thresholds(decision: float) -> Thresholds:
    return Thresholds(
        decision=decision,
        uncertain_low=max(0.0, decision - 0.1),
        uncertain_high=max(0.6, decision + 0.1),
        rule="set by hand for a test",
        chosen_on="validation",
    )


def _finding(number: int) -> Finding:
    """The first at a threshold of 0.5, each of the others 0.1 lower and moved by an offset."""
    if not number:
        return Finding(thresholds=_thresholds(0.5), calibration=CALIBRATION)
    moved = Calibration(
        method="temperature_and_offset",
        temperature=2.0,
        offset=(0.0, 0.5),
        fitted_on="validation",
    )
    return Finding(thresholds=_thresholds(max(0.1, 0.5 - 0.1 * number)), calibration=moved)


def finding_predictions(findings: tuple[str, ...], *, num: int = 60, seed: int = 0) -> pd.DataFrame:
    """Validation and test predictions of findings, two films a patient, every fifth label missing.

    The second of the findings occurs more often together with the first.
    """
    generator = np.random.default_rng(seed)
    tables = []
    for split in ("val", "test"):
        present = generator.random((num, len(findings))) < 0.35
        present[:, 1] |= present[:, 0] & (generator.random(num) < 0.5)
        labels = present.astype(float)
        labels[generator.random(labels.shape) < 0.2] = np.nan
        logits = generator.normal(0, 1, labels.shape) + 2.5 * present - 1.0
        cases = [
            Case(
                path=Path(f"{split}/film{number}.png"),
                name=f"{split}/film{number:03}.png",
                label=0,
                patient_id=f"{split}p{number // 2}",
                subgroup="",
                split=split,
            )
            for number in range(num)
        ]
        tables.append(
            findings_table(
                cases,
                [f"{split}{number:03}".ljust(64, "0") for number in range(num)],
                np.arange(num) // 2,
                findings,
                labels,
                logits,
                1 / (1 + np.exp(-logits)),
            )
        )
    return pd.concat(tables, ignore_index=True)


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
