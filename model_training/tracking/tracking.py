"""Logs runs to MLflow, in the current folder or on a tracking server.

MLflow is optional, so it is imported on first use. It chooses the location itself: the
address in `MLFLOW_TRACKING_URI`, else `mlflow.db` and `mlruns/` in the current folder, which
`mlflow ui` displays. No file name of the data is sent, but the bundle contains
`predictions.csv`, with paths and patient IDs of the held-out films.

Reference:
    - Zaharia et al., Accelerating the Machine Learning Lifecycle with MLflow (2018),
      http://sites.computer.org/debull/A18dec/p39.pdf
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.errors import TrackingError
from app.core.networks.network import silence_tensorflow
from model_training.tracking import server

if TYPE_CHECKING:
    import keras
    from mlflow import MlflowClient
    from mlflow.entities import Metric

# Characters that MLflow refuses in a name, and with it all figures that are sent together.
_REFUSED = re.compile(r"[^\w .-]")

_METRICS_A_REQUEST = 1000  # the most MLflow accepts at once


class Run:
    """One run in MLflow; without a client, every call does nothing.

    A failure to log never stops a training: it is reported once on stderr, and the figures of the
    epochs are kept and sent with those of a later epoch.
    """

    def __init__(self, client: MlflowClient | None = None, run_id: str = "") -> None:
        """Wraps a run that has been started.

        Args:
            client: None to log nothing.
            run_id: Identifier of the run.
        """
        self._client, self._id = client, run_id
        self._unsent: list[Metric] = []
        self._refused = False

    def describe_data(self, fingerprint: str) -> None:
        """Logs the fingerprint of files, labels, patients and split that the bundle records."""
        self._note("set_tag", "data_fingerprint", fingerprint)

    def epoch_callback(self) -> keras.callbacks.Callback:
        """A callback that logs each epoch's figures; goes after callbacks that add figures."""
        silence_tensorflow()
        from keras.callbacks import LambdaCallback

        return LambdaCallback(
            on_epoch_end=lambda epoch, logs: self.log_figures(logs or {}, epoch=epoch + 1)
        )

    def log_figures(self, figures: Mapping[str, float], *, epoch: int = 0) -> None:
        """Logs figures by name; those that are not finite are skipped.

        Args:
            figures: Values by name.
            epoch: From 1; 0 for figures of the whole run.
        """
        if self._client is None:
            return
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._unsent += [
            Metric(name, float(value), now, epoch)
            for name, value in figures.items()
            if isfinite(value)
        ]
        while self._unsent:
            metrics = self._unsent[:_METRICS_A_REQUEST]
            if not self._note("log_batch", metrics):
                return
            self._unsent = self._unsent[len(metrics) :]

    def finish(
        self,
        figures: Mapping[str, float],
        *,
        bundle: Path | None = None,
        pages: Sequence[Path] = (),
    ) -> None:
        """Logs the results.

        Args:
            figures: Test figures by name, such as `test AUC`.
            bundle: Folder of the bundle, stored as the artefact `bundle`.
            pages: Report and plot files, stored below `figures`.
        """
        self.log_figures(figures)
        for page in pages:
            self._note("log_artifact", page, "figures")
        if bundle is not None:
            self._note("log_artifacts", bundle, "bundle")

    def end(self, status: str) -> None:
        """Closes the run as `FINISHED`, `FAILED` or `KILLED`."""
        self.log_figures({})
        self._note("set_terminated", status)

    def _note(self, method: str, *values: object) -> bool:
        """Whether MLflow accepted it; the first failure prints a warning."""
        if self._client is None:
            return False
        try:
            getattr(self._client, method)(self._id, *values)
        except server.failures() as error:
            if not self._refused:
                print(
                    f"Logging to MLflow failed ({server.reason(error)}). Training continues; the "
                    "figures of the epochs will be sent again later, files will not.",
                    file=sys.stderr,
                )
            self._refused = True
            return False
        return True


def for_tracking(figures: Mapping[str, float], split_name: str) -> dict[str, float]:
    """Renames figures to names MLflow accepts, such as `test AUC`.

    Args:
        figures: Values by name.
        split_name: Put before each name.
    """
    return {
        _REFUSED.sub("_", f"{split_name} {name}".replace("%", "percent")): value
        for name, value in figures.items()
    }


@contextmanager
def track(
    enabled: bool,
    *,
    experiment: str,
    run_name: str,
    config: Mapping[str, object],
    fingerprint: str | None = None,
    required: bool = True,
) -> Iterator[Run]:
    """Opens a run, logs its settings, and closes it with the status it ended with.

    Args:
        enabled: If False, the run logs nothing and MLflow is not needed.
        experiment: Name of the MLflow experiment; created if new.
        run_name: Name in the list of runs.
        config: Flat settings.
        fingerprint: Fingerprint of the data if known by now; else use `Run.describe_data`.
        required: Whether MLflow must answer; if False, a failure prints a warning.

    Raises:
        TrackingError: If MLflow is not installed, or does not answer and is required.
    """
    run = Run()
    if enabled:
        try:
            run = _open(experiment, run_name, config)
        except TrackingError as error:
            if required:
                raise
            print(f"{run_name} is not logged: {error}", file=sys.stderr)
    if fingerprint is not None:
        run.describe_data(fingerprint)
    try:
        yield run
    except KeyboardInterrupt:
        run.end("KILLED")
        raise
    except BaseException:
        run.end("FAILED")
        raise
    run.end("FINISHED")


def check(enabled: bool) -> None:
    """Checks that MLflow answers, before hours of training.

    Raises:
        TrackingError: If MLflow is not installed or does not answer.
    """
    if enabled:
        with server.as_sentence():
            server.client().search_experiments(max_results=1)


def _open(experiment: str, run_name: str, config: Mapping[str, object]) -> Run:
    with server.as_sentence():
        client = server.client()
        run = client.create_run(_experiment_id(client, experiment), run_name=run_name)
        from mlflow.entities import Param

        settings = [Param(name, str(value)) for name, value in config.items()]
        client.log_batch(run.info.run_id, params=settings)
    return Run(client, run.info.run_id)


def _experiment_id(client: MlflowClient, name: str) -> str:
    from mlflow import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name))
        except MlflowException:
            found = client.get_experiment_by_name(name)  # another process created it first
            if found is None:
                raise
    return str(found.experiment_id)
