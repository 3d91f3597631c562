"""A run that is stopped, by real signals."""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import redirect_stderr
from io import StringIO

import keras
import numpy as np
import pandas as pd
import pytest

from app.core.bundles.bundle import load_bundle
from model_training.cli import main
from model_training.training.resume import (
    Record,
    RecordEpochs,
    load_record,
    seconds_trained,
)
from tests.full_disk import files_up_to
from tests.model_training.quick_network import QUICK_NETWORK

pytestmark = pytest.mark.slow

# Everything whose memory must survive: averaged weights, dropout, rate, early stopping, mixing.
SETTINGS = [
    *QUICK_NETWORK, "--head", "flatten", "--dense-units", "64", "--dense-dropout", "0.3",
    "--epochs", "4", "--batch-size", "8",
    "--validation-fraction", "0.4", "--augmentation", "mixup", "--ema-momentum", "0.8",
    "--imbalance", "both", "--seed", "5",
]  # fmt: skip


def arguments(data, out, *more):
    return ["fit", str(data), "--out", str(out), *SETTINGS, *more]


class InterruptedAfter(StringIO):
    """Standard error of a run that gets Ctrl-C's signal once it has told of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def write(self, text):
        written = super().write(text)
        if text.startswith(f"epoch {self.epoch}/"):
            signal.raise_signal(signal.SIGINT)
        return written


@pytest.fixture(scope="module")
def straight(data, tmp_path_factory):
    """The run that was never stopped."""
    out = tmp_path_factory.mktemp("straight") / "mine"
    assert main(arguments(data, out)) == 0
    return load_bundle(out)


@pytest.fixture(scope="module")
def killed(data, tmp_path_factory):
    """Where a run, in a process of its own, was killed in the midst of its third epoch."""
    out = tmp_path_factory.mktemp("killed") / "mine"
    process = subprocess.Popen(
        [sys.executable, "-m", "model_training.cli", *arguments(data, out)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stderr:
        if line.startswith("epoch 2/4"):
            os.kill(process.pid, signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    return out


def left_by(killed, folder):
    """A copy of what the killed run left, for a test that resumes it."""
    shutil.copytree(killed.parent / ".mine-training", folder / ".mine-training")
    return folder / "mine"


def test_a_stopped_run_is_neither_overwritten_nor_mixed_up(data, killed, capsys):
    assert not killed.exists()

    assert main(arguments(data, killed)) == 1
    assert "was interrupted. Resume it with --resume" in capsys.readouterr().err

    assert main(arguments(data, killed, "--resume", "--learning-rate", "0.5")) == 1
    error = capsys.readouterr().err
    assert "learning_rate was 0.001, now 0.5" in error
    assert (killed.parent / ".mine-training" / "state.npz").is_file()


def test_a_killed_run_ends_as_one_that_was_never_stopped(data, killed, straight, tmp_path, capsys):
    out = left_by(killed, tmp_path)

    assert main(arguments(data, out, "--resume")) == 0

    trained = [line.split()[1] for line in capsys.readouterr().err.splitlines() if "epoch " in line]
    assert trained[-1] == "4/4"
    assert "1/4" not in trained
    resumed = load_bundle(out)
    pd.testing.assert_frame_equal(resumed.history(), straight.history(), rtol=1e-4)
    np.testing.assert_allclose(
        resumed.predictions()["logit"], straight.predictions()["logit"], rtol=1e-3, atol=1e-4
    )
    assert not (tmp_path / ".mine-training").exists()


def test_ctrl_c_says_how_to_resume_and_the_best_epoch_can_be_published(data, tmp_path):
    out = tmp_path / "mine"
    # Where the tests run in the background, it is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    try:
        with redirect_stderr(InterruptedAfter(1)) as said:
            status = main(arguments(data, out))
    finally:
        signal.signal(signal.SIGINT, before)

    error = said.getvalue()
    assert status == 130
    assert "Stopped after epoch 1 of 4; the best epoch so far is kept." in error
    assert "--resume" in error
    assert "Traceback" not in error
    assert main(arguments(data, out, "--resume", "--finish")) == 0
    assert load_bundle(out).manifest.training["epochs_run"] == 1


# Half the network's weights.
FULL = 500_000


def test_a_full_disk_at_the_first_epoch_is_a_sentence(data, tmp_path, capsys):
    with files_up_to(FULL):
        assert main(arguments(data, tmp_path / "mine")) == 1

    said = capsys.readouterr().err
    last = said.splitlines()[-1]
    assert last.startswith("overread-train: File too large. Check the folders")
    assert last.endswith("nothing was published.")
    assert "Traceback" not in said
    assert str(tmp_path) not in said
    assert not list(tmp_path.iterdir())


def test_a_full_disk_at_a_later_epoch_loses_nothing(data, killed, tmp_path, capsys):
    out, work = left_by(killed, tmp_path), tmp_path / ".mine-training"
    before = {path.name: path.stat().st_size for path in work.glob("[!.]*")}

    with files_up_to(FULL):
        assert main(arguments(data, out, "--resume")) == 1

    said = capsys.readouterr().err
    assert re.search(r"Stopped after epoch \d of 4; the best epoch so far is kept", said)
    assert "--resume" in said
    assert "File too large" in said
    assert {path.name: path.stat().st_size for path in work.iterdir()} == before
    assert main(arguments(data, out, "--resume", "--finish")) == 0


def test_there_must_be_something_to_resume(data, tmp_path, capsys):
    assert main(arguments(data, tmp_path / "mine", "--resume")) == 1

    assert "no interrupted run of 'mine'" in capsys.readouterr().err


def test_the_minutes_of_earlier_calls_count_too(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    file = tmp_path / "state.npz"

    for _ in range(2):
        record = load_record(file) or Record(seconds=60.0)
        before = record.seconds
        model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0,
                  callbacks=[RecordEpochs(record, [], file)])  # fmt: skip
        assert before < seconds_trained(file) < before + 30
