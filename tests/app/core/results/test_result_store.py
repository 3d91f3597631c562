"""Results on disk: what comes back, what is dropped, what a damaged file says."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from app.core.results import store_file
from app.core.results.bundle_results import BundleResults
from app.core.results.result_cache import CachedResults, open_cache
from app.core.results.result_store import Entry, ResultStore
from app.core.results.store_file import ResultStoreError
from app.core.scoring.engine import Engine
from app.core.scoring.prediction import predict
from app.core.scoring.result import Result
from app.core.sources.source import Source

SAMPLES = Path(__file__).parents[4] / "models" / "phantom-chest" / "samples"


def entry(number, *, cells=4):
    return Entry(f"{number:064d}", "result", {"number": number}, np.full((cells, 3), number, "f4"))


@pytest.mark.parametrize("name", ["bundle", "findings_bundle"])
def test_what_was_computed_comes_back_as_it_was(name, request, tmp_path):
    bundle = request.getfixturevalue(name)
    sources = [Source(path.name, path) for path in sorted(SAMPLES.rglob("*.png"))[:5]]
    refused = Result(Source("x", Path("x")), "f" * 64, "refused", "blank", "nothing there")
    results = [*Engine(bundle).score(sources), refused]
    store = ResultStore(tmp_path / "kept.sqlite3")
    BundleResults(store, bundle).add(results)
    store.close()

    known = BundleResults(ResultStore(tmp_path / "kept.sqlite3"), bundle)

    for result in results:
        other = Source("another name", Path("elsewhere"))
        found = known.get(result.image_id, other)
        assert found.source == other
        assert (found.status, found.reason_code) == (result.status, result.reason_code)
        assert found.reason == result.reason
        assert found.prediction == result.prediction
        np.testing.assert_array_equal(found.evidence, result.evidence)


def test_findings_as_an_earlier_version_stored_them_are_read(findings_bundle, tmp_path):
    prediction = predict(np.array([-3.0, 2.0, -1.0]), findings_bundle.manifest)
    stored = [
        {"probability": one.probability, "raw_probability": one.raw_probability, "label": one.label}
        for one in prediction.findings
    ]
    facts = {"status": "ok", "reason_code": "", "reason": "", "prediction": {"findings": stored}}
    store = ResultStore(tmp_path / "kept.sqlite3")
    store.add(findings_bundle.sha256, [Entry("f" * 64, "result", facts)])

    found = BundleResults(store, findings_bundle).get("f" * 64, Source("x", Path("x")))

    assert found.prediction == prediction


def test_it_is_known_by_both_digests(bundle, three_class_bundle, tmp_path):
    store = ResultStore(tmp_path / "kept.sqlite3")
    result = Result(Source("x", Path("x")), "f" * 64, "refused", "blank", "nothing there")
    BundleResults(store, bundle).add([result])

    assert BundleResults(store, bundle).get("f" * 64, result.source) == result
    assert BundleResults(store, bundle).get("e" * 64, result.source) is None
    assert BundleResults(store, three_class_bundle).get("f" * 64, result.source) is None


def test_what_another_version_computed_is_not_there(tmp_path):
    path = tmp_path / "kept.sqlite3"
    before = ResultStore(path, pipeline=1)
    before.add("b", [entry(1), entry(2)])
    now = ResultStore(path, pipeline=2)

    assert now.get(f"{1:064d}", "b", "result") is None
    assert list(now.image_ids("b", "result")) == []
    assert now.bundles() == set()
    assert (len(now), now.num_outdated) == (0, 2)

    now.add("b", [Entry(f"{1:064d}", "result", {"number": "computed again"})])

    assert now.get(f"{1:064d}", "b", "result").facts == {"number": "computed again"}
    assert list(now.image_ids("b", "result")) == [f"{1:064d}"]
    assert before.get(f"{1:064d}", "b", "result") is None
    assert (len(now), now.num_outdated) == (1, 1)


def test_a_file_that_names_no_version_is_opened_and_its_entries_are_not_served(tmp_path):
    """As it was written before entries had a version."""
    path = tmp_path / "kept.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE kept (number INTEGER PRIMARY KEY AUTOINCREMENT, image_id TEXT NOT NULL, "
        "bundle_sha256 TEXT NOT NULL, what TEXT NOT NULL, facts TEXT NOT NULL, rows INTEGER NOT "
        "NULL, columns INTEGER NOT NULL, map BLOB NOT NULL, UNIQUE (image_id, bundle_sha256, what))"
    )
    connection.execute(
        "INSERT INTO kept (image_id, bundle_sha256, what, facts, rows, columns, map) "
        "VALUES (?, 'b', 'result', '{}', 0, 0, x'')",
        (f"{1:064d}",),
    )
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()

    store = ResultStore(path)

    assert store.num_outdated == 1
    assert store.get(f"{1:064d}", "b", "result") is None
    store.add("b", [entry(1)])
    assert store.get(f"{1:064d}", "b", "result").facts == {"number": 1}


def test_files_that_could_not_be_read_are_tried_again(bundle, tmp_path):
    store = ResultStore(tmp_path / "kept.sqlite3")
    BundleResults(store, bundle).add(
        [Result(Source("x", Path("x")), "", "unreadable", "gone", ".")]
    )

    assert len(store) == 0


def test_the_oldest_go_first(tmp_path):
    store = ResultStore(tmp_path / "kept.sqlite3", max_bytes=20_000)
    for number in range(100):
        store.add("b", [entry(number)])

    kept = [n for n in range(100) if store.get(f"{n:064d}", "b", "result") is not None]

    assert kept == list(range(100 - len(kept), 100))
    assert 20 < len(kept) < 60


def test_many_at_once_go_too(tmp_path):
    store = ResultStore(tmp_path / "kept.sqlite3", max_bytes=20_000)
    store.add("b", [entry(number) for number in range(1000)])

    assert 20 < len(store) < 60


def test_the_file_stays_within_reach_of_its_limit(tmp_path):
    path = tmp_path / "kept.sqlite3"
    store = ResultStore(path, max_bytes=1_000_000)
    for number in range(300):
        store.add("b", [entry(number * 10 + n, cells=400) for n in range(10)])
    store.close()

    assert path.stat().st_size < 1_500_000


def test_image_ids_are_listed_page_by_page(tmp_path):
    store = ResultStore(tmp_path / "kept.sqlite3")
    store.add("b", [entry(number, cells=1) for number in range(10_003)])
    store.add("another", [entry(20_000)])

    found = list(store.image_ids("b", "result"))

    assert found == [f"{number:064d}" for number in range(10_003)]


def test_threads_share_it(tmp_path):
    store = ResultStore(tmp_path / "kept.sqlite3")

    def fill(start):
        for number in range(start, start + 50):
            store.add("b", [entry(number)])
            assert store.get(f"{number:064d}", "b", "result").facts == {"number": number}

    threads = [threading.Thread(target=fill, args=(start,)) for start in (0, 50, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(store) == 150


def test_a_killed_process_loses_nothing(tmp_path):
    path = tmp_path / "kept.sqlite3"
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from app.core.results.result_store import Entry, ResultStore\n"
        "store = ResultStore(Path(sys.argv[1]))\n"
        "for number in range(10**6):\n"
        "    store.add('b', [Entry(f'{number:064d}', 'result', {})])\n"
        "    print(number, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    )
    told = [int(process.stdout.readline()) for _ in range(50)][-1]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()

    store = ResultStore(path)
    assert all(store.get(f"{n:064d}", "b", "result") is not None for n in range(told + 1))


def test_a_damaged_file_says_what_to_do(tmp_path):
    path = tmp_path / "kept.sqlite3"
    path.write_bytes(b"no database" * 1000)

    with pytest.raises(ResultStoreError, match="delete it"):
        ResultStore(path)


def test_a_file_of_another_version_says_so(tmp_path):
    import sqlite3

    path = tmp_path / "kept.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(ResultStoreError, match="have format version 99"):
        ResultStore(path)


def test_a_full_disk_is_reported_and_loses_no_stored_result(tmp_path):
    store = ResultStore(tmp_path / "kept.sqlite3")
    store.add("b", [entry(1)])
    pages = store._file._connection.execute("PRAGMA page_count").fetchone()[0]
    store._file._connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    with pytest.raises(ResultStoreError, match="is full"):
        store.add("b", [entry(number, cells=5000) for number in range(2, 9)])

    assert len(store) == 1


def test_a_damaged_cache_is_replaced(tmp_path):
    path = tmp_path / "kept.sqlite3"
    path.write_bytes(b"no database" * 1000)

    store = open_cache(path, max_bytes=10**6)

    store.add("b", [entry(1)])
    assert len(store) == 1


def test_a_cache_that_is_locked_is_done_without_and_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(store_file, "_WAIT_SECONDS", 0.1)
    path = tmp_path / "kept.sqlite3"
    store = ResultStore(path)
    store.add("b", [entry(1)])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    found = open_cache(path, max_bytes=10**6)

    other.execute("ROLLBACK")
    other.close()
    assert found is None
    assert len(store) == 1
    assert len(ResultStore(path)) == 1


def test_a_film_that_there_was_no_memory_for_is_tried_again(bundle, tmp_path):
    known = CachedResults(ResultStore(tmp_path / "kept.sqlite3"), bundle)
    source = Source("x", Path("x"))

    known.add([Result(source, "f" * 64, "unreadable", "no_memory", "not enough")])

    assert known.get("f" * 64, source) is None


def test_without_a_writable_folder_there_is_no_cache(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file, not a folder")

    assert open_cache(blocked / "kept.sqlite3", max_bytes=10**6) is None


def test_a_cache_that_fails_costs_nothing_but_time(bundle, tmp_path):
    store = ResultStore(tmp_path / "kept.sqlite3")
    known = CachedResults(store, bundle)
    result = Result(Source("x", Path("x")), "f" * 64, "refused", "blank", "nothing there")
    known.add([result])
    store.close()

    known.add([result])
    assert known.get("f" * 64, result.source) is None


def test_maps_of_other_methods_are_kept_by_name_and_cost_nothing_when_that_fails(bundle, tmp_path):
    store = ResultStore(tmp_path / "kept.sqlite3")
    known = CachedResults(store, bundle)
    evidence = np.array([[1.5, -2.0, 0.0]], np.float32)
    known.add_map("f" * 64, "occlusion//1", evidence, facts={"unit": "logits"})

    np.testing.assert_array_equal(known.get_map("f" * 64, "occlusion//1"), evidence)
    assert known.get_map("f" * 64, "occlusion//0") is None
    assert known.get_map("e" * 64, "occlusion//1") is None
    store.close()
    known.add_map("f" * 64, "occlusion//0", evidence, facts={})
    assert known.get_map("f" * 64, "occlusion//1") is None
