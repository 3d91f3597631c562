"""What the programs say of a wrong call, and what is checked before the work begins."""

import argparse
import os
import re
import sys
from pathlib import Path

import pytest

from app import cli as app_cli
from app.commands import program as app_program
from app.commands.parsing import (
    WrongCall,
    given_path,
    number,
    require_output_file,
    require_output_folder,
    whole_number,
)
from app.core.errors import OverreadError
from model_training import cli as trainer_cli
from model_training.commands import program as trainer_program


def options():
    """Every option of every command of both programs, and of the commands below it."""
    for program in (app_program, trainer_program):
        yield from _options_below(program._parser()._subparsers._group_actions[0])


def _options_below(commands):
    for name, command in commands.choices.items():
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                yield from _options_below(action)
            elif not isinstance(action, argparse._HelpAction):
                yield name, action


RANGES = re.compile(r" or more|\d to [\d-]|between|above|larger|-1 holds the image")


def test_help_says_what_every_option_does_its_default_and_its_range():
    def lacks(action):
        takes_number = action.type in (whole_number, number)
        if not action.help:
            return "help"
        if (
            (takes_number or action.choices)
            and not action.required
            and "default" not in action.help
        ):
            return "default"
        if takes_number and not action.choices and not RANGES.search(action.help):
            return "range"
        return None

    lacking = {f"{name} {action.dest}: no {lack}" for name, action in options()
               if (lack := lacks(action))}  # fmt: skip
    assert len(list(options())) > 200
    assert not lacking


@pytest.mark.parametrize(
    ("main", "call", "said"),
    [
        (trainer_cli.main, ["phantoms", "q", "--seed", "1", "--count", "ten"],
         "argument --count: 'ten' is not a whole number"),
        (trainer_cli.main, ["inspect", "p", "--patient-folder", "x"],
         "argument --patient-folder: 'x' is not a whole number"),
        (app_cli.main, ["score", "b", "f", "--out", "r.csv", "--frame", "x"],
         "argument --frame: 'x' is not a whole number"),
        (app_cli.main, ["score", "b", "f", "--out", "r.csv", "--window", "a", "1"],
         "argument --window: 'a' is not a number"),
        (app_cli.main, ["score", "b", "f", "--out", "r.txt"], "'r.txt'"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_line_that_says_what_was_received(main, call, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(call)

    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert f" {call[0]} --help` explains" in line


def test_no_path_may_be_empty(tmp_path):
    """An empty one, as of a variable that is not set, would be the current folder."""
    assert given_path(str(tmp_path)) == tmp_path
    assert [(name, action.dest) for name, action in options() if action.type is Path] == []
    assert len([action for _, action in options() if action.type is given_path]) > 20
    for empty in ("", " "):
        with pytest.raises(argparse.ArgumentTypeError, match="it is empty"):
            given_path(empty)
    for call in (["b", "f", "--out", "r.csv", "--heatmaps", ""], ["b", "", "--out", "r.csv"]):
        with pytest.raises(SystemExit) as stopped:
            app_cli.main(["score", *call])
        assert stopped.value.code == 2


@pytest.mark.parametrize("program", ["app.commands.program", "model_training.commands.program"])
def test_too_little_memory_is_a_sentence(program, monkeypatch, capsys):
    def fails(options):
        raise MemoryError

    class Parsed:
        def parse_args(self, arguments):
            return argparse.Namespace(run=fails)

    monkeypatch.setattr(f"{program}._parser", Parsed)

    assert sys.modules[program].run([]) == 1
    assert "not enough memory" in capsys.readouterr().err


def test_files_and_folders_that_can_be_written_are_taken_and_not_made(tmp_path):
    require_output_file("--html", None)
    require_output_file("--html", tmp_path / "a" / "b" / "c.html")
    require_output_folder("--heatmaps", tmp_path / "a" / "b")
    (tmp_path / "there.html").write_text("old")
    require_output_file("--html", tmp_path / "there.html")

    assert [path.name for path in tmp_path.iterdir()] == ["there.html"]


def test_a_folder_is_no_file_and_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()

    with pytest.raises(WrongCall, match="--html is 'folder', which is a folder"):
        require_output_file("--html", tmp_path / "folder")
    with pytest.raises(WrongCall, match="--heatmaps is 'file', which is a file"):
        require_output_folder("--heatmaps", tmp_path / "file")
    with pytest.raises(OverreadError, match=r"written to --html, 'inside\.html' \(Not a dir"):
        require_output_file("--html", tmp_path / "file" / "inside.html")


@pytest.mark.skipif(
    sys.platform == "win32" or os.getuid() == 0,
    reason="root may write everywhere, and Windows ignores these permissions",
)
def test_a_folder_that_may_not_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)

    with pytest.raises(OverreadError, match="Permission denied"):
        require_output_file("--html", tmp_path / "new" / "page.html")
    with pytest.raises(OverreadError, match="Permission denied"):
        require_output_folder("--out", tmp_path)
