"""Trains a model on labelled images and publishes it as a verified bundle."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from app.core.bundles.bundle import Bundle
from model_training.bundling.bundle_page import write_page
from model_training.config import TrainingConfig
from model_training.data import film_cache
from model_training.data.datasets import Dataset
from model_training.evaluation.films_evaluation import evaluate_films
from model_training.evaluation.finding_figures import numbers_on_test_split
from model_training.fitting.publishing import Description, describe_data, publish
from model_training.fitting.run_folder import Run, check_out, check_same_run, run_folder
from model_training.preparation.films import prepare, report
from model_training.tracking import tracking
from model_training.training import experiment


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
    with run_folder(out, run, epochs=config.epochs) as work, _tracked(run, out, config) as noted:
        experiment.check(config, len(dataset.classes), dataset.task)
        films = prepare(
            dataset,
            config=config,
            cache=run.cache or film_cache.default_folder(),
            accepted=description.accepted,
        )
        report(films)
        data = describe_data(films, description)
        check_same_run(work, config, data)
        noted.describe_data(data.fingerprint)
        trained = experiment.train_network(
            films,
            config,
            work=work,
            callbacks=[noted.epoch_callback()] if run.track else (),
            finish=run.finish,
        )
        outcome = evaluate_films(trained.network, films, config, test=films.positions("test"))
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


def _tracked(run: Run, out: Path, config: TrainingConfig) -> AbstractContextManager[tracking.Run]:
    return tracking.track(
        run.track, experiment="overread fit", run_name=out.name, config=config.as_dict()
    )


def _test_figures(bundle: Bundle) -> dict[str, float]:
    """Figures on the test split, with names MLflow accepts."""
    return tracking.for_tracking(numbers_on_test_split(bundle), "test")
