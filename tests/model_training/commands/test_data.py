"""The options with which every command is told what the labelled images are."""

import argparse
import re
from pathlib import Path

import pytest

from app.core.errors import DatasetError
from model_training.commands.data import add_data_arguments, read


@pytest.fixture
def folder(tmp_path):
    for number in range(1, 5):
        (tmp_path / f"{number}.png").write_bytes(b"")
    lines = ["bild,befund,wer,gruppe", "1,0,a,x", "2,1,b,x", "3,2,c,y", "4,0,d,y"]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def called(*arguments):
    parser = argparse.ArgumentParser()
    add_data_arguments(parser)
    return parser.parse_args([str(argument) for argument in arguments])


def test_columns_names_and_the_positive_class_reach_the_dataset(folder):
    options = called(
        folder, "--label-column", "befund", "--patient-column", "wer",
        "--subgroup-column", "gruppe",
        "--class-names", "0=none", "1=mass", "2=mass", "--positive", "none",
    )  # fmt: skip

    dataset = read(options)

    assert dataset.classes == ("mass", "none")
    assert [case.label for case in dataset.cases] == [1, 0, 0, 1]
    assert [case.patient_id for case in dataset.cases] == ["a", "b", "c", "d"]
    assert [case.subgroup for case in dataset.cases] == ["x", "x", "y", "y"]


def test_a_table_elsewhere_is_read_with_the_folder(folder, tmp_path_factory):
    table = (folder / "t.csv").rename(tmp_path_factory.mktemp("bundle") / "split.csv")

    dataset = read(called(folder, "--table", table, "--label-column", "befund"))

    assert [case.name for case in dataset.cases] == ["1.png", "2.png", "3.png", "4.png"]


def test_without_options_everything_is_recognised(folder):
    with pytest.raises(DatasetError, match="found bild, befund, wer, gruppe"):
        read(called(folder))


def test_patterns_reach_the_dataset(folder):
    options = called(
        folder, "--label-column", "befund", "--patient-pattern", r"(\d)\.png",
        "--subgroup-pattern", "([12])",
    )  # fmt: skip

    cases = read(options).cases

    assert [case.patient_id for case in cases] == ["1", "2", "3", "4"]
    assert [case.subgroup for case in cases] == ["1", "2", "", ""]


@pytest.mark.parametrize("text", ["(", "person"])
@pytest.mark.parametrize("option", ["--patient-pattern", "--subgroup-pattern"])
def test_a_pattern_that_finds_nothing_is_a_wrong_call(folder, option, text, capsys):
    with pytest.raises(SystemExit) as stop:
        called(folder, option, text)

    assert stop.value.code == 2
    assert f"{text!r} " in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "0=", "=none", "="])
def test_a_renaming_that_is_none_is_a_wrong_call(folder, text, capsys):
    with pytest.raises(SystemExit) as stop:
        called(folder, "--class-names", text)

    assert stop.value.code == 2
    assert f"'{text}' is not OLD=NEW, such as 1=tumour" in capsys.readouterr().err


def test_answers_to_what_data_leave_open_reach_the_dataset(folder):
    lines = ["bild;A;B", "1;1;1", "2;-1;", "3;0;0", "4;1;0", "77;1;1"]
    (folder / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-16")
    options = called(
        folder / "t.csv", "--uncertain", "negative", "--blanks", "negative", "--missing", "drop",
        "--exclude", "3.*", "--label-column", "A,B", "--encoding", "utf-16",
    )  # fmt: skip

    with pytest.raises(DatasetError, match="any of the 2 findings"):
        read(options)
    with pytest.raises(DatasetError, match="--task"):
        read(called(folder / "t.csv", "--task", "one-of", "--missing", "drop"), any_of=True)
    dataset = read(options, any_of=True)

    assert dataset.classes == ("A", "B")
    assert {case.name: case.findings for case in dataset.cases} == {
        "1.png": (1, 1), "2.png": (0, 0), "4.png": (1, 0)
    }  # fmt: skip


def test_several_tables_are_joined(folder):
    (folder / "t.csv").write_text("id,label\n1,no\n2,yes\n", encoding="utf-8")
    (folder / "who.csv").write_text("id,image,patient\n1,3.png,a\n2,4.png,b\n", encoding="utf-8")

    dataset = read(
        called(folder, "--table", folder / "t.csv", "--table", folder / "who.csv", "--join", "id")
    )

    assert [(case.name, case.patient_id) for case in dataset.cases] == [
        ("3.png", "a"), ("4.png", "b")
    ]  # fmt: skip


def test_the_classes_of_a_model_say_which_is_positive(folder):
    (folder / "t.csv").write_text("bild,label\n1,viral\n2,bacterial\n", encoding="utf-8")

    with pytest.raises(DatasetError, match="--positive bacterial or --positive viral"):
        read(called(folder))

    assert read(called(folder), classes=("viral", "bacterial")).classes == ("viral", "bacterial")


@pytest.mark.parametrize("level", ["0", "first"])
def test_a_level_of_folders_that_is_none_is_a_wrong_call(folder, level, capsys):
    with pytest.raises(SystemExit):
        called(folder, "--class-folder", level)

    assert "--class-folder" in capsys.readouterr().err


def test_the_documentation_names_the_options_and_no_other():
    page = (Path(__file__).parents[3] / "docs" / "inputs.md").read_text("utf-8")
    section = page.split("## How a data set should look")[1].split("\n## ")[0]
    parser = argparse.ArgumentParser()
    add_data_arguments(parser)
    known = {option for action in parser._actions for option in action.option_strings}

    named = set(re.findall(r"--[a-z][a-z-]+", section))

    assert named <= known
    assert {"--positive", "--path-column", "--class-folder", "--join", "--sheet"} <= named
    answers = {"--task", "--conflicts", "--uncertain", "--blanks", "--missing", "--masks"}
    assert answers | {"--exclude", "--encoding", "--label-separator", "--patient-folder"} <= named
