"""How trials are drawn, counted, shared and gone on with: with objectives that cost nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import numpy as np
import pytest
from optuna.pruners import NopPruner

from app.core.errors import StudyError
from model_training.config import TrainingConfig
from model_training.tuning import study as studies
from model_training.tuning.report import trials_table
from model_training.tuning.search_space import grid, parse_search
from model_training.tuning.study import (
    REASON,
    FailedTrial,
    finished,
    make_sampler,
    open_study,
    require_same,
)  # fmt: skip
from model_training.tuning.trial_loop import run_trials

pytestmark = pytest.mark.slow

BASE = TrainingConfig.from_preset("basic-cnn")


def opened(folder, sampler="tpe", *, texts=("learning_rate=1e-4..1e-1:log",), seed=0):
    """A study of the folder and what it searches."""
    dimensions = parse_search(texts, BASE)
    values = grid(dimensions, BASE) if sampler == "grid" else {}
    study = open_study(
        f"sqlite:///{folder}/study.db",
        name="study",
        maximise=True,
        sampler=make_sampler(sampler, grid=values, seed=seed),
        pruner=NopPruner(),
    )
    require_same(study, {"the validation split": {"NORMAL": 20, "PNEUMONIA": 30}})
    return study


class Cheap:
    """An objective whose best rate is 0.01; `stop` ends it in the trial of that number."""

    def __init__(self, stop=None, error=KeyboardInterrupt):
        self.number, self.stop, self.error = None, stop, error

    def __call__(self, trial):
        self.number = trial.number
        rate = trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
        if trial.number == self.stop:
            raise self.error
        return 1 - (np.log10(rate) + 2) ** 2 / 10


class CheapGrid(Cheap):
    def __call__(self, trial):
        self.number = trial.number
        epochs = trial.suggest_categorical("epochs", (10, 20, 30))
        size = trial.suggest_categorical("batch_size", (16, 32))
        if trial.number == self.stop:
            raise self.error
        return epochs / size


def drawn(study):
    return [trial.params["learning_rate"] for trial in finished(study)]


# TPE draws its first ten trials at random.
@pytest.mark.parametrize(("sampler", "stops"), [("random", (1, 3)), ("tpe", (1, 12))])
def test_a_study_that_is_gone_on_with_draws_what_one_in_a_piece_does(tmp_path, sampler, stops):
    for folder in ("whole", "parts", "other"):
        (tmp_path / folder).mkdir()
    whole = opened(tmp_path / "whole", sampler)
    run_trials(whole, Cheap(), trials=stops[-1], metric="AUC")
    for trials in stops:
        run_trials(opened(tmp_path / "parts", sampler), Cheap(), trials=trials, metric="AUC")
    other = opened(tmp_path / "other", sampler, seed=1)
    run_trials(other, Cheap(), trials=2, metric="AUC")

    values = drawn(whole)
    assert drawn(opened(tmp_path / "parts", sampler)) == values
    assert len(set(values)) == stops[-1]
    assert drawn(other) != values[:2]


def test_tpe_looks_where_earlier_trials_were_good(tmp_path):
    study = opened(tmp_path)
    run_trials(study, Cheap(), trials=24, metric="AUC")

    # Half of what is drawn at random is more than 0.75 decades away from the best rate.
    distance = np.abs(np.log10(drawn(study)) + 2)
    assert np.median(distance[10:]) < 0.4


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_a_trial_that_is_stopped_is_tried_again_first(tmp_path, error, capsys):
    texts = ("epochs=10,20,30", "batch_size=16,32")
    with pytest.raises((KeyboardInterrupt, OSError)):
        run_trials(
            opened(tmp_path, "grid", texts=texts), CheapGrid(2, error), trials=6, metric="AUC"
        )
    stopped = opened(tmp_path, "grid", texts=texts).get_trials()[2]
    said = capsys.readouterr().err

    study = opened(tmp_path, "grid", texts=texts)
    run_trials(study, CheapGrid(), trials=6, metric="AUC")

    assert trials_table(study)["state"].tolist() == [
        "done", "done", "interrupted", "done", "done", "done", "done",
    ]  # fmt: skip
    assert study.get_trials()[3].params == stopped.params
    tried = {tuple(trial.params.items()) for trial in finished(study)}
    assert len(tried) == 6
    if error is KeyboardInterrupt:
        assert "2 of 6 trials" in said


WORKER = """
import sys
from tests.model_training.tuning.test_study import Cheap, opened, run_trials
from pathlib import Path
import time
class Slow(Cheap):
    def __call__(self, trial):
        value = super().__call__(trial)
        print("running", flush=True)
        time.sleep(float(sys.argv[2]))
        return value
run_trials(opened(Path(sys.argv[1]), "random"), Slow(), trials=int(sys.argv[3]), metric="AUC")
"""


def start_worker(folder, *, seconds, trials):
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder), str(seconds), str(trials)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for_heartbeat(database):
    """A process that was killed in its first milliseconds is not known to have been there."""
    with closing(sqlite3.connect(database)) as connection:
        while not connection.execute("select count(*) from trial_heartbeats").fetchone()[0]:
            time.sleep(0.05)


def test_two_processes_share_one_study(tmp_path):
    workers = [start_worker(tmp_path, seconds=0.1, trials=20) for _ in range(2)]
    done = [worker.communicate(timeout=120) for worker in workers]

    assert [worker.returncode for worker in workers] == [0, 0], done
    shares = [output.count("running") for output, _ in done]
    values = drawn(opened(tmp_path, "random"))
    assert len(set(values)) == len(values) == sum(shares)
    assert 20 <= len(values) <= 21


def test_a_killed_processs_trial_goes_to_another(tmp_path, monkeypatch, capsys):
    worker = start_worker(tmp_path, seconds=600, trials=1)
    assert worker.stdout.readline() == "running\n"
    wait_for_heartbeat(tmp_path / "study.db")
    os.kill(worker.pid, signal.SIGKILL)
    worker.communicate()
    with pytest.raises(StudyError, match="another process is running all of them"):
        run_trials(opened(tmp_path, "random"), Cheap(), trials=1, metric="AUC")
    assert "1 of the 1 trials" in capsys.readouterr().err

    monkeypatch.setattr(studies, "SILENCE_SECONDS", 1)
    time.sleep(2.5)  # the database notes whole seconds
    study = opened(tmp_path, "random")
    run_trials(study, Cheap(), trials=1, metric="AUC")

    first, second = study.get_trials()
    assert trials_table(study)["state"].tolist() == ["interrupted", "done"]
    assert second.params == first.params


def test_when_every_trial_fails_the_reasons_are_reported(tmp_path):
    def fails(trial):
        fails.number = trial.number
        trial.set_user_attr(REASON, "Training diverged.")
        raise FailedTrial

    with pytest.raises(StudyError, match=r"None of 3 trials .* Training diverged"):
        run_trials(opened(tmp_path), fails, trials=3, metric="AUC")
