"""`overread-train tune` from labelled images to a study, its report and the best as a bundle."""

from __future__ import annotations

import re
from contextlib import redirect_stderr
from io import StringIO

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.pruners import MedianPruner

from app.core.bundles.bundle import load_bundle
from model_training.cli import main
from model_training.tuning.goal import Goal
from model_training.tuning.report import as_text, auc_interval, trials_table
from model_training.tuning.study import require_same
from model_training.tuning.trial_loop import run_trials
from model_training.tuning.trials import WatchEpochs
from model_training.tuning.tune import PRUNING
from tests.model_training.quick_network import QUICK_NETWORK

pytestmark = pytest.mark.slow

AUC = Goal.of(("NORMAL", "PNEUMONIA"))

SETTINGS = [*QUICK_NETWORK, "--augmentation", "none", "--epochs", "2",
            "--validation-fraction", "0.4"]  # fmt: skip
GRID = ["--sampler", "grid", "--search", "batch_size=16", "--search", "learning_rate=1e-3,1e38"]


def tune(data, out, *more):
    return main(["tune", str(data), "--out", str(out), *SETTINGS, *more])


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OVERREAD_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def said():
    """What was said on stderr while `tuned` was made."""
    return []


@pytest.fixture(scope="module")
def tuned(data, tmp_path_factory, said):
    """A grid of two rates, one of which no network survives."""
    folder = tmp_path_factory.mktemp("tuned")
    with redirect_stderr(StringIO()) as stream:
        status = tune(data, folder / "study", *GRID)
    if status != 0:
        raise AssertionError("overread-train tune failed")
    said.append(stream.getvalue())
    return folder / "study"


def test_a_failed_trial_is_reported_in_sentences(tuned, said):
    [line] = [line for line in said[0].splitlines() if "failed: " in line]

    assert "is not finite" in line
    assert ".." not in line


def test_every_combination_is_tried_and_a_failure_is_one_trial(tuned):
    table = pd.read_csv(tuned / "trials.csv")

    tried = {tuple(row) for row in table[["batch_size", "learning_rate"]].to_numpy()}
    assert tried == {(16, 1e-3), (16, 1e38)}
    assert len(table) == 2
    diverged = table["learning_rate"] > 1
    assert set(table.loc[diverged, "state"]) == {"failed"}
    assert table.loc[diverged, "remark"].str.contains("is not finite").all()
    assert set(table.loc[~diverged, "state"]) == {"done"}


def test_a_trials_figure_is_that_of_its_best_epoch(tuned):
    for trial in pd.read_csv(tuned / "trials.csv").query("state == 'done'").itertuples():
        history = pd.read_csv(tuned / "trials" / str(trial.trial) / "history.csv")

        assert history["epoch"].tolist() == [1, 2]
        assert trial.value == history["val_auc"].max()
        assert trial.best_epoch == history["val_auc"].idxmax() + 1
        assert trial.epochs_run == 2


def test_the_folder_holds_no_weights_and_the_page_what_is_needed(tuned):
    page = (tuned / "report.html").read_text()

    assert {path.name for path in tuned.iterdir()} == {
        "study.db", "trials", "trials.csv", "report.html",
    }  # fmt: skip
    assert {path.name for path in tuned.rglob("trials/*/*")} == {"history.csv"}
    for wanted in ("Best trial", "learning rate", "test images were not used"):
        assert wanted in page
    assert "Mustermann" not in page


def test_the_same_call_goes_on_and_the_best_becomes_a_bundle(data, tuned, tmp_path, capsys):
    before = pd.read_csv(tuned / "trials.csv")

    assert tune(data, tuned, *GRID, "--fit-best", str(tmp_path / "best")) == 0

    pd.testing.assert_frame_equal(pd.read_csv(tuned / "trials.csv"), before)
    best = before.loc[before["value"].idxmax()]
    printed = capsys.readouterr().out
    assert f"Best of 2 trials: trial {best['trial']}, validation AUC" in printed
    assert "On the test split:" in printed
    bundle = load_bundle(tmp_path / "best")
    assert bundle.manifest.training["batch_size"] == best["batch_size"]
    history = pd.read_csv(tuned / "trials" / str(best["trial"]) / "history.csv")
    # The same split, seed and settings: on one device, the same network.
    np.testing.assert_allclose(bundle.history()["val_auc"], history["val_auc"], atol=1e-6)


def test_the_spread_over_searched_seeds_is_shown_first(data, tmp_path, capsys):
    searched = ["--sampler", "grid", "--search", "seed=0,1", "--search", "epochs=1,2"]

    assert tune(data, tmp_path / "seeds", *searched) == 0

    told = capsys.readouterr()
    printed = told.out
    assert "--epochs has no effect" in told.err
    trials = pd.read_csv(tmp_path / "seeds" / "trials.csv")
    assert "| epochs | seeds |" in printed
    for epochs, values in trials.groupby("epochs")["value"]:
        assert f"| {epochs}      | 2     | {values.mean():.4g}" in printed
    page = (tmp_path / "seeds" / "report.html").read_text()
    assert "over the seeds" in page
    assert "One line per completed trial" in page


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([*GRID, "--seed", "1"], "(seed, split_seed)"),
        ([*GRID[:-1], "learning_rate=1e-3"], "the searched values (--search) (learning_rate)"),
        ([*GRID, "--patience", "3"], "the other settings (patience)"),
    ],
)
def test_another_study_in_the_same_folder_is_refused(data, tuned, more, message, capsys):
    assert tune(data, tuned, *more) == 1

    printed = capsys.readouterr().err
    assert "'study' cannot be resumed" in printed
    assert "different values of" in printed
    assert message in printed


def test_more_classes_are_judged_by_the_loss(three_data, tmp_path, capsys):
    search = ["--search", "batch_size=16", "--trials", "1", "--test-fraction", "0.35"]

    arguments = [*SETTINGS[:-1], "0.35", "--epochs", "1", *search]
    assert main(["tune", str(three_data), "--out", str(tmp_path / "study"), *arguments]) == 0

    [trial] = pd.read_csv(tmp_path / "study" / "trials.csv").itertuples()
    history = pd.read_csv(tmp_path / "study" / "trials" / "0" / "history.csv")
    assert trial.value == history["val_loss"].min()
    assert re.search(r"validation loss \d\.\d+ \(of \d+ images\)", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        ([], 2, "required: --search"),
        (["--search", "epochz=1,2"], 2, "Did you mean 'epochs'?"),
        (["--search", "epochs=0,2"], 2, "Received epochs=0"),
        (["--search", "epochs=1..5", "--sampler", "grid"], 2, "['epochs'] are ranges"),
        (["--search", "epochs=1,2", "--trials", "0"], 2, "Received trials=0"),
        (["--search", "epochs=1,2", "--fit-best", "my model"], 1, "not a valid bundle name"),
        (["--search", "epochs=1,2", "--storage", "nonsense"], 1, "database cannot be used"),
        (
            ["--search", "epochs=1,2", "--storage", "postgresql://u:password@127.0.0.1:9/x"],
            1,
            "database cannot be used",
        ),
    ],
)
def test_impossible_calls_are_refused_before_training(
    data, tmp_path, monkeypatch, more, status, message, capsys
):
    monkeypatch.chdir(tmp_path)
    try:
        found = tune(data, tmp_path / "study", *more)
    except SystemExit as stop:
        found = stop.code

    printed = capsys.readouterr().err
    assert found == status
    assert message in printed
    assert "epoch 1" not in printed
    assert "password" not in printed
    assert "Traceback" not in printed


def test_a_server_that_does_not_answer_is_reported_before_training(
    data, tmp_path, monkeypatch, capsys
):
    pytest.importorskip("mlflow", reason="MLflow is not installed: pip install -e '.[tracking]'")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    assert tune(data, tmp_path / "study", "--search", "epochs=1", "--track") == 1

    assert "MLflow does not answer" in capsys.readouterr().err
    assert not (tmp_path / "study").exists()


def test_a_bad_trial_is_pruned_and_a_good_one_is_not(tmp_path):
    def objective(trial):
        objective.number = trial.number
        trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
        watch = WatchEpochs(trial, AUC)
        level = 0.6 if trial.number in (5, 7) else 0.9
        for epoch in range(10):
            watch.on_epoch_end(epoch, {"val_auc": level + epoch / 100, "loss": 1.0})
        return watch.value

    objective.number = None
    study = optuna.create_study(direction="maximize", pruner=MedianPruner(**PRUNING))
    run_trials(study, objective, trials=9, metric="validation AUC")

    table = trials_table(study)
    assert table.query("state == 'pruned'")["trial"].tolist() == [5, 7]
    assert table["epochs_run"].tolist() == [10, 10, 10, 10, 10, 3, 10, 3, 10]
    assert study.best_value == pytest.approx(0.99)


def test_epochs_without_a_number_do_not_count():
    trial = optuna.create_study(direction="maximize").ask()
    watch = WatchEpochs(trial, AUC)
    assert np.isnan(watch.value)

    for epoch, value in enumerate([float("nan"), 0.7, float("nan"), 0.6]):
        watch.on_epoch_end(epoch, {"val_auc": value})

    assert watch.value == 0.7
    assert trial.user_attrs["best_epoch"] == 2
    assert len(watch.rows) == 4


def test_auc_interval_worked_by_hand():
    """A = 0.8, 2 positives, 3 negatives: Q1 = 0.8 / 1.2, Q2 = 1.28 / 1.8."""
    low, high = auc_interval(0.8, positives=2, negatives=3)

    variance = (0.16 + (2 / 3 - 0.64) + 2 * (1.28 / 1.8 - 0.64)) / 6
    assert variance == pytest.approx(0.054815, abs=1e-6)
    assert low == pytest.approx(0.8 - 1.959964 * variance**0.5, abs=1e-6)
    assert high == 1.0


def test_auc_interval_against_simulation():
    """For exponential scores, the case the formula is exact for."""
    generator = np.random.default_rng(0)
    positives = generator.exponential(4.0, (20_000, 30))
    negatives = generator.exponential(1.0, (20_000, 20))
    aucs = np.mean(positives[:, :, None] > negatives[:, None, :], axis=(1, 2))

    low, high = auc_interval(0.8, positives=30, negatives=20)

    assert aucs.mean() == pytest.approx(0.8, abs=0.002)
    assert (high - low) / 2 / 1.959964 == pytest.approx(aucs.std(), rel=0.02)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.000 (no interval: perfect separation; 50 images)"),
        (0.9, "0.900 (95 % interval 0.815 to 0.985; 50 images)"),
    ],
)
def test_the_best_figure_has_its_denominator(value, text):
    study = optuna.create_study(direction="maximize")
    require_same(study, {"the validation split": {"NORMAL": 20, "PNEUMONIA": 30}})
    study.optimize(lambda trial: trial.set_user_attr("best_epoch", 7) or value, n_trials=1)

    assert f"validation AUC {text} at epoch 7." in as_text(study, AUC)
