"""Refused films in the app: told why, shown as they should be, judged only as a reader decides."""

import re

import cv2
import numpy as np
import pytest
import tifffile
from streamlit.testing.v1 import AppTest

from app.core.record.decisions import DecisionStore
from app.core.record.opening import open_record
from tests.app.views.conftest import MAIN, review_folder, wait_for_worklist
from tests.app.views.test_review import texts
from tests.homes import link_converted
from tests.references import familiar_film, foreign_film


@pytest.fixture
def gated_app(referenced_bundle, tmp_path, monkeypatch):
    """The app on a model with a reference, with a familiar, a foreign and an inverted film."""
    films = tmp_path / "root" / "mixed"
    foreign = tmp_path / "root" / "foreign"
    films.mkdir(parents=True)
    foreign.mkdir()
    cv2.imwrite(str(films / "familiar.png"), familiar_film(3000))
    cv2.imwrite(str(films / "foreign.png"), foreign_film(3001))
    cv2.imwrite(str(films / "inverted.png"), 255 - familiar_film(3002))
    for number in range(3):
        cv2.imwrite(str(foreign / f"{number}.png"), foreign_film(number))
    monkeypatch.setenv("OVERREAD_MODELS", str(referenced_bundle.path.parent))
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(tmp_path / "root"))
    monkeypatch.setenv("OVERREAD_HOME", str(link_converted(tmp_path / "home")))
    return AppTest.from_file(MAIN, default_timeout=60)


def rows(at):
    return at.dataframe[0].value.set_index("Name")


def open_film(at, name):
    listed = at.session_state["listed"]
    found = next(one.source for one in listed if one.source.name.endswith(name))
    at.session_state["case"] = found
    return at.switch_page("views/case.py").run()


def test_refused_films_are_listed_with_reason_and_what_is_offered(gated_app):
    at = review_folder(gated_app, "mixed")

    table = rows(at)
    assert table["Status"].tolist().count("✕ Refused") == 2
    foreign, inverted = (table.loc[f"mixed/{name}.png"] for name in ("foreign", "inverted"))
    assert "unlike those the model learned from" in foreign["Reason"]
    assert "Case offers the corrected film" in inverted["Reason"]
    assert foreign.isna()["Probability"]
    assert "cannot recognise foreign images" not in texts(at)
    assert "all 3" not in texts(at)


def test_the_corrected_film_is_judged_logged_and_found_again(
    gated_app, referenced_bundle, tmp_path
):
    at = open_film(review_folder(gated_app, "mixed"), "inverted.png")
    assert not at.exception
    assert "As it is" in texts(at)
    assert "Corrected:** with black and white swapped" in texts(at)
    assert "Calibrated probability" not in texts(at)

    at.button(key="case_judge_corrected").click().run()

    assert not at.exception
    assert "Calibrated probability" in texts(at)
    assert "Black and white were swapped" in texts(at)
    assert "Decided" in texts(at)
    (decision,) = decisions(tmp_path, referenced_bundle)
    assert (decision.remedy, decision.reason) == ("invert", "")

    at.switch_page("views/review.py").run()
    assert rows(at)["Status"].tolist().count("✕ Refused") == 1
    assert "Black and white were swapped" in rows(at).loc["mixed/inverted.png", "Reason"]

    again = review_folder(AppTest.from_file(MAIN, default_timeout=60), "mixed")
    assert "Black and white were swapped" in rows(again).loc["mixed/inverted.png", "Reason"]
    assert rows(again).loc["mixed/foreign.png", "Status"] == "✕ Refused"


def test_a_decision_holds_when_other_files_are_then_read_another_way(gated_app, tmp_path):
    stack = np.stack([familiar_film(3003), familiar_film(3004)])
    tifffile.imwrite(tmp_path / "root" / "mixed" / "stack.tif", stack, photometric="minisblack")
    at = open_film(review_folder(gated_app, "mixed"), "inverted.png")
    at.button(key="case_judge_corrected").click().run()
    at.switch_page("views/review.py").run()

    at.number_input(key="review_frame_1").set_value(2).run()
    at.button(key="review_read_as_1").click().run()
    wait_for_worklist(at)

    assert not at.exception
    assert "mixed/stack.tif · image 2" in rows(at).index
    assert "Black and white were swapped" in rows(at).loc["mixed/inverted.png", "Reason"]


def test_a_refused_film_is_judged_all_the_same_only_with_a_reason(
    gated_app, referenced_bundle, tmp_path
):
    at = open_film(review_folder(gated_app, "mixed"), "foreign.png")
    assert not any(one.key == "case_judge_corrected" for one in at.button)
    submit = next(one for one in at.button if one.label == "Judge it all the same")

    submit.click().run()
    assert "Write a reason first" in texts(at)
    assert not decisions(tmp_path, referenced_bundle)

    at.text_input[0].set_value("Known phantom of this ward")
    next(one for one in at.button if one.label == "Judge it all the same").click().run()

    assert not at.exception
    assert "Calibrated probability" in texts(at)
    assert "Known phantom of this ward" in texts(at)
    assert re.search(r"\d\.\d times the limit", texts(at))
    (decision,) = decisions(tmp_path, referenced_bundle)
    assert (decision.remedy, decision.reason) == (None, "Known phantom of this ward")
    at.switch_page("views/review.py").run()
    assert "Known phantom of this ward" in rows(at).loc["mixed/foreign.png", "Reason"]

    at = open_film(at, "foreign.png")
    at.button(key="case_take_back").click().run()
    assert not at.exception
    assert "Calibrated probability" not in texts(at)
    assert "✕ Refused" in texts(at)
    assert not decisions(tmp_path, referenced_bundle)
    at.switch_page("views/review.py").run()
    assert rows(at).loc["mixed/foreign.png", "Status"] == "✕ Refused"


def test_a_folder_that_is_all_foreign_gives_one_message(gated_app):
    at = review_folder(gated_app, "foreign")

    assert "all 3 that could be read are unlike" in texts(at)
    assert rows(at)["Status"].tolist() == ["✕ Refused"] * 3


def test_a_model_without_a_reference_says_so(app):
    at = review_folder(app, "ward")
    assert "cannot recognise foreign images" in texts(at)

    at.switch_page("views/model_card.py").run()
    assert "cannot recognise foreign images" in texts(at)


def decisions(tmp_path, bundle):
    with open_record(f"sqlite:///{tmp_path / 'home' / 'reviews.sqlite3'}") as record:
        return list(DecisionStore(record).latest(bundle.sha256).values())
