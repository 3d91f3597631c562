"""What a run writes is not an input of the same run."""

import pytest

from app.core.sources.left_out import LeftOut
from app.core.sources.outputs import Outputs
from app.core.sources.sources import from_paths
from tests.app.core.sources.contents import names

UNFINISHED = ("partial", "unfinished", "unfinished-wal", "unfinished-shm", "lock")


@pytest.fixture
def folder(tmp_path):
    films = tmp_path / "films"
    (films / "maps").mkdir(parents=True)
    (films / "other").mkdir()
    for name in ("a.png", "maps/overlay.png", "other/r.csv.partial", "r.csv", "r.csv.old"):
        (films / name).write_bytes(b"abc")
    for ending in UNFINISHED:
        (films / f"r.csv.{ending}").write_bytes(b"abc")
    return films


def test_neither_the_unfinished_table_nor_the_heatmaps_are_listed(folder):
    left_out = LeftOut()
    found = from_paths(
        [folder], left_out, outputs=Outputs(folder / "r.csv", folder / "other" / ".." / "maps")
    )

    assert names(found, folder) == ["a.png"]
    # The table of an earlier run, and what is only called alike, are counted.
    assert str(left_out) == (
        "3 files are not images: 1 .csv, 1 .old, 1 .partial; 1 folder of heatmaps was not opened."
    )


def test_heatmaps_that_are_not_there_yet(folder):
    found = from_paths([folder], outputs=Outputs(folder / "r.csv", folder / "later"))
    assert names(found, folder) == ["a.png", "maps/overlay.png"]
