"""What the front page says before there is a worklist: no model, no folder, no films."""

import shutil

import pytest

from tests.app.views.conftest import texts


@pytest.mark.parametrize("relative", ["../", "ward/../../..", "/etc", "nowhere"])
def test_folders_outside_the_root_are_refused(app, relative):
    app.run()
    app.segmented_control(key="review_origin").set_value("Server folder").run()
    app.text_input(key="review_folder").set_value(relative).run()

    assert not app.exception
    assert len(app.error) == 1
    assert "Choose" in app.error[0].value
    assert not any(button.key == "review_server" for button in app.button)


def test_folders_that_are_not_shown_are_counted(app, data_root):
    for number in range(61):
        (data_root / f"week_{number:02d}").mkdir()
    app.run()
    app.segmented_control(key="review_origin").set_value("Server folder").run()

    assert len(app.pills(key="review_subfolder").options) == 60
    assert "The first 60 of 62 folders are shown." in texts(app)


def test_a_folder_without_images_says_so(app):
    app.run()
    app.segmented_control(key="review_origin").set_value("Server folder").run()
    app.text_input(key="review_folder").set_value("ward/week_1").run()
    app.button(key="review_server").click().run()

    assert "There are no images" in texts(app)


def test_without_a_data_root_the_page_says_how_to_set_one(app, monkeypatch):
    monkeypatch.delenv("OVERREAD_DATA_ROOT")
    app.run()
    app.segmented_control(key="review_origin").set_value("Server folder").run()

    assert "OVERREAD_DATA_ROOT" in texts(app)


def test_a_model_without_samples_says_so(app):
    app.run()
    app.segmented_control(key="review_origin").set_value("Sample films").run()

    assert "has no sample films" in texts(app)


def test_without_a_model_the_page_says_what_to_do(app, tmp_path, monkeypatch):
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path / "none"))
    app.run()

    assert not app.exception
    assert "overread-train fit" in texts(app)


def test_a_changed_bundle_is_a_sentence_not_a_traceback(app, bundle, tmp_path, monkeypatch):
    copied = tmp_path / "models" / "small"
    shutil.copytree(bundle.path, copied)
    with (copied / "predictions.csv").open("a") as file:
        file.write("\n")
    monkeypatch.setenv("OVERREAD_MODELS", str(copied.parent))
    app.run()

    assert not app.exception
    assert "predictions.csv of the bundle 'small' was changed" in app.error[0].value
