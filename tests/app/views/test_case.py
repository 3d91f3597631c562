"""The Case page: the film, the prediction, the verdict, and films without a score."""

import re
import sqlite3

import cv2
import numpy as np
import pytest
import tifffile

from app.core.images.film import Film
from app.core.images.reading import ReadOptions
from app.core.sources.source import Source
from app.ui.case import viewer
from tests.app.views.conftest import review_folder
from tests.app.views.test_review import texts


def open_case(app, path, name=None):
    app.session_state["case"] = Source(name or path.name, path)
    return app.switch_page("views/case.py").run()


def test_without_a_film_the_page_says_what_to_do(app):
    at = app.run().switch_page("views/case.py").run()

    assert not at.exception
    assert "Choose one from the worklist" in texts(at)


def test_prediction_threshold_and_zone_are_shown(app, data_root):
    at = open_case(app, data_root / "ward" / "film_0.png")

    assert not at.exception
    assert {"View", "Evidence for"} <= {one.label for one in at.segmented_control}
    assert any(word in texts(at) for word in ("Positive", "Uncertain", "Negative"))
    assert re.search(r"Calibrated probability (> |< )?\d+\.\d %, before", texts(at))
    assert at.slider(key="case_opacity").value == 0.6


def test_the_image_of_a_file_and_its_window_are_shown(app, data_root, film):
    path = data_root / "pages.tif"
    pages = np.stack([film.astype(np.uint16) * 16, 4080 - film.astype(np.uint16) * 16])
    tifffile.imwrite(path, pages, photometric="minisblack")
    app.session_state["case"] = Source("pages", path, reading=ReadOptions(2, (0.0, 4080.0)))
    at = app.switch_page("views/case.py").run()

    assert not at.exception
    assert "Image 2 of 2 · Black to white: 0 to 4080, as chosen" in texts(at)
    assert viewer.reading_note(Film(film, chosen=ReadOptions(model_window=(-5.5, 4095.0)))) == (
        "Black to white: -5.5 to 4095, as the model was trained"
    )
    assert viewer.reading_note(Film(film)) == ""


@pytest.mark.parametrize("verdict", ["agree", "disagree", "unsure"])
def test_a_verdict_is_saved_at_once_and_shown_again(app, data_root, verdict):
    at = open_case(app, data_root / "ward" / "film_0.png")
    at.button(key=f"case_{verdict}").click().run()

    assert at.button(key=f"case_{verdict}").label.endswith("✓")
    again = at.run()
    assert again.button(key=f"case_{verdict}").label.endswith("✓")


def test_a_comment_keeps_the_verdict_and_the_worklist_shows_it(app, data_root):
    at = review_folder(app, "ward")
    at.session_state["case"] = Source("ward/film_2.png", data_root / "ward" / "film_2.png")
    at.switch_page("views/case.py").run()
    at.button(key="case_disagree").click().run()
    at.text_area[0].set_value("line over the apex").run()
    assert at.button(key="case_disagree").label.endswith("✓")

    at.switch_page("views/review.py").run()
    table = at.dataframe[0].value.set_index("Name")
    assert table.loc["ward/film_2.png", "Verdict"] == "Disagree"
    assert "1 of 7 reviewed" in texts(at)


@pytest.mark.parametrize("left", ["", "  ", "\n"])
def test_a_comment_field_that_is_only_left_is_no_verdict(app, data_root, tmp_path, left):
    at = open_case(app, data_root / "ward" / "film_0.png")
    at.text_area[0].set_value("x").set_value(left).run()
    at.button(key="case_agree").click().run()
    at.button(key="case_agree").click().run()

    assert not at.exception
    with sqlite3.connect(tmp_path / "home" / "reviews.sqlite3") as database:
        rows = database.execute("SELECT agreement, comment FROM entries").fetchall()
    assert rows == [("agree", "")]


@pytest.mark.parametrize("given", ["verdict", "comment"])
def test_a_failure_to_save_is_reported(app, read_only_verdicts, data_root, given):
    at = open_case(app, data_root / "ward" / "film_0.png")
    assert not at.error

    if given == "verdict":
        at.button(key="case_agree").click().run()
    else:
        at.text_area[0].set_value("line over the apex").run()

    assert not at.exception
    assert len(at.error) == 1
    assert "could not be saved" in at.error[0].value
    assert at.button(key="case_agree").label == "Agree"


def test_next_and_previous_follow_the_worklist(app, data_root):
    at = review_folder(app, "ward")
    names = at.dataframe[0].value["Name"].tolist()
    first = next(name for name in names)
    at.session_state["case"] = Source(first, (data_root / first).resolve())
    at.switch_page("views/case.py").run()
    assert at.button(key="case_back").disabled

    at.button(key="case_next").click().run()
    assert at.session_state["case"].name == names[1]
    at.button(key="case_back").click().run()
    assert at.session_state["case"].name == first


def test_an_unreadable_film_keeps_its_reason(app, data_root):
    at = open_case(app, data_root / "ward" / "torn.png")

    assert not at.exception
    assert "No prediction." in texts(at)
    assert "Calibrated probability" not in texts(at)


def test_a_film_without_a_score_is_not_asked_about(app, data_root):
    at = open_case(app, data_root / "ward" / "torn.png")

    assert "Do you agree" not in texts(at)
    assert not [button.key for button in at.button if button.key in ("case_agree", "case_unsure")]
    assert at.text_area[0].label == "Comment"


def test_a_film_that_is_shown_but_refused_has_no_controls_of_a_heatmap(app, data_root):
    colour = np.random.default_rng(3).integers(0, 256, (80, 80, 3), np.uint8)
    cv2.imwrite(str(data_root / "photo.png"), colour)

    at = open_case(app, data_root / "photo.png")

    assert not at.exception
    assert "No prediction. " in texts(at)
    assert not at.segmented_control
    assert "case_opacity" not in [one.key for one in at.slider]


def test_a_film_that_vanished_is_a_sentence_without_its_name(app, data_root):
    at = open_case(app, data_root / "ward" / "Jane_Doe.png", name="film")

    assert not at.exception
    assert "could not be read" in at.error[0].value
    assert "Jane" not in texts(at)
    assert not at.text_area


def test_a_name_is_not_interpreted_as_markdown(app, data_root):
    at = open_case(app, data_root / "ward" / "film_0.png", name="a_b_*c*_[x](y).png")

    assert r"a\_b\_\*c\*\_\[x\](y).png" in texts(at)
