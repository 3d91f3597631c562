"""What a benchmark says where it cannot begin."""

import importlib
import re
import sys
from pathlib import Path

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
    "doctor": ["--seeds", "-1"],
    "film_list": ["--films", "-5"],
    "fuzz": ["--cases", "0"],
    "gate": [".", "--images", "0"],
    "killed": ["--kills", "0"],
    "pointing": [".", ".", "nosuch"],
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


def test_copies_are_made_of_jpegs_alone(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(OverreadError, match="None of the 1 films is a JPEG"):
        films.write_copies(tmp_path / "copies", [tmp_path / "a.png"], 3)


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
