"""Films of a batch that nearly equal an earlier one are noted, through the engine and the store."""

from pathlib import Path

import cv2

from app.core.results.bundle_results import BundleResults
from app.core.results.result_store import ResultStore
from app.core.results.rows import row
from app.core.scoring.duplicates import with_duplicates
from app.core.sources.source import Source
from tests.app.core.gate.test_near_duplicates import picture, recompressed


def test_a_copy_is_judged_and_noted(engine, tmp_path):
    films = {"a.png": picture(1), "b.png": picture(2), "copy.png": recompressed(picture(1))}
    for name, pixels in films.items():
        cv2.imwrite(str(tmp_path / name), pixels)
    (tmp_path / "broken.png").write_bytes(b"no image")
    names = [*films, "broken.png"]
    sources = [Source(name, Path(tmp_path / name)) for name in names]
    known = BundleResults(ResultStore(tmp_path / "results.db"), engine.bundle)

    first = list(with_duplicates(engine.score(sources, known=known)))
    second = list(with_duplicates(engine.score(sources, known=known)))

    for results in (first, second):  # also when the results come from the store
        assert [one.duplicate_of for one in results] == ["", "", "a.png", ""]
        assert [one.status for one in results] == ["ok", "ok", "ok", "unreadable"]
    assert row(first[2], engine.bundle)["duplicate_of"] == "a.png"
    assert row(first[0], engine.bundle)["duplicate_of"] is None
