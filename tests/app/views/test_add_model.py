"""The page that adds a model runs the trainer's command, and the model is there at once."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.core.bundles.bundle import load_bundle
from app.core.imports import running
from app.core.imports.registry import open_imports
from tests.app.views.conftest import MAIN, named, texts
from tests.model_training.importing.graph_files import torch_like
from tests.model_training.importing.model_files import saved, tiny

PAGE = "views/add_model.py"
CLASSES = ("NORMAL", "PNEUMONIA")


@pytest.fixture
def models(tmp_path, monkeypatch):
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("OVERREAD_MODELS", str(folder))
    return folder


@pytest.fixture
def page(app, models):
    return app.switch_page(PAGE).run()


def start(at, model, *, name="mine", **said):
    upload = (model.name, model.read_bytes(), "application/octet-stream")
    uploader = next(one for one in at.file_uploader if one.key.startswith("add_model_file"))
    uploader.set_value([upload])
    at.text_input(key="add_model_name").set_value(name)
    at.text_area(key="add_model_classes").set_value(said.pop("classes", "NORMAL\nPNEUMONIA"))
    for key, value in said.items():
        at.selectbox(key=f"add_model_{key}").set_value(value)
    at.run()
    return at.button(key="add_model_start").click().run()


def new_session():
    return named(AppTest.from_file(MAIN, default_timeout=60)).switch_page(PAGE).run()


def wait(at, seconds=60):
    at.session_state["importing"].wait(seconds)
    return at.run()


def test_a_model_is_added_and_can_be_used_at_once(page, models, tmp_path):
    model = torch_like(tmp_path / "model.onnx")

    at = wait(start(page, model, scale="imagenet", head="softmax"))

    assert not at.exception
    assert not at.error, at.error[0].value
    assert "The model mine was added." in texts(at)
    assert "Pixels are scaled to imagenet" in texts(at)
    assert load_bundle(models / "mine").manifest.task.classes == CLASSES
    assert list((tmp_path / "home" / running.FOLDER).iterdir()) == []
    at.button(key="add_model_use").click().run()
    assert at.session_state["model"] == "mine"


def test_what_is_wrong_is_said_and_nothing_is_added(page, models, tmp_path):
    model = torch_like(tmp_path / "model.onnx")

    at = start(page, model, name="../mine")
    assert "Expected letters" in at.error[0].value

    at = wait(start(at, model, head="softmax"))
    assert "does not say how pixels were scaled" in at.error[0].value
    assert list(models.iterdir()) == []
    assert list((tmp_path / "home" / running.FOLDER).iterdir()) == []


def test_an_import_is_cancelled_and_leaves_nothing(page, models, tmp_path):
    # Keras, because TensorFlow takes seconds to load.
    at = start(page, saved(tiny(), tmp_path / "model.keras"), scale="0..1")
    importing = at.session_state["importing"]
    assert importing.running

    at.button(key="add_model_cancel").click().run()

    assert not importing.running
    assert "Cancelled. Nothing was added." in texts(at)
    assert list(models.iterdir()) == []
    assert list((tmp_path / "home" / running.FOLDER).iterdir()) == []


def test_a_reload_finds_the_import_again(page, models, tmp_path):
    start(page, saved(tiny(), tmp_path / "model.keras"), scale="0..1")

    reloaded = new_session()

    assert "Adding **mine**" in texts(reloaded)
    assert not any(one.key == "add_model_start" for one in reloaded.button)
    reloaded.button(key="add_model_cancel").click().run()
    assert "Cancelled. Nothing was added." in texts(reloaded)
    assert list(models.iterdir()) == []
    assert "Cancelled. Nothing was added." in texts(page.run())
    later = new_session()
    assert not later.error
    assert any(one.key == "add_model_start" for one in later.button)


def test_how_an_import_ended_is_told_to_whoever_comes_back(page, models, tmp_path):
    start(page, torch_like(tmp_path / "model.onnx"), scale="imagenet", head="softmax")
    open_imports().last.wait(60)

    assert "The model mine was added." in texts(new_session())


def test_without_the_trainer_the_page_says_what_to_do(page, monkeypatch):
    monkeypatch.setattr(running, "trainer_is_installed", lambda: False)

    at = page.run()

    assert "The trainer is not installed here" in at.info[0].value
    assert not any(one.key == "add_model_start" for one in at.button)
