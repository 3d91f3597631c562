"""The server is killed while a reader answers: what was confirmed is there, and nothing twice."""

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from itertools import count
from uuid import uuid4

import httpx2
import pytest

from app.core.record import log
from app.core.record.audit import audit
from app.core.review.worklist_registry import open_worklists
from tests.app.reading.conftest import named

# Serves as `overread app` does, once it has told the token that a page would hand to its browser.
SERVER = """
import sys
from app.commands.streamlit_process import main
from app.core.record.readers import known_reader
from app.core.review.worklist_registry import open_worklists
from app.reading.sessions import sessions

reader = known_reader(open_worklists().record, "Reader 1")
print(sessions.open(reader, sys.argv[1]), flush=True)
sys.argv = ["streamlit", "run", "app/server.py", "--server.port", "0", "--server.headless", "true",
            "--server.address", "127.0.0.1", "--global.developmentMode", "false"]
sys.exit(main())
"""


class Server:
    def __init__(self, worklist_id):
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", SERVER, worklist_id],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        token = self.process.stdout.readline().strip()
        while "http://" not in (line := self.process.stdout.readline()):
            assert self.process.poll() is None
        self.browser = httpx2.Client(
            base_url=f"http://{line.split('http://')[1].strip()}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        while True:
            try:
                assert self.browser.get("/reading/state").status_code == 200
                return
            except httpx2.ConnectError:
                time.sleep(0.05)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.browser.close()


@pytest.mark.slow
def test_a_killed_server_loses_nothing_that_it_confirmed(make):
    opened, _ = make()
    named("Reader 1")
    confirmed, sent = {}, []
    for _ in range(2):
        server = Server(opened.worklist.id)
        killer = threading.Timer(random.random() / 2, server.process.kill)
        try:
            if sent:  # the browser's queue sends it again
                confirmed[sent[-1]] = answer(server, sent[-1], len(sent) - 1)
            for number in count():
                if number == 3:
                    killer.start()
                sent.append(str(uuid4()))
                confirmed[sent[-1]] = answer(server, sent[-1], len(sent) - 1)
        except httpx2.TransportError:
            killer.join()
        finally:
            killer.cancel()
            server.end()

    open_worklists().close_all()
    record = open_worklists().record
    found = {entry.action_id: entry.number for entry in log.all_entries(record)}
    assert len(confirmed) >= 6
    assert confirmed.items() <= found.items()
    assert found.keys() <= set(sent)
    assert set(Counter(entry.action_id for entry in log.all_entries(record)).values()) == {1}
    assert audit(record).is_sound


def answer(server, action, number):
    """The number of the entry, once it is on disk."""
    body = {"action": action, "agreement": "agree", "comment": f"answer {number}"}
    address = f"/reading/films/{number % 4}/verdict"
    while (answered := server.browser.post(address, json=body)).status_code == 503:
        time.sleep(0.05)  # the film is yet to be judged by the server that was started again
    assert answered.status_code == 200, answered.text
    return answered.json()["number"]
