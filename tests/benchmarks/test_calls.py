"""What a benchmark says where it cannot begin."""

import importlib
import re
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.errors import OverreadError
from benchmarks import calls, films

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path.stem
    for path in (ROOT / "benchmarks").glob("*.py")
    if "calls.parser(" in path.read_text(encoding="utf-8") and path.stem != "calls"
)
WRONG = {
    "archive": ["--core-rate", "-1"],
    "film_list": ["--films", "-5"],
    "fuzz": ["--cases", "0"],
    "gate": [".", "--images", "0"],
    "killed": ["--kills", "0"],
    "pointing": [".", ".", "nosuch"],
    "preprocessing": ["--seeds", "-1"],
    "shift": [".", "--folders", "0"],
    "training_rate": ["p", "--preset", "nosuch"],
}


def ended(module, arguments, monkeypatch, capsys):
    """The status and the lines on stderr of a benchmark that cannot begin."""
    main = importlib.import_module(f"benchmarks.{module}").main
    monkeypatch.setattr(sys, "argv", [module, *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code, capsys.readouterr()


def test_every_benchmark_is_found():
    assert len(MODULES) >= 22


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_a_wrong_call_is_one_line_and_status_2(module, tmp_path, monkeypatch, capsys):
    folders = [] if module == "start_up" else [tmp_path]
    arguments = WRONG.get(module, ["nosuch", *folders])

    status, printed = ended(module, arguments, monkeypatch, capsys)

    assert status == 2
    (line,) = printed.err.splitlines()
    assert re.match(rf"python -m benchmarks\.{module}: argument .*'(nosuch|-1|0|-5)'", line)


@pytest.mark.slow
def test_a_folder_without_films_is_refused(tmp_path, monkeypatch, capsys):
    bundle = ROOT / "models" / "phantom-chest"

    status, printed = ended("pipeline", [bundle, tmp_path], monkeypatch, capsys)

    assert status == 2
    assert "contains no image" in printed.err


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_help_gives_the_default_of_every_option(module, monkeypatch, capsys):
    status, printed = ended(module, ["--help"], monkeypatch, capsys)

    assert status == 0
    options = re.split(r"\n  (?=--?\w)", printed.out.partition("\noptions:")[2])[2:]
    lacking = [text.split()[0] for text in options if "default" not in text]
    assert set(lacking) <= {"--core-rate", "--driver-rate", "--measure-driver", "--faults"}


def test_variants_are_made_of_films_that_can_be_read(tmp_path):
    film = tmp_path / "a.png"
    film.write_bytes(b"\x89PNG")
    with pytest.raises(OverreadError, match="None of the 1 films can be read"):
        films.write_variants(tmp_path / "none", [film], 2, side=16)

    cv2.imwrite(str(film), np.tile(np.arange(64, dtype=np.uint8) * 4, (64, 1)))
    films.write_variants(tmp_path / "variants", [film], 2, side=16)
    first, second = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
                     for path in films.paths(tmp_path / "variants"))  # fmt: skip
    assert first.shape == second.shape == (16, 16)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [(OverreadError("There is no bundle."), 1, "There is no bundle.\n"),
     (KeyboardInterrupt(), calls.INTERRUPTED, "stopped.\n")],
)  # fmt: skip
def test_what_ends_a_benchmark_is_a_sentence(error, status, said, capsys):
    def main():
        raise error

    with pytest.raises(SystemExit) as stopped:
        calls.run(main)

    assert stopped.value.code == status
    assert capsys.readouterr().err == said
