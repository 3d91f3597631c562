"""Every test of the record runs on both databases."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.record.database import Database
from app.core.record.opening import open_record
from app.core.record.readers import known_reader
from app.core.record.worklist import Worklist
from app.core.record.worklists import create_worklist
from tests import postgresql


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory) -> Iterator[postgresql.Server]:
    """A real server, shared with the other workers."""
    if sys.platform == "win32":
        pytest.skip("the server of the tests is reached by a socket in a folder")
    with postgresql.shared_server(tmp_path_factory) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'reviews.sqlite3'}"
    return request.getfixturevalue("postgresql_server").url(postgresql.new_schema())


@pytest.fixture
def record(url: str) -> Iterator[Database]:
    """An empty record."""
    with open_record(url) as database:
        yield database


@pytest.fixture
def made(record: Database) -> Worklist:
    """A worklist that anybody may read."""
    return create_worklist(
        record, name="Ward 3", origin="folder", place="ward", bundle_sha256="b" * 64,
        network_sha256="b" * 64, model="chest", mode="second_reader",
    )  # fmt: skip


@pytest.fixture
def sqlite_record(tmp_path: Path) -> Iterator[Database]:
    """An empty record in a file, for what SQLite alone does."""
    with open_record(f"sqlite:///{tmp_path / 'home' / 'reviews.sqlite3'}") as database:
        yield database


@pytest.fixture
def ada(record):
    return known_reader(record, "Ada")


@pytest.fixture
def ben(record):
    return known_reader(record, "Ben")
