"""Refused films in a worklist: what is said of a folder of them, and by a model that refuses none.

What a reader may decide about one is tested with the reading routes.
"""

import cv2
import pytest
from streamlit.testing.v1 import AppTest

from app.core.record.log import all_entries
from app.core.review.worklist_registry import open_worklists
from tests.app.views.conftest import MAIN, opened, review_folder, wait_for_worklist
from tests.app.views.test_case import texts
from tests.homes import link_converted
from tests.references import familiar_film, foreign_film


@pytest.fixture
def gated_app(referenced_bundle, tmp_path, monkeypatch):
    """The app on a model with a reference, with a folder of three foreign films."""
    folder = tmp_path / "root" / "foreign"
    folder.mkdir(parents=True)
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.png"), foreign_film(number))
    monkeypatch.setenv("OVERREAD_MODELS", str(referenced_bundle.path.parent))
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(tmp_path / "root"))
    monkeypatch.setenv("OVERREAD_HOME", str(link_converted(tmp_path / "home")))
    return AppTest.from_file(MAIN, default_timeout=60)


def test_a_folder_that_is_all_foreign_gives_one_message(gated_app):
    at = review_folder(gated_app, "foreign")

    assert not at.exception
    assert "all 3 that could be read are unlike" in texts(at)
    assert [one.status for one in opened(at).results()] == ["refused"] * 3


def test_a_model_without_a_reference_says_so(app):
    at = review_folder(app, "ward")
    assert "cannot recognise foreign images" in texts(at)

    at.switch_page("views/model_card.py").run()
    assert "cannot recognise foreign images" in texts(at)


def test_films_are_corrected_together_and_left_refused_again(gated_app, tmp_path):
    folder = tmp_path / "root" / "foreign"
    for number in (0, 1):
        cv2.imwrite(str(folder / f"inverted {number}.png"), 255 - familiar_film(3002 + number))
    at = review_folder(gated_app, "foreign")
    assert "2 with black and white swapped" in texts(at)

    at.button(key="worklist_correct").click().run()
    assert not at.exception
    # The films are compared anew, until when nothing is offered.
    at = wait_for_worklist(at)
    corrected = [one for one in opened(at).results() if one.chosen.remedy == "invert"]
    assert [one.status for one in corrected] == ["ok", "ok"]
    assert not any(one.key == "worklist_correct" for one in at.button)

    at.button(key="worklist_leave_refused").click().run()
    assert not at.exception
    assert [one.status for one in opened(at).results()] == ["refused"] * 5
    events = [one.event for one in all_entries(open_worklists().record)]
    assert events == ["decision"] * 2 + ["withdrawal"] * 2
