import pandas as pd
import pytest

from tests.ui.conftest import review_folder


def texts(at) -> str:
    return "\n".join(
        element.value
        for kind in (at.markdown, at.caption, at.error, at.warning, at.info)
        for element in kind
    )


def test_it_opens_with_what_to_do_and_the_disclaimer(app):
    app.run()

    assert not app.exception
    assert app.title[0].value == "Review"
    assert "Research use only, not a medical device." in texts(app)
    assert not app.dataframe


def test_a_folder_becomes_a_worklist(app):
    at = review_folder(app, "ward")

    assert not at.exception
    table = at.dataframe[0].value
    assert len(table) == 7
    assert table["Name"].iloc[-1] == "ward/torn.png"
    assert table["Status"].iloc[-1] == "✕ Unreadable"
    assert table["Film"].iloc[0].startswith("data:image/jpeg;base64,")
    assert table["Film"].isna().tolist() == [False] * 6 + [True]
    assert pd.isna(table["Probability"].iloc[-1])
    assert "1 ✕ Unreadable" in texts(at)
    assert "0 of 7 reviewed" in texts(at)


def test_filters_narrow_the_worklist_and_say_when_nothing_is_left(app):
    at = review_folder(app, "ward")
    at.text_input(key="review_text").set_value("FILM_3").run()
    assert at.dataframe[0].value["Name"].tolist() == ["ward/film_3.png"]

    at.text_input(key="review_text").set_value("nobody").run()
    assert not at.dataframe
    assert "No film passes these filters" in texts(at)


@pytest.mark.parametrize("relative", ["../", "ward/../../..", "/etc", "nowhere"])
def test_folders_outside_the_root_are_refused(app, relative):
    app.run()
    app.segmented_control(key="review_origin").set_value("Server folder").run()
    app.text_input(key="review_folder").set_value(relative).run()

    assert not app.exception
    assert len(app.error) == 1
    assert "Choose" in app.error[0].value
    assert not any(button.key == "review_server" for button in app.button)


def test_a_folder_without_images_says_so(app):
    app.run()
    app.segmented_control(key="review_origin").set_value("Server folder").run()
    app.text_input(key="review_folder").set_value("ward/week_1").run()
    app.button(key="review_server").click().run()

    assert "There is no image in it" in texts(app)


def test_without_a_data_root_the_page_says_how_to_set_one(app, monkeypatch):
    monkeypatch.delenv("OVERREAD_DATA_ROOT")
    app.run()
    app.segmented_control(key="review_origin").set_value("Server folder").run()

    assert "OVERREAD_DATA_ROOT" in texts(app)


def test_a_model_without_samples_says_so(app):
    app.run()
    app.segmented_control(key="review_origin").set_value("Sample films").run()

    assert "carries no sample films" in texts(app)


def test_without_a_model_the_page_says_what_to_do(app, tmp_path, monkeypatch):
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path / "none"))
    app.run()

    assert not app.exception
    assert "overread-train fit" in texts(app)


def test_a_changed_bundle_is_a_sentence_not_a_traceback(app, bundle, tmp_path, monkeypatch):
    import shutil

    copied = tmp_path / "models" / "small"
    shutil.copytree(bundle.path, copied)
    with (copied / "predictions.csv").open("a") as file:
        file.write("\n")
    monkeypatch.setenv("OVERREAD_MODELS", str(copied.parent))
    app.run()

    assert not app.exception
    assert "predictions.csv of the bundle 'small' was changed" in app.error[0].value
