"""What ends `overread-train fit` before or in its training leaves nothing behind."""

import os
import re
import signal

import pytest

from app.core.bundles.manifest import Manifest
from model_training.cli import main
from model_training.fitting import run_folder
from model_training.training import experiment
from tests.model_training.films import draw, write, write_classes
from tests.model_training.fitting.calls import fit_arguments, leftovers

pytestmark = pytest.mark.slow


def test_an_existing_folder_is_not_overwritten(data, tmp_path, capsys):
    out = tmp_path / "models" / "mine"
    out.mkdir(parents=True)

    assert main(fit_arguments(data, out)) == 1

    assert "'mine' exists" in capsys.readouterr().err
    assert leftovers(out) == []


@pytest.mark.parametrize("name", ["my model", ".hidden", "modèle"])
def test_an_invalid_bundle_name_is_refused_before_training(data, tmp_path, name, capsys):
    assert main(fit_arguments(data, tmp_path / name)) == 1

    assert "not a valid bundle name" in capsys.readouterr().err
    assert leftovers(tmp_path) == []


def test_names_are_checked_as_the_manifest_checks_them():
    pattern = Manifest.model_json_schema()["properties"]["name"]["pattern"]

    assert f"^{run_folder.BUNDLE_NAME.pattern}$" == pattern


def test_missing_samples_are_refused_before_training(data, tmp_path, capsys):
    arguments = fit_arguments(data, tmp_path / "mine", "--samples", str(tmp_path / "none"))

    assert main(arguments) == 1

    assert "samples folder 'none'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stop", "status", "message"),
    [
        (KeyboardInterrupt, 130, "stopped; nothing was published"),
        (signal.SIGTERM, 130, "stopped; nothing was published"),
        (OSError(28, "No space left on device", "/data/M.png"), 1, "No space left on device"),
    ],
)
def test_a_run_stopped_before_its_first_epoch_leaves_nothing(
    data, tmp_path, monkeypatch, stop, status, message, capsys
):
    def interrupted(*arguments, **settings):
        assert leftovers(tmp_path) == [".mine-training"]
        if isinstance(stop, signal.Signals):
            os.kill(os.getpid(), stop)
        raise stop

    monkeypatch.setattr(experiment, "train_network", interrupted)
    before = signal.getsignal(signal.SIGTERM)

    ended = main(fit_arguments(data, tmp_path / "mine", "--validation-fraction", "0.4"))
    assert ended == status

    printed = capsys.readouterr().err
    assert message in printed
    assert "M.png" not in printed
    assert leftovers(tmp_path) == []
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_run_that_diverges_leaves_nothing(data, tmp_path, capsys):
    more = ["--learning-rate", "1e38", "--validation-fraction", "0.4", "--augmentation", "none"]

    assert main(fit_arguments(data, tmp_path / "mine", *more)) == 1

    printed = capsys.readouterr()
    assert "is not finite)" in printed.err
    assert printed.out == ""
    assert leftovers(tmp_path) == []


def test_too_many_unreadable_films_end_it_before_training(tmp_path, capsys):
    write_classes(tmp_path / "films", ("NORMAL", "PNEUMONIA"), patients=5)
    for number in range(4):
        (tmp_path / "films" / "NORMAL" / f"Mustermann{number}.png").write_bytes(b"broken")

    assert main(fit_arguments(tmp_path / "films", tmp_path / "models" / "mine")) == 1

    printed = capsys.readouterr().err
    assert "4 of 24 images" in printed
    assert "Mustermann" not in printed
    assert leftovers(tmp_path / "models") == []


def test_too_few_films_end_it_before_training(tmp_path, capsys):
    write(tmp_path / "films" / "A" / "1.png", draw(0, 1))
    write(tmp_path / "films" / "B" / "1.png", draw(1, 1))

    assert main(fit_arguments(tmp_path / "films", tmp_path / "mine", "--positive", "B")) == 1

    assert re.search(r"split gets \d images of [AB]; at least 10", capsys.readouterr().err)
    assert leftovers(tmp_path) == ["films"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"], ids=["missing", "no text"])
def test_remarks_that_cannot_be_read_are_named_before_training(content, data, tmp_path, capsys):
    file = tmp_path / "tried.md"
    if content is not None:
        file.write_bytes(content)

    assert main(fit_arguments(data, tmp_path / "mine", "--remarks", str(file))) == 2

    assert "'tried.md' cannot be read. Expected a UTF-8" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()
