"""Servers of films, each in a process of its own: a web server, and moto's S3."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from app.core.sources import remote

# A file server that, by the name, refuses a file or does not say how large it is.
WEB_SERVER = """
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

class Handler(SimpleHTTPRequestHandler):
    def send_head(self):
        if "denied" in self.path:
            return self.send_error(403)
        return super().send_head()

    def send_header(self, name, value):
        if not ("unsized" in self.path and name == "Content-Length"):
            super().send_header(name, value)

    def log_message(self, *_): ...

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


class Server:
    """A server in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        """Returns when it answers."""
        self.process = subprocess.Popen(
            [sys.executable, *self.command()], cwd=self.folder, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError):
                try:
                    urllib.request.urlopen(self.url, timeout=1).close()
                except urllib.error.HTTPError as answer:
                    answer.close()
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError("the server did not start")

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def restart(self):
        self.stop()
        self.start()

    def stop(self):
        with suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        self.process.wait()


class WebServer(Server):
    """Python's own, over the files of a folder."""

    def command(self):
        return ["-c", WEB_SERVER, str(self.port)]

    def made(self, name):
        """A new folder."""
        (self.folder / name).mkdir()
        return WebFolder(self, name)


class BucketServer(Server):
    """moto's S3."""

    def command(self):
        return ["-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]

    def made(self, name):
        """A new bucket."""
        client("create_bucket", Bucket=name)
        return Bucket(self, name)


class WebFolder:
    def __init__(self, server, name):
        self.server, self.name = server, name
        self.address = f"{server.url}/{name}/"

    def put(self, name, data):
        path = self.server.folder / self.name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def remove(self, name):
        (self.server.folder / self.name / name).unlink()


class Bucket:
    def __init__(self, server, name):
        self.server, self.name = server, name
        self.address = f"s3://{name}/films"

    def put(self, name, data, **more):
        client("put_object", Bucket=self.name, Key=f"films/{name}", Body=data, **more)

    def remove(self, name):
        client("delete_object", Bucket=self.name, Key=f"films/{name}")


def client(method, **arguments):
    files, _ = remote._file_system("s3://bucket")
    return files.call_s3(method, **arguments)
