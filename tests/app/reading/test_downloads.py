from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.core.exports.jobs import ExportJob
from app.core.record.readers import known_reader, remove_reader
from app.core.review.worklist_registry import open_worklists
from app.reading.downloads import Tickets, tickets
from app.reading.routes import ROUTES


def finished(name="overlays.zip"):
    job = ExportJob(name, lambda path, _: path.write_bytes(b"content"))
    job.wait(5)
    return job


def test_a_file_is_fetched_by_its_ticket():
    client, job = TestClient(Starlette(routes=ROUTES)), finished()

    answer = client.get(tickets.address(job))

    assert (answer.status_code, answer.content) == (200, b"content")
    assert 'filename="overlays.zip"' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_removed_reader_fetches_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path))
    client, record = TestClient(Starlette(routes=ROUTES)), open_worklists().record
    reader = known_reader(record, "Ada")
    address = tickets.address(finished(), reader)

    assert client.get(address).status_code == 200
    remove_reader(record, reader.id)
    assert client.get(address).status_code == 403


def test_an_unknown_ticket_opens_nothing():
    client = TestClient(Starlette(routes=ROUTES))

    assert client.get("/reading/downloads/unknown").status_code == 404
    assert client.get("/reading/downloads/..%2f..%2fetc").status_code == 404


def test_a_ticket_holds_for_an_hour_and_is_given_once():
    now = [0.0]
    given, job = Tickets(clock=lambda: now[0]), finished()
    address = given.address(job)
    name = address.rpartition("/")[2]

    assert given.address(job) == address
    assert given.find(name) is job
    now[0] = 3601
    assert given.find(name) is None
