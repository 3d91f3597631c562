"""One trial of a study: trains with its values and returns the validation figure."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path

import keras
import optuna
import pandas as pd
import tensorflow as tf
from optuna.storages import RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, Trial, TrialState

from app.core.errors import DatasetError, OverreadError
from model_training.bundling.data_record import fingerprint
from model_training.config import TrainingConfig
from model_training.data.datasets import Dataset
from model_training.preparation.accepted import Accepted
from model_training.preparation.films import Films, network_input, prepare
from model_training.tracking import tracking
from model_training.training import experiment
from model_training.tuning.goal import Goal
from model_training.tuning.search_space import Choices, Dimension, Value, with_values
from model_training.tuning.study import REASON, FailedTrial


class TrialFilms:
    """The decoded films for each input size, of the same images in the same splits."""

    def __init__(
        self, dataset: Dataset, *, base: TrainingConfig, cache: Path, accepted: Accepted
    ) -> None:
        """Decodes the films for the base settings.

        Args:
            dataset: The labelled images.
            base: The settings that are not searched.
            cache: Folder of the cache of decoded films.
            accepted: Which films the models are for.
        """
        self._dataset, self._cache, self._accepted = dataset, cache, accepted
        self.first = self._prepare(base)
        self.fingerprint = _fingerprint(self.first)
        self._by_input = {network_input(base): self.first}

    def of(self, config: TrainingConfig) -> Films:
        """The films at the size and channels of a configuration.

        Raises:
            DatasetError: If other images can be decoded with it than with the base settings.
        """
        wanted = network_input(config)
        if wanted not in self._by_input:
            films = self._prepare(config)
            if _fingerprint(films) != self.fingerprint:
                raise DatasetError(
                    f"With {config.channels} channels a different set of images can be decoded, "
                    "so the trial could not be compared. Search channels in separate studies."
                )
            self._by_input[wanted] = films
        return self._by_input[wanted]

    def _prepare(self, config: TrainingConfig) -> Films:
        experiment.check(config, len(self._dataset.classes), self._dataset.task)
        return prepare(self._dataset, config=config, cache=self._cache, accepted=self._accepted)


class Objective:
    """Trains one trial and returns its figure.

    Attributes:
        number: Number of the last trial; None before the first.
    """

    def __init__(
        self,
        films: TrialFilms,
        base: TrainingConfig,
        dimensions: Sequence[Dimension],
        *,
        goal: Goal,
        out: Path,
        experiment_name: str | None,
    ) -> None:
        """Prepares an objective for `run_trials`.

        Args:
            films: The decoded films.
            base: The settings that are not searched.
            dimensions: The settings that are, and their values.
            goal: The figure to return.
            out: Folder of the study.
            experiment_name: MLflow experiment of the trials; None to track nothing.
        """
        self._films, self._base, self._dimensions = films, base, dimensions
        self._goal, self._out, self._experiment = goal, out, experiment_name
        self.number: int | None = None

    def __call__(self, trial: Trial) -> float:
        """Returns the best figure of any epoch; writes the epochs to `trials/N/history.csv`.

        Raises:
            FailedTrial: If it could not be trained, be it a `DatasetError` or too little memory.
            optuna.TrialPruned: If it was unpromising.
        """
        self.number = trial.number
        values = {dimension.name: _suggest(trial, dimension) for dimension in self._dimensions}
        same = _trained_before(trial)
        if same is not None and same.value is not None:
            trial.set_user_attr("same_as", same.number)
            for name in {"best_epoch", "other_figures"} & set(same.user_attrs):
                trial.set_user_attr(name, same.user_attrs[name])
            return same.value
        watch = WatchEpochs(trial, self._goal)
        try:
            self._train(values, watch)
            if not isfinite(watch.value):
                raise DatasetError(f"The {self._goal.metric} is not a finite number in any epoch.")
        except (OverreadError, ValueError, tf.errors.ResourceExhaustedError) as error:
            # TensorFlow's messages run to pages.
            trial.set_user_attr(REASON, str(error).strip().splitlines()[0])
            raise FailedTrial from None
        finally:
            watch.write(self._out / "trials" / str(trial.number) / "history.csv")
        if watch.pruned:
            raise optuna.TrialPruned
        return watch.value

    def _train(self, values: dict[str, Value], watch: WatchEpochs) -> None:
        keras.utils.clear_session()
        config = with_values(self._base, values)
        films = self._films.of(config)
        with (
            _work_folder(self._out / "trials", watch.numbers) as work,
            tracking.track(
                self._experiment is not None,
                experiment=self._experiment or "",
                run_name=f"trial {self.number}",
                config=config.as_dict(),
                fingerprint=self._films.fingerprint,
                required=False,
            ) as run,
        ):
            try:
                experiment.train_network(
                    films, config, work=work, callbacks=[watch, run.epoch_callback()]
                )
            except optuna.TrialPruned:
                watch.pruned = True
            run.finish({f"best_{self._goal.column}": watch.value})


class WatchEpochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Records the figures of every epoch, reports them to the study, and stops a pruned trial."""

    def __init__(self, trial: Trial, goal: Goal) -> None:
        """Watches one trial.

        Args:
            trial: The trial to report to.
            goal: The figure to report.
        """
        super().__init__()
        self._trial, self._goal = trial, goal
        self.rows: list[dict[str, float]] = []
        self.pruned = False

    @property
    def numbers(self) -> list[int]:
        """The number of the trial, and those of its interrupted attempts."""
        frozen = self._trial.study.get_trials(deepcopy=False)[self._trial.number]
        return [frozen.number, *RetryHeartbeatStaleTrialCallback.retry_history(frozen)]

    @property
    def value(self) -> float:
        """The best figure so far; NaN before the first."""
        best = self._goal.best(self.rows)
        return float("nan") if best is None else self.rows[best][self._goal.column]

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Records the figures of an epoch and reports them.

        Args:
            epoch: From 0.
            logs: Figures by name.

        Raises:
            optuna.TrialPruned: If the study decides to stop this trial.
        """
        row = {name: float(value) for name, value in (logs or {}).items()}
        self.rows.append({"epoch": epoch + 1, **row})
        best = self._goal.best(self.rows)
        if best is not None:
            self._trial.set_user_attr("best_epoch", best + 1)
            others = {
                name: value
                for name, value in self.rows[best].items()
                if name.startswith("val_") and name != self._goal.column
            }
            self._trial.set_user_attr("other_figures", others)
        if isfinite(row[self._goal.column]):
            self._trial.report(row[self._goal.column], step=epoch + 1)
        if self._trial.should_prune():
            raise optuna.TrialPruned

    def write(self, file: Path) -> None:
        """Writes one row per epoch, if there was any."""
        if self.rows:
            file.parent.mkdir(parents=True, exist_ok=True)
            pd.DataFrame(self.rows).to_csv(file, index=False)


@contextmanager
def _work_folder(trials: Path, numbers: Sequence[int]) -> Iterator[Path]:
    """The working folder of the first number; removes those that killed processes left."""
    folders = [trials / str(number) / "work" for number in numbers]
    folders[0].mkdir(parents=True, exist_ok=True)
    try:
        yield folders[0]
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


def _suggest(trial: Trial, dimension: Dimension) -> Value:
    if isinstance(dimension, Choices):
        return trial.suggest_categorical(dimension.name, dimension.values)
    if isinstance(dimension.low, int):
        return trial.suggest_int(
            dimension.name, dimension.low, int(dimension.high), log=dimension.log
        )
    return trial.suggest_float(dimension.name, dimension.low, dimension.high, log=dimension.log)


def _trained_before(trial: Trial) -> FrozenTrial | None:
    """An earlier trial with the same values, which would give the same figure."""
    earlier = trial.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return next((other for other in earlier if other.params == trial.params), None)


def _fingerprint(films: Films) -> str:
    return fingerprint(films.cases, films.digests, films.classes)
