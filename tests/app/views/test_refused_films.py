"""Refused films in a worklist: what is said of a folder of them, and by a model that refuses none.

What a reader may decide about one is tested with the reading routes.
"""

import cv2
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.views.conftest import MAIN, opened, review_folder
from tests.app.views.test_case import texts
from tests.homes import link_converted
from tests.references import foreign_film


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
