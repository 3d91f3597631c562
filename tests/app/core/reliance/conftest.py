from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.record.opening import open_record
from tests.worklist_readings import Readings


@pytest.fixture
def blind(tmp_path: Path) -> Iterator[Readings]:
    """A worklist that nobody has read yet."""
    with open_record(f"sqlite:///{tmp_path / 'reviews.sqlite3'}") as database:
        yield Readings(database)
