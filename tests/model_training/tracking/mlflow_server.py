"""A real MLflow server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

NO_TELEMETRY = {"MLFLOW_DISABLE_TELEMETRY": "true"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(address):
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


class Server:
    """`mlflow server` as a department would start it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"http://127.0.0.1:{self.port}"

    def start(self):
        """Returns when it answers."""
        store = ["--backend-store-uri", f"sqlite:///{self.folder}/runs.db"]
        files = ["--artifacts-destination", str(self.folder / "files")]
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        log = self.folder / "server.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", "server", *store, *files, *place],
                stdout=output, stderr=output, start_new_session=True,
                # A server for runs alone, without the eight processes that work on its jobs.
                env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"} | NO_TELEMETRY,
            )  # fmt: skip
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            if answers(self.address):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(log.read_text())

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def stop(self):
        with suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        self.process.wait()
