import pytest

from app.core.sources import Source
from tests.ui.conftest import review_folder
from tests.ui.test_review_page import texts


def open_case(app, path, name=None):
    app.run()
    app.session_state["case"] = Source(name or path.name, path)
    return app.switch_page("views/case.py").run()


def test_without_a_film_the_page_says_what_to_do(app):
    at = app.run().switch_page("views/case.py").run()

    assert not at.exception
    assert "Choose one from the worklist" in texts(at)


def test_reading_threshold_and_zone_are_shown(app, data_root):
    at = open_case(app, data_root / "ward" / "film_0.png")

    assert not at.exception
    assert any(word in texts(at) for word in ("Positive", "Doubtful", "Negative"))
    assert "Calibrated probability 0." in texts(at)
    assert at.slider(key="case_opacity").value == 0.6


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
    assert "No reading." in texts(at)
    assert "Calibrated probability" not in texts(at)


def test_a_film_that_vanished_is_a_sentence_without_its_name(app, data_root):
    at = open_case(app, data_root / "ward" / "Jane_Doe.png", name="film")

    assert not at.exception
    assert "could not be read" in at.error[0].value
    assert "Jane" not in texts(at)
    assert not at.text_area


def test_a_name_is_shown_as_it_is(app, data_root):
    at = open_case(app, data_root / "ward" / "film_0.png", name="a_b_*c*_[x](y).png")

    assert r"a\_b\_\*c\*\_\[x\]\(y\)\.png" in texts(at)
