"""What readers decide about refused films: judged corrected or for a reason, taken back, told."""

from uuid import uuid4

import cv2
import numpy as np
import pytest

from app.core.record import log
from app.core.record.decisions import DecisionStore
from app.core.record.worklists import close_worklist
from app.core.review.worklist_registry import open_worklists
from tests.references import familiar_film, foreign_film

REASON = "Known phantom of this ward"


@pytest.fixture
def gated(make, ward, referenced_bundle, monkeypatch):
    """A function that opens a familiar, a foreign and an inverted film: worklist and browser."""
    monkeypatch.setenv("OVERREAD_MODELS", str(referenced_bundle.path.parent))
    for path in ward.iterdir():
        path.unlink()
    films = {"0.png": familiar_film(3000), "1.png": foreign_film(3001)}
    for name, pixels in (films | {"2.png": 255 - familiar_film(3002)}).items():
        cv2.imwrite(str(ward / name), pixels)
    return lambda **options: make(model=referenced_bundle, **options)


FAMILIAR, FOREIGN, INVERTED = range(3)


def decide(browser, item, what, **body):
    return browser.post(f"/reading/films/{item}/{what}", json={"action": str(uuid4())} | body)


def look(browser, item):
    return browser.get(f"/reading/films/{item}").json()["second_look"]


def decisions(opened):
    record = open_worklists().record
    return list(DecisionStore(record).latest(opened.bundle.sha256).values())


def pixels(browser, url):
    picture = np.frombuffer(browser.get(url).content, np.uint8)
    return cv2.imdecode(picture, cv2.IMREAD_GRAYSCALE)


def test_the_corrected_film_is_seen_judged_and_the_decision_kept(gated):
    opened, browser = gated()
    offered = look(browser, INVERTED)
    film = browser.get(f"/reading/films/{INVERTED}").json()["film"]

    assert offered["corrected"]["text"] == "Corrected: with black and white swapped"
    corrected = pixels(browser, offered["corrected"]["film"]["url"])
    np.testing.assert_array_equal(corrected, 255 - pixels(browser, film["url"]))

    answered = decide(browser, INVERTED, "judge", corrected=True).json()
    assert answered["prediction"] is not None
    assert answered["second_look"]["decided"]["reader"] == "Reader 1"
    np.testing.assert_array_equal(pixels(browser, answered["film"]["url"]), corrected)
    (decision,) = decisions(opened)
    assert (decision.remedy, decision.reason) == ("invert", "")

    # Sent again, as after a connection that broke, it is decided once.
    decide(browser, INVERTED, "judge", corrected=True)
    assert len(decisions(opened)) == 1
    assert look(browser, FAMILIAR) is None


def test_a_film_is_judged_as_it_is_only_with_a_reason_and_left_refused_again(gated):
    opened, browser = gated()
    assert look(browser, FOREIGN)["corrected"] is None
    for body in ({"reason": "  "}, {}):
        assert "Write a reason first" in decide(browser, FOREIGN, "judge", **body).text
    assert "No correction" in decide(browser, FOREIGN, "judge", corrected=True).text
    assert not decisions(opened)

    answered = decide(browser, FOREIGN, "judge", reason=REASON).json()
    assert answered["prediction"] is not None
    assert "times the limit" in answered["second_look"]["distance"]
    assert opened.result(FOREIGN).chosen.override == REASON

    answered = decide(browser, FOREIGN, "leave").json()
    assert answered["status"] == "refused"
    assert answered["second_look"]["decided"] is None
    assert not decisions(opened)
    decide(browser, FOREIGN, "leave")
    events = [one.event for one in log.all_entries(open_worklists().record)]
    assert events == ["decision", "withdrawal"]


def test_nothing_is_offered_or_decided_before_a_blind_call_or_in_a_closed_worklist(gated):
    opened, browser = gated(mode="blind_first")
    assert look(browser, INVERTED) is None
    assert decide(browser, INVERTED, "judge", corrected=True).status_code == 409

    opened, browser = gated()
    address = look(browser, INVERTED)["corrected"]["film"]["url"]
    close_worklist(open_worklists().record, opened.worklist.id)
    opened.refresh()
    offered = look(browser, INVERTED)
    assert (offered["may_judge"], offered["may_leave"]) == (False, False)
    assert browser.get(address).status_code == 200
    assert decide(browser, INVERTED, "judge", corrected=True).status_code == 409
    assert not decisions(opened)
