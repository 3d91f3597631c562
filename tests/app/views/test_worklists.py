import csv
import json
import secrets
import shutil
import threading
from io import StringIO

import pytest
from streamlit.testing.v1 import AppTest

from app.core.exports.recorded import entries_csv, entries_json, recorded
from app.core.record.entry import Draft
from app.core.record.readers import find_reader, known_reader
from app.core.record.verdicts import VerdictStore
from app.core.record.worklist_items import items
from app.core.record.worklists import all_worklists
from app.core.review.worklist_registry import open_worklists
from app.core.scoring.engine import Engine
from app.core.settings import read_settings
from tests.app.views.conftest import (
    MAIN,
    READER,
    made,
    named,
    opened,
    review_folder,
    start_review,
    texts,
    wait_for_worklist,
)


def keys(at) -> set[str]:
    return {str(button.key) for button in at.button}


def test_it_opens_with_what_to_do_and_the_disclaimer(app):
    app.run()

    assert not app.exception
    assert app.title[0].value == "Worklists"
    assert "Research use only, not a medical device." in texts(app)
    assert "Choose films to review." in texts(app)


def test_a_folder_becomes_a_worklist_that_lasts(app):
    at = review_folder(app, "ward")

    assert not at.exception
    assert at.title[0].value == "ward"
    assert "7 films" in texts(at)
    assert "1 ✕ Unreadable" in texts(at)
    listed = opened(at)
    assert listed.names[-1] == "torn.png"
    assert listed.worklist.place == "ward"

    another = named(AppTest.from_file(MAIN, default_timeout=60))
    another.query_params["id"] = listed.worklist.id
    another.switch_page("views/worklist.py").run()
    assert not another.exception
    assert another.title[0].value == "ward"
    assert opened(another) is listed


def test_the_front_page_tells_how_far_a_worklist_is_and_goes_on(app):
    listed = made(app, "ward")
    app.switch_page("views/worklists.py").run()
    assert "ward" in texts(app)
    assert [bar.value for bar in app.get("progress")] == [0] or app.get("progress")

    app.button(key=f"worklist_next_{listed.worklist.id}").click().run()
    assert not app.exception
    assert app.session_state["film"] == str(
        next(
            item for item in range(len(listed))
            if listed.result(item) is most_urgent(listed)
        )
    )  # fmt: skip


def most_urgent(listed):
    def urgency(one):
        zones = ("uncertain", "positive", "negative")
        return zones.index(one.prediction.zone), -(
            one.prediction.uncertainty
            if one.prediction.zone == "uncertain"
            else one.prediction.probability
        )

    return min((one for one in listed.results() if one.prediction), key=urgency)


def test_a_worklist_for_other_readers_is_not_shown(app):
    app.run()
    app.segmented_control(key="review_origin").set_value("Server folder").run()
    app.text_input(key="review_folder").set_value("ward").run()
    app.multiselect(key="plan_readers").set_value([READER]).run()
    app.selectbox(key="plan_mode").set_value("blind_first").run()
    app.text_input(key="plan_name").set_value("Ours").run()
    app.button(key="review_server").click().run()
    listed = opened(app).worklist
    assert (listed.name, listed.mode, listed.hides_names) == ("Ours", "blind_first", True)
    assert "Blind first" in texts(app)
    assert "▲" not in texts(app)
    assert "○" not in texts(app)

    other = named(AppTest.from_file(MAIN, default_timeout=60), "Ben")
    other.run()
    assert "Ours" not in texts(other)
    other.query_params["id"] = listed.id
    other.switch_page("views/worklist.py").run()
    assert "for other readers" in texts(other)
    assert "Ours" not in texts(other)


def test_closing_opening_again_and_copying(app):
    listed = made(app, "ward")
    app.switch_page("views/worklist.py").run()
    app.button(key="worklist_close").click().run()
    assert not app.exception
    assert "closed: it can be looked at" in texts(app)
    app.button(key="worklist_reopen").click().run()
    assert "closed: it can be looked at" not in texts(app)

    app.button(key="worklist_copy").click().run()
    assert not app.exception
    copied = opened(app)
    copied.wait_until_scored(60)
    assert copied.worklist.name == "ward (copy)"
    assert copied.worklist.id != listed.worklist.id
    assert list(copied.names) == list(listed.names)
    assert copied.progress.known == 7


def test_new_films_of_the_folder_are_added(app, data_root):
    made(app, "ward")
    shutil.copy(data_root / "ward" / "film_0.png", data_root / "ward" / "new.png")
    app.switch_page("views/worklist.py").run()
    app.button(key="worklist_look").click().run()

    assert not app.exception
    assert "8 films" in texts(app)


def test_uploads_are_kept_until_their_worklist_is_closed(app, data_root):
    app.run()
    app.segmented_control(key="review_origin").set_value("Files or ZIP").run()
    assert "kept on the server for 30 days, up to 4,096 MB" in texts(app)
    films = [(path.name, path.read_bytes()) for path in sorted((data_root / "ward").glob("*.png"))]
    app.file_uploader[0].set_value([(name, data, "image/png") for name, data in films]).run()
    app.button(key="review_uploaded").click().run()
    wait_for_worklist(app)
    assert not app.exception
    assert "uploads are deleted on" in texts(app)
    folder = read_settings().uploads / opened(app).worklist.id
    assert len(list(folder.iterdir())) == len(films) + 1

    app.checkbox(key="worklist_delete_uploads").check().run()
    app.button(key="worklist_close").click().run()
    assert not folder.exists()
    assert "the uploaded films were deleted" in texts(app)


def test_uploads_beyond_the_space_for_them_are_refused(app, data_root, monkeypatch):
    monkeypatch.setenv("OVERREAD_UPLOADS_MB", "1")
    app.run()
    app.segmented_control(key="review_origin").set_value("Files or ZIP").run()
    app.file_uploader[0].set_value([("a.png", bytes(2 * 1024**2), "image/png")]).run()
    app.button(key="review_uploaded").click().run()

    assert "of the 1 MB for uploaded films" in texts(app)
    assert not all_worklists(open_worklists().record)
    assert not read_settings().uploads.exists()


def test_an_address_of_no_worklist_is_a_sentence(app):
    app.query_params["id"] = "nobody"
    app.switch_page("views/worklist.py").run()

    assert not app.exception
    assert "There is no worklist at this address." in texts(app)


def test_a_worklist_whose_model_is_gone_says_so(app, bundle, tmp_path, monkeypatch):
    listed = made(app, "ward")
    record, reader = open_worklists().record, find_reader(open_worklists().record, READER)
    said = "=1+1 <b>\u80ba</b>"
    VerdictStore(record).record(
        Draft(
            event="verdict", image_id=listed.result(0).image_id, bundle_sha256=bundle.sha256,
            worklist_id=listed.worklist.id, item=0, reader=reader.name, reader_id=reader.id,
            agreement="disagree", label="NORMAL", comment=said, prediction="PNEUMONIA",
        )
    )  # fmt: skip
    shutil.copytree(bundle.path, tmp_path / "models" / "other")
    card = tmp_path / "models" / "other" / "bundle.json"
    card.write_text(card.read_text().replace('"small"', '"other"'))
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path / "models"))
    again = named(AppTest.from_file(MAIN, default_timeout=60))
    again.query_params["id"] = listed.worklist.id
    again.switch_page("views/worklist.py").run()

    assert not again.exception
    assert "The model of this worklist is gone or was changed" in texts(again)
    assert again.title[0].value == "ward"
    (films,) = (one.value for one in again.dataframe)
    assert list(films["Name"]) == listed.names
    assert list(films.loc[0, ["Your answer", "The model said", "Comment"]]) == [
        "disagree: NORMAL", "PNEUMONIA", said,
    ]  # fmt: skip
    contents = recorded(record, listed.worklist, reader)
    rows = list(csv.DictReader(StringIO(entries_csv(contents).decode("utf-8-sig"))))
    assert [(row["film"], row["comment"]) for row in rows] == [(listed.names[0], f"'{said}")]
    kept = json.loads(entries_json(contents))
    assert [entry["comment"] for entry in kept["entries"]] == [said]
    assert kept["films"] == listed.names

    again.button(key="worklist_copy").click().run()
    copied = next(one for one in all_worklists(record) if one.name == "ward (copy)")
    assert not again.exception
    assert copied.bundle_sha256 != listed.worklist.bundle_sha256
    assert [one.name for one in items(record, copied.id)] == listed.names


@pytest.fixture
def gate(monkeypatch):
    """Lets so many results of the real engine through as the test allows."""
    allowed = threading.Semaphore(0)
    original = Engine.score

    def score(self, *arguments, **options):
        for result in original(self, *arguments, **options):
            allowed.acquire()
            yield result

    monkeypatch.setattr(Engine, "score", score)
    yield allowed
    allowed.release(1000)


def test_its_maker_says_who_reads_it(app):
    grace = known_reader(open_worklists().record, "Grace")
    at = review_folder(app, "ward")
    made = opened(at).worklist
    at.multiselect(key=f"worklist_readers_{made.id}").set_value([grace.id]).run()
    at.button(key="worklist_save_readers").click().run()
    assert not at.exception
    ada = known_reader(open_worklists().record, READER)
    assert set(opened(at).worklist.readers) == {ada.id, grace.id}

    at.session_state["reader_name"] = "Grace"
    at.run()
    assert "worklist_save_readers" not in keys(at)
    assert "Ada, Grace. Whoever made the worklist" in texts(at)

    known_reader(open_worklists().record, "Joan")
    at.session_state["reader_name"] = "Joan"
    at.run()
    assert "Ask whoever made it, or an administrator, to add you" in texts(at)


def test_a_worklist_opens_whatever_its_id(app, monkeypatch):
    monkeypatch.setattr(secrets, "token_hex", lambda length: "_a__b-")

    at = review_folder(app, "ward")

    assert not at.exception
    assert opened(at).worklist.id == "_a__b-"


def test_scoring_is_shown_and_can_be_cancelled_and_resumed(app, gate):
    start_review(app, "ward")
    app.switch_page("views/worklist.py").run()
    assert "worklist_cancel" in keys(app)
    assert not app.get("download_button")
    app.button(key="worklist_cancel").click().run()
    gate.release(100)
    wait_for_worklist(app)
    assert "Cancelled" in texts(app)

    app.button(key="worklist_start").click().run()
    wait_for_worklist(app)
    assert not app.exception
    assert opened(app).progress.done == 7
    assert app.get("download_button")


def test_a_setting_that_cannot_be_is_a_sentence(app, monkeypatch):
    monkeypatch.setenv("OVERREAD_RESULTS_MB", "plenty")
    app.run()

    assert not app.exception
    assert r"OVERREAD\_RESULTS\_MB is 'plenty'; expected a whole number" in texts(app)
