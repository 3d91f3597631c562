import json
import logging

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.core.errors import SourceError
from app.core.record.problems import NotAllowedError, RecordError
from app.reading.answers import AnswerError, route
from app.reading.sessions import sessions


def client(answer, method="GET"):
    """A browser whose page was opened, and whose requests are answered thus."""
    browser = TestClient(Starlette(routes=[route("/films/{item:int}", answer, method=method)]))
    browser.headers["Authorization"] = f"Bearer {sessions.open(None, 'worklist')}"
    return browser


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer guessed", "Basic {token}"])
def test_only_a_known_token_is_answered(authorization):
    browser = client(lambda _: pytest.fail("was answered"))
    token = sessions.open(None, "worklist")
    answered = browser.get(
        "/reading/films/1", headers={"Authorization": authorization.format(token=token)}
    )

    assert answered.status_code == 401
    assert list(answered.json()) == ["error"]


def test_an_answer_knows_who_asks_for_what():
    def answer(asked):
        return {
            "worklist": asked.session.worklist_id, "item": asked.path["item"],
            "query": asked.query["next"], "sent": asked.body["text"],
        }  # fmt: skip

    answered = client(answer, "POST").post("/reading/films/7?next=8,9", json={"text": "ü\0"})

    assert answered.json() == {"worklist": "worklist", "item": 7, "query": "8,9", "sent": "ü\0"}
    assert answered.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (AnswerError(404, "No film 7."), 404, "No film 7."),
        (RecordError("It is away."), 503, "It is away."),
        (NotAllowedError("It is locked."), 409, "It is locked."),
        (SourceError("The folder is gone."), 409, "The folder is gone."),
        (ValueError("doe^john.dcm"), 500, "The server failed (ValueError). Try again."),
    ],
)
def test_what_goes_wrong_is_said_and_names_nobody_in_the_log(error, status, sentence, caplog):
    def answer(_):
        raise error

    with caplog.at_level(logging.DEBUG):
        answered = client(answer).get("/reading/films/7")

    assert (answered.status_code, answered.json()) == (status, {"error": sentence})
    assert "doe" not in caplog.text
    assert ("ValueError at test_answers.py:" in caplog.text) == (status == 500)


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"", 400), (b"[1]", 400), (b'{"a": NaN}', 400), (b"{" * 10**5, 400), (b"\xff", 400),
     (json.dumps({"a": "x" * 2**20}).encode(), 413)],
)  # fmt: skip
def test_what_is_not_a_small_json_object_is_refused(sent, status):
    browser = client(lambda _: pytest.fail("was answered"), "POST")
    answered = browser.post("/reading/films/7", content=sent)

    assert answered.status_code == status
    assert "not saved" in answered.json()["error"]
