"""What readers say of films: saved as it was sent, once, or refused in words."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import uuid4

import pytest

from app.core.explanations.selection import default_choice
from app.core.record import log
from app.core.record.audit import audit
from app.core.record.database import Database
from app.core.record.readers import remove_reader, restore_reader, set_role
from app.core.record.replay import ReplayError, replay
from app.core.record.shown import heatmap_digest
from app.core.record.worklists import close_worklist
from app.core.review.installed_models import installed_models
from app.core.review.worklist_registry import open_worklists
from app.core.scoring.engine import Engine
from tests.app.reading.conftest import browser_of, named

REGION = {"kind": "rectangle", "points": [[1, 2], [30.5, 40]], "label": ""}


def sent(browser, what, **body):
    return browser.post(f"/reading/films/{what}", json={"action": str(uuid4())} | body)


def saved(browser, what, **body):
    answered = sent(browser, what, **body)
    assert answered.status_code == 200, answered.text
    return answered.json()


def film(browser, item=0):
    return browser.get(f"/reading/films/{item}").json()


def entries():
    return list(log.all_entries(open_worklists().record))


def test_a_verdict_is_kept_with_all_that_was_shown(make):
    opened, browser = make()
    reader = named("Reader 1")
    label = opened.bundle.manifest.task.classes[0]
    said = {
        "label": label, "agreement": "disagree", "confidence": 0.75, "tags": ["device"],
        "comment": "=HYPERLINK(\"x\") <b>not bold</b> 🩻 \0" + 4000 * "ü", "regions": [REGION],
        "reading_seconds": 12.5, "idle_seconds": 3.0,
    }  # fmt: skip
    answered = saved(browser, "2/verdict", **said)
    (entry,) = entries()
    result = opened.result(2)

    assert {name: answered[name] for name in said} == said | {
        "comment": said["comment"].replace("\0", "\ufffd"),
    }  # fmt: skip
    assert (answered["number"], answered["reader"], answered["event"]) == (1, "Reader 1", "verdict")
    assert (entry.worklist_id, entry.item, entry.reader_id) == (opened.worklist.id, 2, reader.id)
    assert (entry.image_id, entry.bundle_sha256) == (result.image_id, opened.bundle.sha256)
    assert (entry.probability, entry.prediction) == (
        result.prediction.probability, result.prediction.label,
    )  # fmt: skip
    assert film(browser, 2)["verdict"]["number"] == 1
    assert film(browser, 1)["verdict"] is None
    assert audit(open_worklists().record).is_sound
    again = replay(entry, models=opened.bundle.path.parent, films=[opened.source(2)])
    assert again.is_same
    assert again.is_same_heatmap


def test_a_verdict_under_a_worklists_own_threshold_is_computed_again_with_it(make):
    opened, browser = make(threshold=0.999)
    saved(browser, "0/verdict", agreement="agree")
    (entry,) = entries()
    again = replay(entry, models=opened.bundle.path.parent, films=[opened.source(0)])

    assert entry.threshold == again.threshold == 0.999
    assert entry.prediction == opened.bundle.manifest.task.classes[0]
    assert again.is_same
    assert again.is_same_heatmap


def test_an_action_that_is_sent_again_is_answered_as_the_first_time(make):
    _, browser = make()
    action = str(uuid4())
    first = saved(browser, "0/verdict", action=action, agreement="agree")
    saved(browser, "0/verdict", agreement="unsure")
    again = saved(browser, "0/verdict", action=action.upper(), agreement="agree")

    assert again == first
    assert len(entries()) == 2
    assert film(browser)["verdict"]["agreement"] == "unsure"
    assert sent(browser, "1/verdict", action=action, agreement="agree").status_code == 409


def test_a_call_is_locked_and_holds_nothing_of_the_model(make):
    opened, browser = make("blind_first")
    classes = opened.bundle.manifest.task.classes
    action = str(uuid4())
    saved(browser, "0/call", action=action, label=classes[1], confidence=0.5)
    assert saved(browser, "0/call", action=action, label=classes[1])["asks"] == "confirm"
    assert sent(browser, "0/call", label=classes[0]).status_code == 409
    assert sent(browser, "0/undo").status_code == 409
    changed = saved(browser, "0/verdict", label=classes[0], confidence=1.0)
    call, verdict = entries()

    assert (call.event, call.label, call.confidence) == ("call", classes[1], 0.5)
    assert (call.probability, call.prediction, call.zone, call.heatmap_sha256) == (None,) * 4
    assert (verdict.label, verdict.prediction) == (classes[0], opened.result(0).prediction.label)
    assert verdict.heatmap_sha256 == heatmap_digest(heatmap_of(opened, 0))
    assert film(browser)["call"]["label"] == classes[1]
    assert film(browser)["verdict"]["label"] == changed["label"] == classes[0]
    assert audit(open_worklists().record).is_sound
    with pytest.raises(ReplayError, match=r"\(call\) does not say what was shown"):
        replay(call, models=opened.bundle.path.parent, films=[opened.source(0)])


def heatmap_of(opened, item):
    result = opened.result(item)
    choice = default_choice(opened.bundle.manifest.heatmap, result.prediction.class_index)
    return installed_models().evidence_maps(opened.bundle).get(result.image_id, choice)


def test_two_readers_and_an_adjudicator_do_not_learn_of_each_other(make):
    opened, first = make("second_reader")
    classes = opened.bundle.manifest.task.classes
    second = browser_of(opened, named("Reader 2"))
    judge = browser_of(opened, named("Ada", "adjudicator"))
    for browser, label in ((first, classes[0]), (second, classes[1])):
        assert film(judge)["asks"] == "nothing"
        assert sent(judge, "0/verdict", label=label).status_code == 409
        saved(browser, "0/call", label=label, confidence=1.0)
        saved(browser, "0/verdict", label=label, confidence=1.0)

    waiting = film(judge)
    assert (waiting["asks"], waiting["prediction"], waiting["heatmaps"]) == (
        "adjudication", None, None,
    )  # fmt: skip
    assert (waiting["others"], waiting["verdict"], waiting["call"]) == ([], None, None)
    assert sent(judge, "0/verdict", agreement="agree").status_code == 400
    decided = saved(judge, "0/verdict", label=classes[1])
    assert decided["event"] == "adjudication"
    assert film(judge)["prediction"]
    assert sent(judge, "0/undo").status_code == 409
    assert film(first)["verdict"]["label"] == classes[0]
    assert film(first)["others"] == []
    assert entries()[-1].prediction is None


def test_undo_brings_back_what_was_before(make):
    _, browser = make()
    saved(browser, "0/verdict", agreement="agree")
    saved(browser, "0/verdict", agreement="disagree")
    action = str(uuid4())

    assert saved(browser, "0/undo", action=action)["verdict"]["agreement"] == "agree"
    assert saved(browser, "0/undo", action=action)["verdict"]["agreement"] == "agree"
    assert saved(browser, "0/undo")["verdict"] is None
    nothing = sent(browser, "0/undo")
    assert nothing.status_code == 409
    assert nothing.json()["error"] == "There is nothing of yours on this film to take back."


def test_a_verdict_that_says_nothing_any_more_is_withdrawn(make):
    _, browser = make()
    assert sent(browser, "0/verdict").status_code == 409
    saved(browser, "0/verdict", comment="Motion")
    assert saved(browser, "0/verdict")["event"] == "clear"
    assert film(browser)["verdict"] is None


def test_a_film_without_a_result_is_marked_and_never_agreed_with(make, ward):
    (ward / "film_1.png").write_bytes(b"not an image")
    opened, browser = make()
    bad = opened.names.index("film_1.png")

    assert film(browser, bad)["asks"] == "mark"
    agreed = sent(browser, f"{bad}/verdict", agreement="agree")
    assert agreed.status_code == 409
    assert "Mark it as seen or reported" in agreed.json()["error"]
    assert saved(browser, f"{bad}/mark", event="reported", comment="Broken")["event"] == "reported"
    assert film(browser, bad)["verdict"]["event"] == "reported"
    assert sent(browser, "0/mark", event="seen").status_code == 409


INVALID = [
    {"action": "doe^john"}, {"action": None}, {"label": "doe^john"}, {"agreement": "doe^john"},
    {"confidence": 0.6}, {"comment": "doe^john" * 1000}, {"tags": ["doe^john"]}, {"tags": 3},
    {"regions": [{"kind": "doe^john"}]}, {"regions": [REGION | {"points": [[0, 1e9], [1, 1]]}]},
    {"reading_seconds": -1}, {"idle_seconds": 1e9}, {"regions": [REGION] * 101},
    {"regions": [REGION | {"points": [["doe^john", 0], [0, 0]]}]}, {"regions": [None]},
    {"regions": [REGION | {"points": [[1], [2]]}]}, {"regions": [{"kind": "line"}]},
]  # fmt: skip


def test_an_answer_about_a_film_that_is_yet_to_be_judged_is_to_be_sent_again(
    make, ward, monkeypatch
):
    opened, browser = make()
    item, judged, score = len(opened), threading.Event(), Engine.score

    def held(self, *arguments, **options):
        judged.wait(60)
        yield from score(self, *arguments, **options)

    monkeypatch.setattr(Engine, "score", held)
    (ward / "new.png").write_bytes((ward / "film_0.png").read_bytes() + b"another film")
    opened.look_again()
    early = [
        sent(browser, f"{item}/verdict", agreement="agree"),
        sent(browser, f"{item}/mark", event="seen"),
    ]
    judged.set()
    opened.wait_until_scored(60)

    assert [one.status_code for one in early] == [503, 503]
    assert "yet to judge this film" in early[0].json()["error"]
    assert not entries()
    saved(browser, f"{item}/verdict", agreement="agree")


def test_what_is_not_valid_is_refused_before_anything_is_saved(make):
    _, browser = make()
    for body in INVALID:
        answered = sent(browser, "0/verdict", **{"agreement": "agree", **body})

        assert answered.status_code == 400, answered.text
        assert "othing was saved" in answered.json()["error"]
        assert "john" not in answered.text
    assert not entries()


def test_two_readers_who_press_at_the_same_moment_are_both_kept(make):
    opened, first = make()
    browsers = [first, *(browser_of(opened, named(f"Reader {number}")) for number in (2, 3, 4))]
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(
            lambda number: saved(browsers[number % 4], f"{number % 2}/verdict", agreement="agree"),
            range(24),
        )

    assert sorted(one["number"] for one in answers) == list(range(1, 25))
    assert audit(open_worklists().record).is_sound


def test_a_reader_whom_another_server_removed_is_told_and_sees_no_more(make):
    _, browser = make()
    picture = browser.post("/reading/rows", json={"items": [0]}).json()["rows"][0]["thumbnail"]
    record, reader = open_worklists().record, named("Reader 1")
    remove_reader(record, reader.id)

    asked = [
        sent(browser, "0/verdict", agreement="agree"),
        browser.post("/reading/order", json={}),
        browser.post("/reading/rows", json={"items": [0]}),
        *(browser.get(one) for one in ("/reading/films/0", "/reading/state", picture)),
    ]
    assert {(one.status_code, one.json()["error"]) for one in asked} == {
        (403, "You may no longer read here. What was saved is kept.")
    }
    assert not entries()

    restore_reader(record, reader.id)
    assert sent(browser, "0/verdict", agreement="agree").status_code == 200


def test_a_reader_whom_another_server_gave_a_role_needs_a_session_of_it(make):
    _, browser = make()
    set_role(open_worklists().record, named("Reader 1").id, "adjudicator")

    assert browser.get("/reading/state").status_code == 401


def test_a_closed_worklist_is_told(make):
    opened, browser = make()
    close_worklist(open_worklists().record, opened.worklist.id)
    closed = sent(browser, "0/verdict", agreement="agree")
    assert closed.status_code == 409
    assert "closed" in closed.json()["error"]
    assert browser.get("/reading/state").json()["worklist"]["closed"]
    assert film(browser)["asks"] == "nothing"
    assert not entries()


def test_while_the_record_cannot_be_written_nothing_is_confirmed(make, settings, monkeypatch):
    monkeypatch.setattr(Database.__init__, "__kwdefaults__", {"lock_seconds": 0.2})
    _, browser = make()
    path = settings.home / "reviews.sqlite3"
    action = str(uuid4())
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        away = sent(browser, "0/verdict", action=action, agreement="agree")
        other.rollback()

    assert away.status_code == 503
    assert "another program holds its database" in away.json()["error"]
    assert not entries()
    assert saved(browser, "0/verdict", action=action, agreement="agree")["number"] == 1
