"""The `overread-train` command as its users call it."""

import json
import re
import subprocess
import sys

import pytest

from model_training.cli import main
from tests.model_training.quick_network import QUICK_NETWORK

COMMANDS = ([], ["phantoms"], ["inspect"], ["fit"], ["tune"], ["evaluate"], ["compare"])

HELP = """
import json, sys, time
started = time.process_time()
import model_training.cli
from contextlib import redirect_stdout
from io import StringIO
texts = []
for command in json.loads(sys.argv[1]):
    with redirect_stdout(StringIO()) as printed:
        try: model_training.cli.main([*command, "--help"])
        except SystemExit as stop: assert stop.code == 0
    texts.append(printed.getvalue())
loaded = sorted({'keras', 'tensorflow', 'openvino', 'pandas', 'cv2'} & set(sys.modules))
print(json.dumps([texts, time.process_time() - started, loaded]))
"""


def test_help_has_an_example_and_answers_at_once():
    done = subprocess.run(
        [sys.executable, "-c", HELP, json.dumps(COMMANDS)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    texts, seconds, loaded = json.loads(done.stdout)
    for command, text in zip(COMMANDS, texts, strict=True):
        assert not command or re.search(r"^examples?:\s+overread-train", text, re.MULTILINE), text
        assert f"usage: overread-train {' '.join(command)}".rstrip() in text
    assert loaded == []
    # All of them together; Keras and TensorFlow alone take longer to import, and a margin is left.
    assert seconds < 3


def called(arguments):
    """The exit status, whether argparse or the command gave it."""
    try:
        return main(arguments)
    except SystemExit as stop:
        return stop.code


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--validation-fraction", "0"], "`validation_fraction`"),
        (["--validation-fraction", "1.5"], "validation_fraction=1.5"),
        (["--test-fraction", "0.9"], "something to train on"),
        (["--epochs", "0"], "Received epochs=0"),
        (["--image-size", "5"], "from 32 to 2,048. Received image_size=5"),
        (["--learning-rate", "-1"], "learning_rate=-1.0"),
        (["--seed", "-3"], "seed=-3"),
        (["--batch-size", "many"], "'many' is not a whole number"),
        (["--channels", "2"], "invalid choice"),
        (["--preset", "resnet"], "Did you mean 'resnet50v2'"),
        (["--preset", "custom-cnn", "--kernels", "0"], "Received kernels=[0]"),
        (["--preset", "custom-cnn", "--dense-units", "-1"], "dense_units=-1"),
        (["--colour"], "unrecognized arguments"),
    ],
)
def test_a_wrong_call_is_a_sentence_and_status_2(tmp_path, more, message, capsys):
    out = tmp_path / "mine"

    status = called(["fit", str(tmp_path), "--preset", "basic-cnn", "--out", str(out), *more])

    printed = capsys.readouterr()
    assert status == 2
    assert message in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""
    assert not out.exists()


@pytest.mark.parametrize("arguments", [[], ["train"], ["fit"], ["fit", "x", "--out", "y"]])
def test_an_incomplete_call_is_status_2(arguments, capsys):
    assert called(arguments) == 2
    said = capsys.readouterr().err
    assert re.fullmatch(r"overread-train.*: .+ `overread-train.* --help` explains .*\n", said)


def test_a_missing_folder_is_a_sentence_and_status_1(tmp_path, capsys):
    data, out = tmp_path / "nowhere" / "films", tmp_path / "models" / "mine"

    assert main(["fit", str(data), "--preset", "basic-cnn", "--out", str(out)]) == 1

    printed = capsys.readouterr()
    assert printed.err.startswith("overread-train: There is no folder 'films'")
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""
    assert not out.parent.exists()


@pytest.mark.parametrize(
    ("option", "reason"), [("--cache", "Not a directory"), ("--out", "Not a directory")]
)
def test_a_path_that_cannot_be_written_is_named_by_its_option(
    data, tmp_path, option, reason, capsys
):
    (tmp_path / "file").write_text("no folder")
    paths = {"--out": str(tmp_path / "m"), "--cache": str(tmp_path / "c")}
    paths[option] = str(tmp_path / "file" / "inside")
    arguments = [part for pair in paths.items() for part in pair]

    assert main(["fit", str(data), "--preset", "basic-cnn", *arguments]) == 1

    printed = capsys.readouterr().err
    assert reason in printed
    assert option in printed
    assert str(tmp_path) not in printed


def test_a_folder_without_classes_is_a_sentence_and_status_1(tmp_path, capsys):
    assert main(["fit", str(tmp_path), "--preset", "basic-cnn", "--out", str(tmp_path / "m")]) == 1

    assert "images of no class" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_in_a_shell_keeps_results_and_messages_apart(data, tmp_path):
    """The one test that sees what a user's terminal and log file see, warnings included."""
    out = tmp_path / "mine"
    arguments = ["fit", str(data), *QUICK_NETWORK, "--out", str(out), "--epochs", "1"]
    settings = ["--validation-fraction", "0.4", "--augmentation", "none"]

    done = subprocess.run(
        [sys.executable, "-m", "model_training.cli", *arguments, *settings],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.startswith("On the test split:\n\n| figure ")
    assert "\n| Sensitivity " in done.stdout
    for line in ("train  ", "val    ", "test   20 images of 10 patients", "epoch 1/1"):
        assert line in done.stderr
    reason = "The positive class is PNEUMONIA: NORMAL says that nothing was found."
    assert reason in done.stderr
    assert reason in (out / "MODEL_CARD.md").read_text("utf-8")
    assert f"The bundle is in {out}" in done.stderr
    for unwanted in ("Warning", "warning", "Mustermann", "Traceback", "oneDNN", "cuda"):
        assert unwanted not in done.stderr + done.stdout
    assert (out / "bundle.json").is_file()
