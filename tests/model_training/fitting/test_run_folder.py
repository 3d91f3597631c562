"""What is left of a run that ends early."""

import json

import numpy as np
import pytest

from app.core.errors import DatasetError
from model_training.fitting.run_folder import Run, run_folder


def end_with(error, out, *, epochs_done):
    with pytest.raises(type(error)):
        train(error, out, epochs_done=epochs_done)


def train(error, out, *, epochs_done):
    with run_folder(out, Run(), epochs=5) as work:
        if epochs_done:
            record = json.dumps({"rows": [{"loss": 1.0}] * epochs_done}).encode()
            np.savez(work / "state.npz", record=np.frombuffer(record, np.uint8))
        raise error


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), OSError(28, "full"), MemoryError(), RuntimeError("of Keras")]
)
def test_finished_epochs_are_kept_whatever_ended_the_run(error, tmp_path, capsys):
    end_with(error, tmp_path / "mine", epochs_done=2)

    assert (tmp_path / ".mine-training" / "state.npz").is_file()
    assert "Stopped after epoch 2 of 5" in capsys.readouterr().err


@pytest.mark.parametrize("error", [RuntimeError("at once"), DatasetError("wrong option")])
def test_a_run_without_a_finished_epoch_leaves_nothing(error, tmp_path):
    end_with(error, tmp_path / "mine", epochs_done=0)

    assert list(tmp_path.iterdir()) == []


def test_a_run_whose_options_are_refused_leaves_nothing(tmp_path):
    end_with(DatasetError("wrong option"), tmp_path / "mine", epochs_done=1)

    assert list(tmp_path.iterdir()) == []
