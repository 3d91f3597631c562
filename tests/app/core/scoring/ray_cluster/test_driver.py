"""Scoring on a real Ray cluster of this machine: two workers of one core each."""

from __future__ import annotations

import gc
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from app.core.errors import OverreadError, SourceError
from app.core.images.reading import ReadOptions
from app.core.results.bundle_results import BundleResults
from app.core.results.result_store import ResultStore
from app.core.scoring.engine import Engine
from app.core.scoring.ray_cluster import connection, dispatch, driver
from app.core.scoring.result import Result
from app.core.sources.source import Source
from app.core.sources.sources import from_paths
from tests.app.core.scoring.ray_cluster.worker_processes import NOT_NICE, both_workers
from tests.pictures import encode, huge_png, zipped

ray = pytest.importorskip("ray", reason="ray is not installed: pip install 'overread[cluster]'")

# Ray leaves the pipes and sockets of the processes it started to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
CANARY = "CANARY"


@pytest.fixture(scope="module", autouse=True)
def two_workers():
    """One cluster for most tests, as starting one takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "num_cores", lambda: 2)
        patch.delenv("RAY_ADDRESS", raising=False)
        for name, value in NOT_NICE.items():
            patch.setenv(name, value)
        with connection.connected():
            yield
    # Here, where it is expected, and not in whichever test comes next.
    gc.collect()


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """A folder of good, broken and refused films, and an archive beside it."""
    folder = tmp_path_factory.mktemp("films")
    generator = np.random.default_rng(5)

    def film():
        return encode(generator.integers(0, 256, generator.integers(60, 200, 2), np.uint8), "PNG")

    for number in range(150):
        data = film()
        (folder / f"film{number:03}.png").write_bytes(data[:200] if number % 7 == 3 else data)
    (folder / "film042.png").write_bytes(huge_png())
    (folder / "film077.jpg").write_bytes(b"not an image")
    archive = folder.parent / f"{folder.name}.zip"
    archive.write_bytes(zipped({f"{number}.png": film() for number in range(5)}))
    return list(from_paths([folder, archive, folder.parent / "gone.png", folder / "film000.png"]))


@pytest.fixture(scope="module")
def expected(bundle, films):
    return list(Engine(bundle).score(films))


def kept_in(path, bundle):
    return BundleResults(ResultStore(path), bundle)


def require_same(found, expected):
    """Whether both are the same rows in the same order."""
    for one, other in zip(found, expected, strict=True):
        assert one.source is other.source
        assert (one.image_id, one.status, one.reason_code, one.reason) == (
            other.image_id, other.status, other.reason_code, other.reason,
        )  # fmt: skip
        if other.prediction is None:
            assert one.prediction is None
            assert one.evidence is None
            continue
        assert one.prediction.label == other.prediction.label
        assert one.prediction.zone == other.prediction.zone
        np.testing.assert_allclose(
            one.prediction.class_probabilities, other.prediction.class_probabilities, atol=1e-6
        )
        np.testing.assert_allclose(one.evidence, other.evidence, atol=1e-5)


def test_results_are_those_of_the_local_engine(bundle, films, expected):
    found = list(driver.score(bundle, iter(films)))

    statuses = {result.status for result in expected}
    assert statuses == {"ok", "refused", "unreadable"}
    require_same(found, expected)


def test_three_classes_and_padding(three_class_bundle, films):
    expected = list(Engine(three_class_bundle).score(films[:40]))

    require_same(list(driver.score(three_class_bundle, films[:40], num_workers=1)), expected)


def test_findings(findings_bundle, films):
    expected = list(Engine(findings_bundle).score(films[:16]))

    found = list(driver.score(findings_bundle, films[:16], num_workers=1))

    require_same(found, expected)
    scored = [(one, other) for one, other in zip(found, expected, strict=True) if other.prediction]
    assert len(scored) == 14  # two of the sixteen are broken
    for one, other in scored:
        assert [each.zone for each in one.prediction.findings] == [
            each.zone for each in other.prediction.findings
        ]
        np.testing.assert_allclose(
            [each.raw_probability for each in one.prediction.findings],
            [each.raw_probability for each in other.prediction.findings],
            atol=1e-6,
        )


def test_the_window_of_the_model_reaches_the_workers(windowed_bundle, tmp_path):
    """A film of unknown range is the 8-bit film that it is made of, unless the reader chooses."""
    film = np.random.default_rng(6).integers(0, 256, (60, 80)).astype(np.uint8)
    (tmp_path / "film.png").write_bytes(encode(film, "PNG"))
    (tmp_path / "film16.png").write_bytes(encode(film.astype(np.uint16) * 16, "PNG"))
    plain, deep = from_paths([tmp_path])
    darker = replace(deep, reading=ReadOptions(window=(0, 8160)))
    sources = [plain, deep, darker]

    found = list(driver.score(windowed_bundle, sources, num_workers=1))

    require_same(found, list(Engine(windowed_bundle).score(sources)))
    assert [one.chosen.model_window for one in found] == [None, (0, 4080), None]
    assert [one.chosen.window for one in found] == [None, None, (0, 8160)]
    ours, theirs, other = (one.prediction.probability for one in found)
    assert theirs == ours
    assert other != ours


def test_sources_are_listed_only_a_window_ahead(bundle, films):
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield films[0]

    results = driver.score(bundle, endless(), num_workers=1)
    ahead = dispatch.BATCHES_AHEAD_A_WORKER * dispatch.BATCH_SIZE
    for number in range(1, 2 * ahead):
        next(results)
        assert taken <= number + ahead + dispatch.BATCH_SIZE
    results.close()


def test_nothing_to_score_gives_nothing(bundle):
    assert list(driver.score(bundle, [], num_workers=1)) == []


def test_an_error_while_listing_is_passed_on(bundle, films):
    def stalling():
        yield films[0]
        raise SourceError("The file system does not answer.")

    with pytest.raises(SourceError, match="does not answer"):
        list(driver.score(bundle, stalling(), num_workers=1))


def test_an_input_without_an_image_has_its_row(bundle, tmp_path):
    (result,) = driver.score(bundle, from_paths([tmp_path / "gone"]), num_workers=1)

    assert result.reason_code == "not_found"


def test_a_killed_worker_costs_no_row(bundle, films, expected):
    many, all_expected = films * 3, expected * 3  # more than are handed out until the second begins
    results = driver.score(bundle, many)
    found = [next(results)]
    both = both_workers()
    os.kill(both[0], signal.SIGKILL)
    found += results

    require_same(found, all_expected)


def test_killed_workers_are_restarted(bundle, films, expected):
    results = driver.score(bundle, films)
    found = [next(results)]
    for pid in both_workers():
        os.kill(pid, signal.SIGKILL)
    found += results

    require_same(found, expected)


def test_a_film_that_ends_every_worker_costs_its_row(bundle, films, expected, monkeypatch):
    monkeypatch.setattr(dispatch, "MAX_ATTEMPTS", 2)

    class Deadly:
        size = 1

        def read(self):
            os._exit(1)

    # In the middle of a batch of 32, whose other films are scored one by one.
    sources = [*films[:2], Source(CANARY, Path(CANARY), Deadly()), *films[2:4]]
    results = list(driver.score(bundle, sources, num_workers=1))

    fatal = results.pop(2)
    assert (fatal.source, fatal.status, fatal.reason_code) == (sources[2], "unreadable", "failed")
    assert CANARY not in fatal.reason
    require_same(results, expected[:4])


def test_what_a_worker_cannot_read_costs_its_row_and_is_reported_without_a_path(
    bundle, films, tmp_path, monkeypatch, capfd
):
    """A file it does not see, and a bug; relative paths are those of the driver."""

    class Faulty:
        size = 1

        def read(self):
            raise ZeroDivisionError(CANARY)

    monkeypatch.chdir(films[0].path.parent)
    sources = [
        Source("a", Path(films[0].path.name)),
        Source("hidden.png", tmp_path / "hidden.png"),
        Source("faulty", Path(CANARY), Faulty()),
        Source("b", Path(films[1].path.name)),
    ]

    found = list(driver.score(bundle, sources, num_workers=1))

    assert all(result.source is one for result, one in zip(found, sources, strict=True))
    assert [(result.status, result.reason_code) for result in found] == [
        ("ok", ""), ("unreadable", "not_readable"), ("unreadable", "failed"), ("ok", ""),
    ]  # fmt: skip
    bad = found[2]
    assert "ZeroDivisionError" in bad.reason
    assert CANARY not in bad.reason
    assert CANARY not in "".join(capfd.readouterr())
    logs = Path(ray._private.worker._global_node.get_session_dir_path(), "logs")
    assert not [path for path in logs.rglob("*") if path.is_file()
                and CANARY.encode() in path.read_bytes()]  # fmt: skip


def test_an_incompletely_sent_bundle_is_refused(bundle, films, monkeypatch):
    whole = driver._files
    monkeypatch.setattr(
        driver, "_files", lambda bundle: whole(bundle) | {"bundle/model.keras": b"something else"}
    )

    with pytest.raises(OverreadError, match="was changed"):
        list(driver.score(bundle, films, num_workers=1))


def test_a_worker_of_another_version_is_refused(bundle, films, monkeypatch):
    monkeypatch.setattr(driver, "PIPELINE_VERSION", 0)

    with pytest.raises(OverreadError, match="another version of Overread"):
        list(driver.score(bundle, films, num_workers=1))


def test_films_known_to_another_version_are_scored_again(bundle, films, expected, tmp_path):
    path = tmp_path / "kept"
    before = BundleResults(ResultStore(path, pipeline=0), bundle)
    wrong = Result(films[0], expected[0].image_id, "refused", "blank", "nothing there")
    before.add([wrong])

    found = list(driver.score(bundle, films[:1], known=kept_in(path, bundle), num_workers=1))

    require_same(found, expected[:1])


def test_a_stopped_run_goes_on(bundle, films, expected, tmp_path, monkeypatch):
    known = kept_in(tmp_path / "kept", bundle)
    stopped = driver.score(bundle, films, known=known, num_workers=1)
    next(stopped)
    stopped.close()
    num_kept = len(known._store)
    added: list[Result] = []
    keep = known.add
    monkeypatch.setattr(known, "add", lambda results: (added.extend(results), keep(results)))

    found = list(driver.score(bundle, films, known=known, num_workers=1))

    contents = {result.image_id for result in expected}
    assert num_kept >= 28
    assert len(added) <= sum(1 for result in expected) - num_kept
    assert len(known._store) == len(contents - {""})
    require_same(found, expected)


def test_stored_results_that_disappeared_are_reported(bundle, films, tmp_path):
    known = kept_in(tmp_path / "kept", bundle)
    list(driver.score(bundle, films[:3], known=known, num_workers=1))
    known.get = lambda image_id, source: None

    with pytest.raises(OverreadError, match="Start again"):
        list(driver.score(bundle, films[:3], known=known, num_workers=1))


def test_the_command_goes_on_where_the_local_engine_stopped(films, expected, bundle, tmp_path):
    folder = films[0].path.parent
    local, out = tmp_path / "local.csv", tmp_path / "r.csv"
    command = ["score", str(bundle.path), str(folder), "--out"]
    assert main([*command, str(local)]) == 0
    kept = kept_in(tmp_path / "r.csv.unfinished", bundle)
    kept.add(expected[:40])
    kept._store.close()

    assert main([*command, str(out), "--engine", "ray"]) == 1
    assert main([*command, str(out), "--engine", "ray", "--resume"]) == 0

    assert out.read_text(encoding="utf-8") == local.read_text(encoding="utf-8")
