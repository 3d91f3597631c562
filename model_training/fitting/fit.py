"""Trains a model on labelled images and publishes it as a verified bundle."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.core.bundles.bundle import FORMAT, Bundle, Data, Heatmap, Manifest, Task
from app.core.errors import DatasetError, OverreadError
from app.core.performance.predictions import select
from model_training.augmentation.shifts import SHIFTS
from model_training.bundling import export
from model_training.bundling.bundle_page import write_page
from model_training.config import TrainingConfig
from model_training.console import say
from model_training.data import film_cache
from model_training.data.datasets import Dataset
from model_training.data.splits import split_table
from model_training.evaluation import evaluation
from model_training.evaluation.evaluation import Outcome
from model_training.evaluation.figures import as_numbers
from model_training.preparation.films import Films, network_input, prepare, report
from model_training.tracking import tracking
from model_training.training import experiment
from model_training.training.experiment import Trained

# The manifest requires this; checked before training rather than after.
BUNDLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

_RUN = "run.json"


@dataclass(frozen=True, slots=True)
class Description:
    """What only a person can say about a model; written to bundle and card.

    Attributes:
        title: Such as `Pneumonia on chest radiographs`; by default the class names.
        data_name: Name of the data.
        source: Where the data come from.
        licence: The data's licence.
        modalities: DICOM modalities the model accepts; empty for any.
        samples: Folder of images to ship with the bundle.
        remarks: Markdown for the card: what was tried, and with what result.
    """

    title: str | None = None
    data_name: str = "data"
    source: str = "not stated"
    licence: str = "not stated"
    modalities: tuple[str, ...] = ()
    samples: Path | None = None
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """How `fit` is run; none of this changes its result.

    Attributes:
        resume: Resume an interrupted run.
        restart: Discard an interrupted run.
        finish: With `resume`: do not train further, but publish the best epoch so far.
        cache: Folder of the cache of decoded films; by default `film_cache.default_folder`.
        track: Whether to log settings, epochs, figures and the bundle to MLflow.
    """

    resume: bool = False
    restart: bool = False
    finish: bool = False
    cache: Path | None = None
    track: bool = False


def fit(
    dataset: Dataset,
    out: Path,
    *,
    config: TrainingConfig,
    description: Description,
    run: Run | None = None,
) -> Bundle:
    """Trains a model and publishes it as a bundle.

    Args:
        dataset: The labelled images.
        out: Folder of the bundle; must not exist. During training, checkpoints are kept next to
            it in a hidden folder, which remains if the run is interrupted.
        config: The settings.
        description: Title, source, licence and the like.
        run: Whether to resume an interrupted run, and where to cache decoded films.

    Returns:
        The bundle, loaded from `out`.

    Raises:
        DatasetError: If the data cannot be trained on, training diverges, `out` exists, or
            there is an interrupted run that is neither resumed nor restarted.
        TrackingError: If MLflow is asked for and does not answer.
        BundleError: If the bundle does not load back as what was trained.

    Example:
        bundle = fit(
            read_dataset(Path("films")),
            Path("models/mine"),
            config=TrainingConfig.from_preset("basic-cnn", epochs=5),
            description=Description(title="Pneumonia on chest radiographs"),
        )
        print(bundle.manifest.thresholds.decision)
    """
    run = run or Run()
    check_out(out, description.samples)
    out.parent.mkdir(parents=True, exist_ok=True)
    with _run_folder(out, run, epochs=config.epochs) as work, _tracked(run, out, config) as noted:
        experiment.check(config, len(dataset.classes))
        films = prepare(
            dataset,
            config=config,
            cache=run.cache or film_cache.default_folder(),
            modalities=description.modalities,
        )
        report(films)
        data = data_record(films, description)
        _check_same_run(work, config, data)
        noted.describe_data(data.fingerprint)
        trained = experiment.train_network(
            films,
            config,
            work=work,
            callbacks=[noted.epoch_callback()] if run.track else (),
            finish=run.finish,
        )
        outcome = evaluation.evaluate(
            trained.network,
            films.pixels,
            films.labels,
            rows=films.rows,
            validation=films.positions("val"),
            test=films.positions("test"),
            threshold_rule=config.threshold_rule,
            shifts=tuple(SHIFTS) if config.shifted_validation else (),
        )
        bundle = publish(
            out,
            films,
            trained,
            outcome,
            config=config,
            description=description,
            work=work,
        )
        if run.track:
            page = work / "figures.html"
            write_page(page, bundle)
            noted.finish(_test_figures(bundle), bundle=out, pages=[page])
        return bundle


def publish(
    out: Path,
    films: Films,
    trained: Trained,
    outcome: Outcome,
    *,
    config: TrainingConfig,
    description: Description,
    work: Path,
    more: Mapping[str, int] | None = None,
) -> Bundle:
    """Writes a trained network as a bundle.

    Args:
        out: Folder of the bundle.
        films: The data, with their split.
        trained: Network and history.
        outcome: Scores, threshold and calibration.
        config: The settings.
        description: Title, source, licence and the like.
        work: Temporary folder on the same file system.
        more: Further entries of the manifest about the training.
    """
    manifest = Manifest(
        format=FORMAT,
        name=out.name,
        task=make_task(films.classes, description.title),
        input=network_input(config, description.modalities),
        heatmap=Heatmap(layer=trained.network.heatmap_layer, scale=outcome.heatmap_scale),
        thresholds=outcome.thresholds,
        calibration=outcome.calibration,
        data=data_record(films, description),
        training=config.as_dict()
        | {
            "parameters": trained.network.model.count_params(),
            "epochs_run": len(trained.history),
            "best_epoch": evaluation.best_epoch(trained.history),
            "minutes": trained.minutes,
        }
        | dict(more or {}),
        versions=export.library_versions(),
        files={},
    )
    predictions = export.predictions_table(
        films.cases,
        films.digests,
        films.groups,
        films.classes,
        outcome.class_logits,
        outcome.probabilities,
    )
    contents = export.Contents(
        manifest,
        trained.network,
        trained.history,
        predictions,
        films.split.notes,
        description.samples,
        split_table(films.split, films.classes, films.digests),
        description.remarks,
    )
    return export.publish(
        out, contents, work=work / "bundle", check_pixels=films.pixels[films.rows[:16]]
    )


def _tracked(run: Run, out: Path, config: TrainingConfig) -> AbstractContextManager[tracking.Run]:
    return tracking.track(
        run.track, experiment="overread fit", run_name=out.name, config=config.as_dict()
    )


def _test_figures(bundle: Bundle) -> dict[str, float]:
    """Figures on the test split, with names MLflow accepts."""
    manifest = bundle.manifest
    test = select(bundle.predictions(), manifest.task, split="test")
    found = as_numbers(test.y_true, test.probabilities, threshold=manifest.thresholds.decision)
    return tracking.for_tracking(found, "test")


def data_record(films: Films, description: Description) -> Data:
    """Counts and fingerprint of the data.

    Args:
        films: The data, with their split.
        description: Name, source and licence of the data.
    """
    return export.data_record(
        films.cases,
        films.digests,
        films.classes,
        name=description.data_name,
        source=description.source,
        licence=description.licence,
        patients_from=films.patients_from,
    )


def check_out(out: Path, samples: Path | None) -> None:
    """Checks before training whatever would make publishing fail afterwards.

    Args:
        out: Folder of the bundle.
        samples: Folder of images to ship with it, or None.

    Raises:
        DatasetError: If `out` exists or is no valid bundle name, or there are no samples.
    """
    if out.exists():
        raise DatasetError(
            f"{out.name!r} exists already and is not overwritten. Choose another name for --out, "
            "or remove that folder first."
        )
    if not BUNDLE_NAME.fullmatch(out.name):
        raise DatasetError(
            f"{out.name!r} is not a valid bundle name. Expected letters, digits, '.', '_' and '-', "
            "starting with a letter or digit, such as models/chest-2; choose another --out."
        )
    if samples is not None:
        export.sample_images(samples)


@contextmanager
def _run_folder(out: Path, run: Run, *, epochs: int) -> Iterator[Path]:
    """The working folder next to the bundle, so that publishing it is a single rename.

    It is removed when the run ends or fails, and kept if the run is interrupted, the disk is full,
    or it is being resumed.
    """
    work = out.parent / f".{out.name}-training"
    state = work / "state.npz"
    if run.resume and not state.is_file():
        raise DatasetError(
            f"There is no interrupted run of {out.name!r} with a finished epoch to resume. Leave "
            "out --resume, or check --out."
        )
    if state.is_file() and not (run.resume or run.restart):
        raise DatasetError(
            f"A run of {out.name!r} was interrupted. Resume it with --resume, or discard it with "
            "--restart."
        )
    if not run.resume:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
    kept = False
    try:
        yield work
    except (KeyboardInterrupt, OSError):
        kept = state.is_file()
        if kept:
            say(_how_to_go_on(state, epochs))
        raise
    except OverreadError:
        kept = run.resume
        raise
    finally:
        if not kept:
            shutil.rmtree(work, ignore_errors=True)


def _how_to_go_on(state: Path, epochs: int) -> str:
    from model_training.training.resume import load_record

    record = load_record(state)
    done = record.epochs_done if record else 0
    return (
        f"Stopped after epoch {done} of {epochs}; the best epoch so far is kept. Run the same "
        "command with --resume to continue, or with --resume --finish to publish the best epoch."
    )


def _check_same_run(work: Path, config: TrainingConfig, data: Data) -> None:
    """Records the options of a new run, and checks those of a resumed one.

    Raises:
        DatasetError: If settings or data differ; the interrupted run is left untouched.
    """
    file = work / _RUN
    about = {**config.as_dict(), "data": data.fingerprint[:16]}
    if not file.is_file():
        file.write_text(json.dumps(about, indent=2), encoding="utf-8")
        return
    before = json.loads(file.read_text(encoding="utf-8"))
    changed = [
        f"{name} was {before.get(name)!r}, now {about.get(name)!r}"
        for name in {**before, **about}
        if before.get(name) != about.get(name)
    ]
    if changed:
        raise DatasetError(
            f"The interrupted run cannot be resumed with these options: {'; '.join(changed)}. Use "
            "the original ones, or discard it with --restart."
        )


def make_task(classes: tuple[str, ...], title: str | None) -> Task:
    """The task of the manifest, with display names for the classes.

    Args:
        classes: Class names in output order; with two, the second is positive.
        title: By default the display names of the classes.
    """
    display_names = {name: _word(name) for name in classes if name == name.upper()}
    words = [display_names.get(name, name) for name in classes]
    return Task(
        title=title or f"{', '.join(words[:-1])} or {words[-1]}",
        classes=classes,
        positive=classes[1] if len(classes) == 2 else None,
        display_names=display_names,
    )


def _word(name: str) -> str:
    """Display name of a folder name in capitals; `TB` and `DME` stay as they are."""
    words = name.replace("_", " ")
    return words if len(words) <= 3 else words.capitalize()
