"""Tracking against a real MLflow server, and against none."""

from __future__ import annotations

import importlib.util
import signal
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from app.core.errors import TrackingError
from model_training.evaluation.finding_figures import numbers_on_test_split
from model_training.tracking import tracking
from tests.model_training.tracking.mlflow_server import Server

# MLflow is imported by the tests that use it: it takes seconds, which the quick tests need not.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("mlflow") is None,
        reason="MLflow is not installed: pip install -e '.[tracking]'",
    ),
]

CONFIG = {"preset": "basic-cnn", "epochs": 2, "ema_momentum": None}


def test_findings_have_names_that_mlflow_accepts():
    from mlflow.utils.validation import _validate_metric_name

    figures = {"AUC COVID+ (left)": 0.9, "AUC Ödem": 0.8, "specificity at 97% sensitivity": 0.7}

    named = tracking.for_tracking(figures, "test")

    assert named == {
        "test AUC COVID_ _left_": 0.9,
        "test AUC Ödem": 0.8,
        "test specificity at 97percent sensitivity": 0.7,
    }
    for name in named:
        _validate_metric_name(name)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("mlflow"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server, monkeypatch):
    """A client of the server that the environment names."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
    from mlflow import MlflowClient

    return MlflowClient(server.address)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """So that a server that is gone is noticed at once, and the environment stays as it was."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "models" / "mine"
    (folder / "samples").mkdir(parents=True)
    (folder / "bundle.json").write_text("{}")
    (folder / "samples" / "1.png").write_bytes(b"film")
    return folder


def opened(name="first", **more):
    return tracking.track(True, experiment="fit", run_name=name, config=CONFIG, **more)


def train_two_epochs(callback):
    """A network of one weight; what matters is that Keras itself calls the callback."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((4, 1), np.float32)
    return model.fit(
        x, 2 * x, validation_data=(x, 2 * x), epochs=2, verbose=0, callbacks=[callback]
    )


def only_run(client, name):
    experiment = client.get_experiment_by_name("fit")
    [run] = [
        run for run in client.search_runs([experiment.experiment_id]) if run.info.run_name == name
    ]
    return run


def artefacts(client, run, folder=None):
    return {file.path for file in client.list_artifacts(run.info.run_id, folder)}


def test_a_run_is_noted_on_the_server(client, bundle, tmp_path):
    page = tmp_path / "curves.html"
    page.write_text("<p>curves</p>")

    with opened() as run:
        run.describe_data("0123abcd")
        history = train_two_epochs(run.epoch_callback()).history
        run.finish({"test_auc": 0.97, "lost": float("nan")}, bundle=bundle, pages=[page])

    noted = only_run(client, "first")
    assert noted.info.status == "FINISHED"
    assert noted.data.params == {"preset": "basic-cnn", "epochs": "2", "ema_momentum": "None"}
    assert noted.data.tags["data_fingerprint"] == "0123abcd"
    assert noted.data.metrics["test_auc"] == 0.97
    assert "lost" not in noted.data.metrics
    losses = client.get_metric_history(noted.info.run_id, "val_loss")
    assert {point.step: point.value for point in losses} == pytest.approx(
        dict(enumerate(history["val_loss"], start=1))
    )
    assert artefacts(client, noted) == {"bundle", "figures"}
    assert artefacts(client, noted, "bundle") == {"bundle/bundle.json", "bundle/samples"}
    assert artefacts(client, noted, "figures") == {"figures/curves.html"}
    kept = client.download_artifacts(noted.info.run_id, "bundle/samples/1.png", str(tmp_path))
    assert Path(kept).read_bytes() == b"film"


def test_the_figures_of_findings_are_noted_for_each(client, findings_bundle):
    """What `fit --track` logs at the end of an any-of model."""
    figures = numbers_on_test_split(findings_bundle)

    with opened("findings") as run:
        run.finish(tracking.for_tracking(figures, "test"))

    assert only_run(client, "findings").data.metrics == {
        "test mean AUC": figures["mean AUC"],
        "test AUC EFFUSION": figures["AUC EFFUSION"],
        "test AUC NODULE": figures["AUC NODULE"],
        "test AUC CARDIOMEGALY": figures["AUC CARDIOMEGALY"],
    }


def test_the_address_of_the_server_is_not_printed(client, capsys):
    with opened("quiet"):
        pass

    printed = capsys.readouterr()
    assert printed.out == ""
    assert str(only_run(client, "quiet").info.run_id) not in printed.err


def test_nothing_of_this_machine_is_sent(client):
    with opened("anonymous"):
        pass

    tags = only_run(client, "anonymous").data.tags
    assert tags == {"mlflow.runName": "anonymous"}


@pytest.mark.parametrize(
    ("stop", "status"), [(KeyboardInterrupt, "KILLED"), (RuntimeError, "FAILED")]
)
def test_a_run_that_ended_early_says_so(client, stop, status):
    with pytest.raises(stop), opened(status):
        raise stop

    assert only_run(client, status).info.status == status


def test_more_figures_than_one_request_takes(client):
    with opened("many") as run:
        run.log_figures({f"figure_{number}": number for number in range(1001)})

    assert len(only_run(client, "many").data.metrics) == 1001


def test_a_server_that_hangs_for_an_epoch_gets_it_later(server, client, monkeypatch, capsys):
    with opened("patient") as run:
        run.log_figures({"val_loss": 0.5}, epoch=1)
        server.signal(signal.SIGSTOP)
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
        run.log_figures({"val_loss": 0.4}, epoch=2)
        run.log_figures({"val_loss": 0.3}, epoch=3)
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
        server.signal(signal.SIGCONT)

    noted = only_run(client, "patient")
    losses = client.get_metric_history(noted.info.run_id, "val_loss")
    assert {point.step: point.value for point in losses} == {1: 0.5, 2: 0.4, 3: 0.3}
    assert len(losses) == 3
    assert noted.info.status == "FINISHED"
    printed = capsys.readouterr().err
    assert "Logging to MLflow failed (INTERNAL_ERROR)" in printed
    assert len(printed.splitlines()) == 1


def test_without_an_address_it_is_kept_in_the_current_folder(tmp_path, monkeypatch, bundle, capsys):
    monkeypatch.chdir(tmp_path)

    with opened(fingerprint="0123abcd") as run:
        run.log_figures({"loss": 1.0}, epoch=1)
        run.finish({}, bundle=bundle)

    from mlflow import MlflowClient

    noted = only_run(MlflowClient("sqlite:///mlflow.db"), "first")
    assert noted.data.metrics == {"loss": 1.0}
    assert noted.data.tags["data_fingerprint"] == "0123abcd"
    assert len(list(tmp_path.glob("mlruns/*/*/artifacts/bundle/bundle.json"))) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "named",
    [
        "http://user:password@127.0.0.1:9",
        "127.0.0.1:5000",
        "sqlite:////dev/null/runs.db",
        "postgresql://user:password@127.0.0.1:9/runs",
        "./mlruns",
    ],
)
def test_a_server_that_does_not_answer_is_one_sentence_at_once(named, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", named)
    started = time.monotonic()

    with pytest.raises(TrackingError, match="MLFLOW_TRACKING"):
        tracking.check(True)
    with pytest.raises(TrackingError) as caught, opened():
        pytest.fail("the work began")

    assert "password" not in str(caught.value)
    assert time.monotonic() - started < 60  # MLflow itself tries for minutes


def test_where_it_is_not_required_the_work_is_done_all_the_same(monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    done = False

    with opened("trial 3", required=False) as run:
        run.log_figures({"loss": 1.0}, epoch=1)
        done = True

    assert done
    assert "trial 3 is not logged" in capsys.readouterr().err


def test_without_mlflow_the_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)

    with pytest.raises(TrackingError, match=r"pip install 'overread\[tracking\]'"):
        tracking.check(True)
    with pytest.raises(TrackingError, match="not installed"), opened():
        pytest.fail("the work began")


def test_without_tracking_mlflow_is_not_touched(monkeypatch, tmp_path, bundle):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())

    tracking.check(False)
    with tracking.track(False, experiment="fit", run_name="x", config=CONFIG) as run:
        run.describe_data("0123")
        train_two_epochs(run.epoch_callback())
        run.finish({"test_auc": 0.9}, bundle=bundle)

    assert set(tmp_path.iterdir()) == before
