"""`overread-train fit`: a labelled folder in, a verified bundle out."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundle import FORMAT, Bundle, Calibration, Heatmap, Input, Manifest, Task, Thresholds
from app.core.errors import DatasetError
from app.core.network import Network, class_logits, quiet_tensorflow
from model_training import evaluation, export
from model_training.config import TrainingConfig
from model_training.datasets import SPLITS, Case, Dataset, count_by_class, read_dataset
from model_training.pixels import decode_cases
from model_training.splits import Split, split_by_patient


@dataclass(frozen=True, slots=True)
class Description:
    """What only a person can say about a model; written into bundle and card."""

    title: str
    source: str = "not stated"
    licence: str = "not stated"
    positive: str | None = None
    modalities: tuple[str, ...] = ()
    samples: Path | None = None


def fit(data: Path, out: Path, *, config: TrainingConfig, description: Description) -> Bundle:
    """Trains a model on a folder and publishes it as a bundle.

    Args:
        data: `train|val|test/CLASS/` or `CLASS/` folders, optionally with a manifest.
        out: Folder of the bundle; must not exist.
        config: The settings.
        description: Title, source, licence and the like.

    Returns:
        The bundle, loaded from `out`.

    Raises:
        DatasetError: If the data cannot be trained on, or `out` exists.
        BundleError: If what was written does not load back as what was trained.
    """
    if out.exists():
        raise DatasetError(
            f"{out.name!r} exists. Nothing is overwritten: choose another name for --out, or "
            "remove that folder first."
        )
    started = time.monotonic()
    dataset = read_dataset(data, positive=description.positive)
    network_input = Input(
        height=config.image_size,
        width=config.image_size,
        channels=config.channels,
        fit=config.fit,
        modalities=description.modalities,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    with _work_folder(out) as work:
        pixels, digests, failed = decode_cases(dataset.cases, network_input, work / "pixels.npy")
        dataset, rows, digests = _without(dataset, digests, failed)
        split = split_by_patient(
            dataset,
            digests=digests,
            validation_fraction=config.validation_fraction,
            test_fraction=config.test_fraction,
            seed=config.seed,
        )
        _report(split, dataset, failed)
        labels = np.array([case.label for case in split.cases])
        network, history = _train(pixels, rows, labels, split, config, work / "best.weights.h5")
        outcome = _evaluate(network, pixels, rows, labels, split)
        manifest = Manifest(
            format=FORMAT,
            name=out.name,
            task=_task(dataset, description),
            input=network_input,
            heatmap=Heatmap(layer=network.heatmap_layer, scale=outcome.heatmap_scale),
            thresholds=outcome.thresholds,
            calibration=outcome.calibration,
            data=export.data_record(
                split.cases,
                digests,
                dataset.classes,
                name=data.resolve().name,
                source=description.source,
                licence=description.licence,
            ),
            training=config.as_dict()
            | {
                "parameters": network.model.count_params(),
                "epochs_run": len(history),
                "best_epoch": 1 + int(history["val_loss"].to_numpy().argmin()),
                "minutes": round((time.monotonic() - started) / 60, 1),
            },
            versions=export.library_versions(),
            files={},
        )
        predictions = export.predictions_table(
            split.cases, digests, dataset.classes, outcome.class_logits, outcome.probabilities
        )
        bundle = export.publish(
            out,
            export.Contents(
                manifest, network, history, predictions, split.notes, description.samples
            ),
            work=work / "bundle",
            check_pixels=pixels[rows[:16]],
        )
    print(f"The bundle is in {out}", file=sys.stderr)
    return bundle


@dataclass(frozen=True, slots=True)
class _Outcome:
    class_logits: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    calibration: Calibration
    thresholds: Thresholds
    heatmap_scale: float


@contextmanager
def _work_folder(out: Path) -> Iterator[Path]:
    """A folder beside the bundle, so that publishing is one rename; removed afterwards."""
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _without(
    dataset: Dataset, digests: list[str], failed: list[int]
) -> tuple[Dataset, NDArray[np.int64], list[str]]:
    """The dataset without unreadable cases, and where the rest lies in the pixel array."""
    rows = np.array(sorted(set(range(len(dataset.cases))) - set(failed)))
    return (
        Dataset(dataset.classes, [dataset.cases[row] for row in rows]),
        rows,
        [digests[row] for row in rows],
    )


def _report(split: Split, dataset: Dataset, failed: list[int]) -> None:
    lines = list(split.notes)
    if failed:
        lines.append(f"{len(failed)} images could not be read and are left out.")
    for part in SPLITS:
        cases = split.part(part)
        counts = ", ".join(
            f"{count} {name}" for name, count in count_by_class(cases, dataset.classes).items()
        )
        patients = len({case.patient_id for case in cases})
        lines.append(f"{part:5}  {len(cases)} images of {patients} patients: {counts}")
    print("\n".join(lines), file=sys.stderr)


def _train(
    pixels: NDArray[np.uint8],
    rows: NDArray[np.int64],
    labels: NDArray[np.int64],
    split: Split,
    config: TrainingConfig,
    checkpoint: Path,
) -> tuple[Network, pd.DataFrame]:
    quiet_tensorflow()
    import keras

    from model_training import training
    from model_training.presets import PRESETS

    keras.utils.set_random_seed(config.seed)
    preset = PRESETS[config.preset]
    counts = np.bincount(labels[_positions(split.cases, "train")]).tolist()
    model = preset.build(
        input_shape=pixels.shape[1:], output_bias=training.initial_output_bias(counts)
    )
    labels_by_row = np.zeros(len(pixels), np.int64)
    labels_by_row[rows] = labels
    history = training.train(
        model,
        pixels,
        labels_by_row,
        train_rows=rows[_positions(split.cases, "train")],
        validation_rows=rows[_positions(split.cases, "val")],
        config=config,
        checkpoint=checkpoint,
    )
    # A model without its optimizer, whose state would triple the size of the bundle.
    bare = keras.Model(model.input, model.output, name=model.name)
    return Network(bare, preset.heatmap_layer), history


def _evaluate(
    network: Network,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.int64],
    labels: NDArray[np.int64],
    split: Split,
) -> _Outcome:
    """Scores validation and test films; only validation decides anything."""
    validation = _positions(split.cases, "val")
    logits = np.full((len(rows), network.model.output_shape[-1]), np.nan, np.float32)
    for part in ("val", "test"):
        positions = _positions(split.cases, part)
        logits[positions] = _logits(network, pixels, rows[positions])
    wide = class_logits(logits)
    calibration = evaluation.calibrate(wide[validation], labels[validation])
    probabilities = evaluation.class_probabilities(wide, calibration)
    thresholds = evaluation.choose_thresholds(probabilities[validation], labels[validation])
    called = validation
    if wide.shape[1] == 2:
        called = validation[probabilities[validation, 1] >= thresholds.decision]
    return _Outcome(
        class_logits=wide,
        probabilities=probabilities,
        calibration=calibration,
        thresholds=thresholds,
        heatmap_scale=evaluation.heatmap_scale(
            _evidence(network, pixels, rows[called], probabilities[called].argmax(axis=1))
        ),
    )


def _positions(cases: list[Case], part: str) -> NDArray[np.int64]:
    return np.array([index for index, case in enumerate(cases) if case.split == part], np.int64)


def _logits(
    network: Network, pixels: NDArray[np.uint8], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    return np.concatenate(
        [
            np.asarray(network.logits_model(pixels[batch].astype(np.float32), training=False)[1])
            for batch in _in_batches(rows)
        ]
    )


def _evidence(
    network: Network,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.int64],
    classes: NDArray[np.int64],
) -> NDArray[np.float32]:
    function, units = network.evidence_function(), network.model.output_shape[-1]
    maps = []
    for batch, wanted in zip(_in_batches(rows), _in_batches(classes), strict=True):
        features = network.logits_model(pixels[batch].astype(np.float32), training=False)[0]
        weights = np.eye(units, dtype=np.float32)[wanted if units > 1 else np.zeros_like(wanted)]
        maps.append(np.asarray(function(features, weights)))
    return np.concatenate(maps) if maps else np.zeros((0, 1, 1), np.float32)


def _in_batches(rows: NDArray[np.int64], size: int = 32) -> list[NDArray[np.int64]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _task(dataset: Dataset, description: Description) -> Task:
    classes = dataset.classes
    return Task(
        title=description.title,
        classes=classes,
        positive=classes[1] if len(classes) == 2 else None,
        wording={
            name: name.replace("_", " ").capitalize() for name in classes if name == name.upper()
        },
    )
