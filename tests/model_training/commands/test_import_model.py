"""`overread-train import`, from a file to a bundle, as docs/import.md shows it."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.cli import main as overread
from app.core.bundles.bundle import load_bundle
from model_training.cli import main
from tests.model_training.films import draw, write_classes
from tests.model_training.importing.graph_files import scikit_like, torch_like, write_tensorflow
from tests.model_training.importing.model_files import (
    CLASSES,
    remembering,
    saved,
    teachable_machine,
    tiny,
)

pytestmark = pytest.mark.filterwarnings("ignore")
PAGE = Path(__file__).parents[3] / "docs" / "import.md"


def commands() -> list[list[str]]:
    """The commands of the page, without the program's folder."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.S | re.M)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.startswith(".venv/bin/")]


def run(command: list[str]) -> int:
    """Runs a command of the page in this process."""
    program = Path(command[0]).name
    if program == "python":
        runpy.run_path(command[1])
        return 0
    return {"overread-train": main, "overread": overread}[program](command[1:])


@pytest.mark.slow
def test_the_commands_of_the_page_do_what_it_says(tmp_path, monkeypatch, phantom_bundle, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    write_classes(tmp_path / "films", CLASSES, patients=12)
    saved(tiny(channels=3), tmp_path / "model.h5")
    saved(tiny(units=1, activation=None), tmp_path / "logits.keras")
    saved(tiny(units=3, activation="sigmoid"), tmp_path / "findings.keras")
    (tmp_path / "names.txt").write_text("EFFUSION\nNODULE\nMASS\n")
    drawn = [cv2.resize(draw(number % 2, number), (48, 32)) for number in range(40)]
    saved(remembering(np.array(drawn)), tmp_path / "unknown.keras")
    teachable_machine(tmp_path / "converted_keras.zip")
    torch_like(tmp_path / "model.onnx")
    scikit_like(tmp_path / "mlp.onnx", features=28 * 28)
    write_tensorflow(tmp_path)
    shutil.make_archive(str(tmp_path / "zipped_model"), "zip", tmp_path, "saved_model")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "phantom-chest").symlink_to(phantom_bundle.path)
    found = commands()

    for command in found:
        assert run(command) == 0, command

    assert capsys.readouterr().out.splitlines()[-1].startswith("largest difference: ")
    imports = [command for command in found if command[1] == "import"]
    outs = [command[command.index("--out") + 1] for command in imports]
    bundles = [load_bundle(tmp_path / out) for out in outs]
    assert len(bundles) >= 5
    assert {bundle.manifest.quality for bundle in bundles} == {"measured", "unknown"}
    unknown = bundles[outs.index("models/examined")].manifest
    assert unknown.training["scale"] == "0..1"
    kinds = {str(bundle.manifest.training["file_kind"]) for bundle in bundles}
    assert kinds >= {"ONNX", "TensorFlow Lite", "a TensorFlow SavedModel", "OpenVINO IR"}
    assert {bundle.manifest.task.kind for bundle in bundles} == {"one-of", "any-of"}


@pytest.mark.slow
def test_data_that_do_not_tell_the_scaling_choose_none(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    write_classes(tmp_path / "films", CLASSES, patients=10)
    path, out = saved(tiny(), tmp_path / "model.keras"), tmp_path / "out"
    given = ["--classes", *CLASSES, "--data", str(tmp_path / "films")]

    assert main(["import", str(path), *given, "--out", str(out)]) == 1

    said = capsys.readouterr()
    assert "| --scale per-image --fit stretch" in said.out
    assert "Nothing was chosen" in said.err
    assert not out.exists()


@pytest.mark.slow
def test_few_images_tell_the_scaling_and_measure_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    write_classes(tmp_path / "films", CLASSES, patients=6)
    drawn = [cv2.resize(draw(number % 2, number), (48, 32)) for number in range(40)]
    path, out = saved(remembering(np.array(drawn)), tmp_path / "model.keras"), tmp_path / "out"
    given = ["--classes", *CLASSES, "--data", str(tmp_path / "films")]

    assert main(["import", str(path), *given, "--out", str(out)]) == 0

    told = capsys.readouterr().err
    assert "too few to measure the model as well: 20 of each class" in told
    made = load_bundle(out)
    assert (made.manifest.quality, made.manifest.training["scale"]) == ("unknown", "0..1")
    assert "too few to measure" in made.card()

    assert main(["import", str(path), *given, "--scale", "0..1", "--out", str(tmp_path / "b")]) == 1
    assert "at least 20 are needed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["--classes", "NORMAL"], 2, "is one name and no file"),
        (["--classes", *CLASSES], 1, "Say it with --scale"),
        (["--classes", *CLASSES, "--scale", "0..1", "--threshold-rule", "best"], 2, "best"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(tmp_path, capsys, arguments, status, told):
    path = saved(tiny(), tmp_path / "model.keras")
    out = tmp_path / "out"

    assert main(["import", str(path), *arguments, "--out", str(out)]) == status

    assert told in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("size", ["", "x", "224x", "1x2x3", "-224", "big"])
def test_a_size_that_is_none(tmp_path, capsys, size):
    with pytest.raises(SystemExit) as end:
        main(["import", "model.h5", "--size", size, "--out", str(tmp_path / "out")])

    assert end.value.code == 2
    assert "is not a size such as 224 or 224x320" in capsys.readouterr().err
