"""Options that the other settings make no use of are not taken in silence."""

import argparse

import pytest

from model_training.cli import main
from model_training.commands.setting_options import add_settings
from model_training.commands.settings import (
    chosen_settings,
    require_used,
    say_unused,
)
from model_training.commands.tracking import say_where
from model_training.config import TrainingConfig
from model_training.data.datasets import Dataset


def given(*arguments):
    """The options and the settings of a call."""
    parser = argparse.ArgumentParser()
    add_settings(parser)
    options = parser.parse_args(["--preset", "basic-cnn", *arguments])
    return options, TrainingConfig.from_preset(options.preset, **chosen_settings(options))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--decay-epochs", "5"], "`decay_epochs` is used only with schedule='exponential'."),
        (["--warmup-epochs", "0"], "used only with schedule='cosine'. Received schedule='plateau'"),
        (["--weight-decay", "0.1"], "used only with optimizer='adamw'. Received optimizer='adam'"),
        (["--fine-tuning-rate", "1e-5"], "used only after frozen epochs. Received frozen_epochs=0"),
    ],
)
@pytest.mark.parametrize("command", ["fit", "crossval", "tune"])
def test_an_option_without_effect_is_refused_at_once(command, arguments, message, tmp_path, capsys):
    call = [command, str(tmp_path / "gone"), "--preset", "basic-cnn", "--out", str(tmp_path / "m")]
    search = ["--search", "epochs=1,2"] if command == "tune" else []

    assert main([*call, *search, *arguments]) == 2

    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--schedule", "exponential", "--decay-epochs", "5"],
        ["--schedule", "cosine", "--warmup-epochs", "0"],
        ["--optimizer", "adamw", "--weight-decay", "0.1"],
        ["--frozen-epochs", "2", "--fine-tuning-rate", "1e-5"],
    ],
)
def test_an_option_that_is_used_is_taken(arguments):
    require_used(*given(*arguments))


def test_what_is_searched_may_use_what_the_preset_does_not():
    options, config = given("--decay-epochs", "5", "--fine-tuning-rate", "1e-5")

    require_used(options, config, searched=["schedule", "frozen_epochs"])
    with pytest.raises(ValueError, match="only after frozen epochs"):
        require_used(options, config, searched=["schedule"])
    with pytest.raises(ValueError, match="`weight_decay` is used only with"):
        require_used(*given(), searched=["weight_decay"])


@pytest.mark.parametrize(
    ("arguments", "num_classes", "is_said"),
    [(["--threshold-rule", "youden"], 3, True), (["--threshold-rule", "youden"], 2, False),
     ([], 3, False)],
)  # fmt: skip
def test_a_threshold_rule_without_effect_is_reported(arguments, num_classes, is_said, capsys):
    classes = ("A", "B", "C")[:num_classes]
    say_unused(given(*arguments)[0], Dataset(classes, []))

    said = capsys.readouterr().err
    assert ("--threshold-rule has no effect" in said) == is_said
    assert len(said.splitlines()) == is_said


@pytest.mark.parametrize(
    ("address", "message"),
    [(None, "in mlflow.db and mlruns/ in this folder; `mlflow ui` shows them."),
     ("http://user:password@host", "on the server in MLFLOW_TRACKING_URI.")],
)  # fmt: skip
def test_the_place_of_a_run_is_reported_without_the_address(address, message, monkeypatch, capsys):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if address:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)

    say_where(False)
    say_where(True)

    assert capsys.readouterr().err == f"The MLflow runs are {message}\n"
