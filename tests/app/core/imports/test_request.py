"""What is uploaded for a new model stays in its folder, whatever it is called."""

from __future__ import annotations

from io import BytesIO

import pytest

from app.core.imports.request import (
    HEADS,
    SCALES,
    ImportRequestError,
    Request,
    keep_images,
    keep_model,
    names_of,
    require_new,
)
from model_training.importing import heads, scaling


def upload(name, content=b"content"):
    stream = BytesIO(content)
    stream.name = name
    return stream


def test_the_words_are_those_of_the_command():
    assert set(SCALES) == set(scaling.SCALES)
    assert HEADS == heads.HEADS


def test_a_request_becomes_options_that_no_name_can_change(tmp_path):
    request = Request("mine", ("--out", "B"), "-1..1", "softmax", "24x32", "--data /etc", "-B")

    found = request.arguments(tmp_path)

    assert found == [
        "--classes", str(tmp_path / "classes.txt"), "--scale=-1..1", "--head=softmax",
        "--size=24x32", "--positive=-B", "--trained-by=--data /etc",
    ]  # fmt: skip
    assert (tmp_path / "classes.txt").read_text() == "--out\nB\n"
    assert Request("mine").arguments(tmp_path) == []


def test_names_are_separated_by_lines_or_on_one_by_commas():
    assert names_of("unauffällig\nPneumonie, links\n") == ("unauffällig", "Pneumonie, links")
    assert names_of(" NORMAL, PNEUMONIA,") == ("NORMAL", "PNEUMONIA")
    assert names_of(" \n,") == ()
    assert names_of(" NORMAL,\nPNEUMONIA\n\n of both lungs ,") == (
        "NORMAL", "PNEUMONIA", "of both lungs",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "-x", ".hidden", "ü", "x" * 81])
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path, name):
    with pytest.raises(ImportRequestError, match="Expected letters"):
        require_new(name, tmp_path)


def test_no_model_is_written_over(tmp_path):
    (tmp_path / "mine").mkdir()

    with pytest.raises(ImportRequestError, match="already"):
        require_new("mine", tmp_path)
    assert require_new("chest-2026", tmp_path) == tmp_path / "chest-2026"


def test_a_model_is_kept_with_its_weights_and_nothing_outside(tmp_path):
    files = [upload("../../evil.onnx", b"graph"), upload("../weights.bin", b"weights")]

    model = keep_model(files, tmp_path)

    assert model == tmp_path / "evil.onnx"
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {
        "evil.onnx": b"graph", "weights.bin": b"weights",
    }  # fmt: skip


@pytest.mark.parametrize("names", [[], ["a.txt"], ["a.onnx", "b.h5"]])
def test_one_file_has_to_be_a_model(tmp_path, names):
    with pytest.raises(ImportRequestError, match="Expected one"):
        keep_model([upload(name) for name in names], tmp_path)


@pytest.mark.parametrize("name", ["model.pt", "weights.PTH", "forest.joblib"])
def test_a_program_is_not_run_and_another_way_is_told(tmp_path, name):
    with pytest.raises(ImportRequestError, match="Export the model as ONNX"):
        keep_model([upload(name)], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_labelled_images_lie_in_a_folder_for_each_class(tmp_path):
    names = ["set/NORMAL/person1_1.png", "set/../../x/PNEU\0MONIA/../person2.png", ".x/NORMAL/.y"]

    keep_images([upload(name) for name in names], tmp_path)

    found = sorted(str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*.png"))
    assert found == ["NORMAL/person1_1.png", "_/person2.png"]
    assert not any(one.is_file() for one in tmp_path.parent.glob("*.png"))


@pytest.mark.parametrize("names", [["film.png"], ["a/B/film.png", "c/B/film.png"]])
def test_labelled_images_without_folders_or_twice(tmp_path, names):
    with pytest.raises(ImportRequestError):
        keep_images([upload(name) for name in names], tmp_path)
