"""One model is imported at a time, and its files are deleted whether or not anybody looks."""

from __future__ import annotations

import time

import pytest

from app.core.imports.registry import Imports
from app.core.imports.request import ImportRequestError
from tests.model_training.importing.graph_files import torch_like


def begin(imports, tmp_path, name):
    folder = tmp_path / f"files of {name}"
    folder.mkdir()
    model = torch_like(folder / "model.onnx")
    classes = folder / "classes.txt"
    classes.write_text("NORMAL\nPNEUMONIA\n", encoding="utf-8")
    given = [str(model), "--classes", str(classes), "--scale=0..1", "--head=softmax"]
    return imports.start(tmp_path / "models" / name, given, folder), folder


def test_a_second_import_is_refused_until_the_first_has_ended(tmp_path):
    (tmp_path / "models").mkdir()
    imports = Imports()
    first, folder = begin(imports, tmp_path, "first")

    with pytest.raises(ImportRequestError, match=r"'first' is being added, .* one at a time"):
        begin(imports, tmp_path, "second")
    assert imports.last is first

    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    assert not first.error
    assert (tmp_path / "models" / "first").is_dir()
    imports.require_free()


def test_what_had_to_be_killed_leaves_nothing(tmp_path, monkeypatch):
    models = tmp_path / "models"
    models.mkdir()
    importing, folder = begin(Imports(), tmp_path, "mine")
    (models / ".mine-a1b2").mkdir()
    monkeypatch.setattr("app.core.imports.running._SECONDS_TO_STOP", 0)

    importing.cancel()

    assert "Cancelled" in importing.error
    assert list(models.iterdir()) == []
    assert not folder.exists()
