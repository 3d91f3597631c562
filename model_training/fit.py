"""`overread-train fit`: a labelled folder in, a verified bundle out."""

from __future__ import annotations

import re
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

from app.core.bundle import FORMAT, Bundle, Heatmap, Input, Manifest, Task
from app.core.errors import DatasetError
from app.core.network import Network, quiet_tensorflow
from model_training import evaluation, export
from model_training.config import TrainingConfig
from model_training.datasets import SPLITS, Dataset, count_by_class, read_dataset
from model_training.evaluation import Outcome
from model_training.pixels import by_reason, decode_cases
from model_training.splits import Split, split_by_patient

# As the manifest demands it, known before training and not after.
BUNDLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Description:
    """What only a person can say about a model; written into bundle and card.

    Attributes:
        title: Such as `Pneumonia on chest radiographs`; by default the classes' names.
        positive: The positive one of two classes, where its name does not tell.
        modalities: DICOM modalities the model may judge; empty for any.
        samples: Folder of images that ship with the bundle.
    """

    title: str | None = None
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
        DatasetError: If the data cannot be trained on, training diverges, or `out` exists.
        BundleError: If what was written does not load back as what was trained.
    """
    _check_call(out, description)
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
        films = _prepare(dataset, network_input, config, work / "pixels.npy")
        network, history = _train(films, config, work / "best.weights.h5")
        outcome = evaluation.evaluate(
            network,
            films.pixels,
            films.labels,
            rows=films.rows,
            validation=films.positions("val"),
            test=films.positions("test"),
        )
        manifest = Manifest(
            format=FORMAT,
            name=out.name,
            task=_task(films.classes, description),
            input=network_input,
            heatmap=Heatmap(layer=network.heatmap_layer, scale=outcome.heatmap_scale),
            thresholds=outcome.thresholds,
            calibration=outcome.calibration,
            data=export.data_record(
                films.split.cases,
                films.digests,
                films.classes,
                name=data.resolve().name,
                source=description.source,
                licence=description.licence,
            ),
            training=config.as_dict()
            | {
                "parameters": network.model.count_params(),
                "epochs_run": len(history),
                "best_epoch": evaluation.best_epoch(history),
                "minutes": round((time.monotonic() - started) / 60, 1),
            },
            versions=export.library_versions(),
            files={},
        )
        return export.publish(
            out,
            _contents(manifest, network, history, films, outcome, description),
            work=work / "bundle",
            check_pixels=films.pixels[films.rows[:16]],
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Films:
    """What is trained on: cases with their split, and where each lies in the pixel array."""

    classes: tuple[str, ...]
    split: Split
    digests: list[str]
    pixels: NDArray[np.uint8]
    rows: NDArray[np.int64]

    @property
    def labels(self) -> NDArray[np.int64]:
        return np.array([case.label for case in self.split.cases], np.int64)

    def positions(self, part: str) -> NDArray[np.int64]:
        """Positions of a part's cases."""
        return np.flatnonzero([case.split == part for case in self.split.cases])


def _check_call(out: Path, description: Description) -> None:
    """Everything that could fail after training and can be known before it."""
    if out.exists():
        raise DatasetError(
            f"{out.name!r} exists. Nothing is overwritten: choose another name for --out, or "
            "remove that folder first."
        )
    if not BUNDLE_NAME.fullmatch(out.name):
        raise DatasetError(
            f"{out.name!r} cannot name a bundle. Expected letters, digits, '.', '_' and '-', the "
            "first one a letter or digit, such as models/chest-2; choose another --out."
        )
    if description.samples is not None:
        export.sample_images(description.samples)


@contextmanager
def _work_folder(out: Path) -> Iterator[Path]:
    """A folder beside the bundle, so that publishing is one rename; removed afterwards."""
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _prepare(dataset: Dataset, network_input: Input, config: TrainingConfig, file: Path) -> _Films:
    """Decodes every case, leaves out what the app would refuse, and splits the rest."""
    pixels, digests, failed = decode_cases(dataset.cases, network_input, file)
    rows = np.array([row for row in range(len(dataset.cases)) if row not in failed], np.int64)
    digests = [digests[row] for row in rows]
    notes = dataset.notes
    if failed:
        total = len(dataset.cases)
        notes += (f"Left out: {len(failed)} of {total} images ({by_reason(failed)}).",)
    split = split_by_patient(
        Dataset(dataset.classes, [dataset.cases[row] for row in rows], notes),
        digests=digests,
        validation_fraction=config.validation_fraction,
        test_fraction=config.test_fraction,
        seed=config.seed,
    )
    _report(split, dataset.classes)
    return _Films(dataset.classes, split, digests, pixels, rows)


def _report(split: Split, classes: tuple[str, ...]) -> None:
    lines = list(split.notes)
    for part in SPLITS:
        cases = split.part(part)
        counts = ", ".join(
            f"{count} {name}" for name, count in count_by_class(cases, classes).items()
        )
        people = len({case.person for case in cases})
        lines.append(f"{part:5}  {len(cases)} images of {people} patients: {counts}")
    if len(classes) == 2:
        lines.append(f"The positive class is {classes[1]}.")
    print("\n".join(lines), file=sys.stderr)


def _train(films: _Films, config: TrainingConfig, checkpoint: Path) -> tuple[Network, pd.DataFrame]:
    quiet_tensorflow()
    import keras

    from model_training import training
    from model_training.presets.catalogue import PRESETS

    keras.utils.set_random_seed(config.seed)
    preset = PRESETS[config.preset]
    train = films.positions("train")
    counts = np.bincount(films.labels[train], minlength=len(films.classes)).tolist()
    model = preset.build(
        input_shape=films.pixels.shape[1:], output_bias=training.initial_output_bias(counts)
    )
    labels_by_row = np.zeros(len(films.pixels), np.int64)
    labels_by_row[films.rows] = films.labels
    history = training.train(
        model,
        films.pixels,
        labels_by_row,
        train_rows=films.rows[train],
        validation_rows=films.rows[films.positions("val")],
        config=config,
        checkpoint=checkpoint,
    )
    # A model without its optimizer, whose state would triple the size of the bundle.
    bare = keras.Model(model.input, model.output, name=model.name)
    return Network(bare, preset.heatmap_layer), history


def _contents(
    manifest: Manifest,
    network: Network,
    history: pd.DataFrame,
    films: _Films,
    outcome: Outcome,
    description: Description,
) -> export.Contents:
    predictions = export.predictions_table(
        films.split.cases,
        films.digests,
        films.classes,
        outcome.class_logits,
        outcome.probabilities,
    )
    return export.Contents(
        manifest, network, history, predictions, films.split.notes, description.samples
    )


def _task(classes: tuple[str, ...], description: Description) -> Task:
    wording = {name: _word(name) for name in classes if name == name.upper()}
    words = [wording.get(name, name) for name in classes]
    return Task(
        title=description.title or f"{', '.join(words[:-1])} or {words[-1]}",
        classes=classes,
        positive=classes[1] if len(classes) == 2 else None,
        wording=wording,
    )


def _word(name: str) -> str:
    """A folder name in capitals as a reader is told it; `TB` and `DME` stay what they are."""
    words = name.replace("_", " ")
    return words if len(words) <= 3 else words.capitalize()
