"""The options with which every command is told what the labelled images are."""

import argparse

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
