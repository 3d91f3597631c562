"""The list of a worklist's films, as a browser asks for it."""

import cv2
import numpy as np

from app.core.record.entry import Draft
from app.core.record.readers import known_reader
from app.core.record.verdicts import VerdictStore
from app.core.review.worklist_registry import open_worklists
from tests.app.reading.conftest import browser_of


def ask(browser, path, **body):
    answered = browser.post(f"/reading/{path}", json=body)
    assert answered.status_code == 200, answered.text
    return answered.json()


def rows(browser, items):
    return ask(browser, "rows", items=items)["rows"]


def test_an_open_worklist_is_listed_with_its_pictures(make, caplog):
    _, browser = make()

    listed = ask(browser, "order")
    shown = rows(browser, listed["items"])

    assert sorted(listed["items"]) == [0, 1, 2, 3]
    assert (listed["total"], listed["matched"], listed["judged"]) == (4, 4, 4)
    assert sum(one["count"] for one in listed["counts"]["statuses"]) == 4
    assert listed["counts"]["verdicts"] == [{"key": "unread", "text": "Not read", "count": 4}]
    assert [row["item"] for row in shown] == listed["items"]
    assert {row["name"] for row in shown} == {f"film_{number}.png" for number in range(4)}
    assert all(row["probability_text"].endswith(" %") for row in shown if row["probability"])
    assert [row["item"] for row in rows(browser, [3, 4, 0])] == [3, 0]  # there is no fifth film
    by_name = ask(browser, "order", sort={"column": "name", "descending": True})
    found = ask(browser, "order", filter={"text": "film_2"}, counts_only=True)
    assert by_name["items"] == [3, 2, 1, 0]
    assert (found["matched"], found["total"], "items" in found) == (1, 4, False)
    picture = browser.get(shown[0]["thumbnail"])
    decoded = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert max(decoded.shape) <= 256
    assert "immutable" in picture.headers["cache-control"]
    # An address names nobody, and that of another film shows none.
    assert "film_" not in shown[0]["thumbnail"]
    other = shown[0]["thumbnail"].replace(f"/{shown[0]['item']}/", f"/{shown[1]['item']}/")
    assert (browser.get(other).status_code, browser.get(other).content) == (204, b"")
    assert browser.get(shown[0]["thumbnail"], headers={"Authorization": ""}).status_code == 401
    assert browser.get("/reading/thumbnails/99/abc").status_code == 404
    assert not [one for one in caplog.records if "film_" in one.getMessage()]


def test_what_cannot_be_understood_is_said_without_repeating_it(make):
    _, browser = make()
    asked = [
        ("order", {"sort": {"column": "patient"}}),
        ("order", {"filter": {"lowest": 2}}),
        ("order", {"filter": {"finding": "MASS"}}),
        ("order", {"filter": {"text": ["doe^john"]}}),
        ("rows", {"items": list(range(201))}),
        ("rows", {"items": [-1]}),
        ("rows", {}),
    ]

    answered = [browser.post(f"/reading/{path}", json=body) for path, body in asked]

    assert [one.status_code for one in answered] == [400] * len(asked)
    assert not [one for one in answered if "john" in one.json()["error"]]


def test_blind_films_tell_nothing_until_the_readers_own_call(make):
    opened, browser = make(mode="blind_first")
    record, told = open_worklists().record, rows(browser, [0, 1, 2, 3])
    reader, other = (known_reader(record, name) for name in ("Reader 1", "Reader 2"))
    before = ask(browser, "order")

    assert before["items"] == [0, 1, 2, 3]
    assert before["counts"]["predictions"] == []
    assert {row["status"] for row in told} == {"to_read"}
    assert [row["name"] for row in told] == ["Film 1", "Film 2", "Film 3", "Film 4"]
    assert not any(row["probability"] or row["prediction"] or row["folder"] for row in told)

    VerdictStore(record).record(
        Draft(
            event="call",
            image_id=opened.result(1).image_id,
            bundle_sha256=opened.bundle.sha256,
            worklist_id=opened.worklist.id,
            item=1,
            reader=reader.name,
            reader_id=reader.id,
            label=opened.bundle.manifest.task.classes[0],
            confidence=1.0,
        )
    )

    after = ask(browser, "order")
    assert after["version"] > before["version"]
    assert after["items"] == [0, 1, 2, 3]
    assert [bool(row["prediction"]) for row in rows(browser, [0, 1, 2, 3])] == [
        False, True, False, False,
    ]  # fmt: skip
    theirs = browser_of(opened, other)
    assert not any(row["prediction"] or row["verdict"] for row in rows(theirs, [0, 1, 2, 3]))
