"""`overread score` stopped, killed, out of space and resumed, as it happens to its users."""

import contextlib
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import cv2
import numpy as np
import pandas as pd
import pytest

from app.cli import main
from app.commands.only_run import only_run
from app.core.bundles.bundle import load_bundle
from app.core.results import table_writer
from app.core.results.bundle_results import BundleResults
from app.core.results.result_store import ResultStore
from app.core.scoring.engine import Engine
from app.core.scoring.result import Result
from app.core.sources.source import Source
from app.core.sources.sources import from_paths
from tests.full_disk import files_up_to

pytestmark = pytest.mark.slow


NUM_FILMS = 120


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """So many films that a run can be stopped halfway, one of them broken."""
    folder = tmp_path_factory.mktemp("films")
    generator = np.random.default_rng(0)
    for number in range(NUM_FILMS):
        picture = cv2.resize(generator.integers(0, 256, (30, 30), np.uint8), (700, 700))
        cv2.imwrite(str(folder / f"film{number:03d}.png"), picture)
    (folder / "film050.png").write_bytes(b"not an image")
    return folder


@pytest.fixture(scope="module")
def whole(films, bundle, tmp_path_factory):
    """The table of a run that nothing stopped."""
    out = tmp_path_factory.mktemp("whole") / "r.csv"
    assert main(["score", str(bundle.path), str(films), "--out", str(out)]) == 0
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def killed(films, bundle, tmp_path_factory):
    """The folder in which a run was killed halfway."""
    folder = tmp_path_factory.mktemp("killed")
    stopped(bundle, films, folder / "r.csv", by=signal.SIGKILL)
    return folder


def score(bundle, films, out, *more):
    return main(["score", str(bundle.path), str(films), "--out", str(out), *more])


def start(bundle, films, out, *more):
    arguments = ["score", str(bundle.path), str(films), "--out", str(out), *more]
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        # Also where the tests run in the background, which turns Ctrl-C off.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for_rows(out, count):
    """Until so many results are kept; looked up as another process would."""
    kept = f"file:{out}.unfinished?mode=ro"
    for _ in range(3000):
        with contextlib.suppress(sqlite3.Error):
            connection = sqlite3.connect(kept, uri=True)
            found = connection.execute("SELECT count(*) FROM kept").fetchone()[0]
            connection.close()
            if found >= count:
                return
        time.sleep(0.01)
    raise AssertionError("the run did not begin")


def stopped(bundle, films, out, *, by):
    """Sends a signal to a run that has kept some results, and gives what it said."""
    process = start(bundle, films, out)
    wait_for_rows(out, 16)
    os.kill(process.pid, by)
    said = process.communicate(timeout=60)[1]
    assert process.returncode != 0
    assert not out.exists()
    return said


def left_by(killed, folder):
    """Where a copy of what the killed run left can be gone on with."""
    shutil.copytree(killed, folder, dirs_exist_ok=True)
    return folder / "r.csv"


def counted(monkeypatch):
    """Counts the films that go through the network."""
    seen = []
    original = Engine.run

    def run(self, pixels):
        seen.extend(pixels)
        return original(self, pixels)

    monkeypatch.setattr(Engine, "run", run)
    return seen


@pytest.mark.parametrize("stopped_by", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_resumes_where_it_was(
    films, bundle, whole, killed, tmp_path, stopped_by, monkeypatch, capsys
):
    if stopped_by == signal.SIGKILL:
        out = left_by(killed, tmp_path)
    else:
        out = tmp_path / "r.csv"
        said = stopped(bundle, films, out, by=stopped_by)
        assert "results are saved; add --resume" in said
        assert "Traceback" not in said

    assert score(bundle, films, out) == 1
    assert "--restart" in capsys.readouterr().err
    scored = counted(monkeypatch)
    assert score(bundle, films, out, "--resume") == 0

    assert out.read_text(encoding="utf-8") == whole
    assert 0 < len(scored) < NUM_FILMS - 16
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]


def test_it_resumes_by_content_under_other_names(
    films, bundle, whole, killed, tmp_path, monkeypatch
):
    out, moved = left_by(killed, tmp_path), tmp_path / "moved"
    shutil.copytree(films, moved)
    for number, path in enumerate(sorted(moved.iterdir())):
        path.rename(moved / f"{number:03d}_renamed.png")
    scored = counted(monkeypatch)

    assert score(bundle, moved, out, "--resume") == 0

    assert len(scored) < NUM_FILMS - 16
    again, first = pd.read_csv(out), pd.read_csv(pd.io.common.StringIO(whole))
    assert again["path"].str.endswith("_renamed.png").all()
    pd.testing.assert_frame_equal(again.drop(columns="path"), first.drop(columns="path"))


def test_restart_discards_the_interrupted_run(films, bundle, whole, killed, tmp_path, monkeypatch):
    out = left_by(killed, tmp_path)
    scored = counted(monkeypatch)

    assert score(bundle, films, out, "--restart") == 0

    assert len(scored) == NUM_FILMS - 1  # one is no image
    assert out.read_text(encoding="utf-8") == whole


def test_resume_without_anything_to_resume_just_scores(films, bundle, whole, tmp_path):
    out = tmp_path / "r.csv"

    assert score(bundle, films, out, "--resume") == 0

    assert out.read_text(encoding="utf-8") == whole


@pytest.mark.parametrize("name", ["r.csv", "r.parquet"])
def test_a_full_disk_keeps_what_was_scored(
    films, bundle, whole, tmp_path, monkeypatch, capsys, name
):
    """A real limit on the size of files; `whole` has prepared the network."""
    monkeypatch.setattr(table_writer, "_ROWS_A_GROUP", 30)
    out = tmp_path / name

    with files_up_to(60_000):
        assert score(bundle, films, out) == 1

    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "disk" in said
    assert "prepared" not in said
    assert not out.exists()
    scored = counted(monkeypatch)
    assert score(bundle, films, out, "--resume") == 0
    assert 0 < len(scored) < NUM_FILMS - 1
    assert out.exists()


def test_a_file_that_goes_while_others_are_scored_costs_its_row(
    films, bundle, tmp_path, monkeypatch
):
    copy = tmp_path / "films"
    shutil.copytree(films, copy)
    out = tmp_path / "r.csv"
    original = Engine.run

    def run(self, pixels):
        (copy / "film119.png").unlink(missing_ok=True)
        return original(self, pixels)

    monkeypatch.setattr(Engine, "run", run)

    assert score(bundle, copy, out) == 0

    table = pd.read_csv(out)
    assert len(table) == NUM_FILMS
    assert table["status"].iloc[-1] == "unreadable"
    assert table["reason"].iloc[-1].startswith("not_readable: ")
    assert (table["status"] == "ok").sum() == NUM_FILMS - 2


@pytest.fixture
def two_films(films, tmp_path):
    folder = tmp_path / "two"
    folder.mkdir()
    for name in ("film000.png", "film001.png"):
        shutil.copy(films / name, folder)
    return folder


def stop(bundle, films, out):
    """What a run leaves that was stopped after its last film."""
    store = ResultStore(out.with_name(f"{out.name}.unfinished"))
    BundleResults(store, bundle).add(list(Engine(bundle).score(from_paths([films]))))
    store.close()


def test_another_bundle_does_not_resume_it(bundle, three_class_bundle, two_films, tmp_path, capsys):
    out = tmp_path / "out" / "r.csv"
    stop(bundle, two_films, out)

    assert score(three_class_bundle, two_films, out, "--resume") == 1

    said = capsys.readouterr().err
    assert "r.csv is incomplete: 2 results" in said
    assert "--restart" in said
    assert [path.name for path in out.parent.iterdir()] == ["r.csv.unfinished"]
    assert score(bundle, two_films, out, "--resume") == 0
    assert set(pd.read_csv(out)["bundle_sha256"]) == {bundle.sha256}


def test_results_of_another_version_are_computed_again(bundle, two_films, tmp_path, capsys):
    out = tmp_path / "out" / "r.csv"
    out.parent.mkdir()
    store = ResultStore(out.with_name("r.csv.unfinished"), pipeline=0)
    image_id = hashlib.sha256((two_films / "film000.png").read_bytes()).hexdigest()
    wrong = Result(Source("x", None), image_id, "refused", "blank", "nothing there")
    BundleResults(store, bundle).add([wrong])
    store.close()

    assert score(bundle, two_films, out, "--resume") == 0

    assert "1 results of the interrupted run" in (capsys.readouterr().err)
    assert set(pd.read_csv(out)["status"]) == {"ok"}


def test_another_bundle_may_start_over(bundle, three_class_bundle, two_films, tmp_path):
    out = tmp_path / "out" / "r.csv"
    stop(bundle, two_films, out)

    assert score(three_class_bundle, two_films, out, "--restart") == 0

    assert set(pd.read_csv(out)["bundle_sha256"]) == {three_class_bundle.sha256}


def test_a_bundle_that_was_copied_resumes_it(bundle, two_films, tmp_path):
    out = tmp_path / "out" / "r.csv"
    stop(bundle, two_films, out)
    copy = load_bundle(shutil.copytree(bundle.path, tmp_path / "renamed"))

    assert score(copy, two_films, out, "--resume") == 0


def test_a_table_that_is_being_written_is_left_to_its_run(bundle, two_films, tmp_path, capsys):
    out = tmp_path / "r.csv"
    assert score(bundle, two_films, out) == 0
    stop(bundle, two_films, out)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("r.csv*")}
    with only_run(out):
        for more in ([], ["--resume"], ["--restart"]):
            assert score(bundle, two_films, out, *more) == 1
            assert "is being written by another run" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.glob("r.csv*")} == before


def test_maps_that_are_there_are_not_drawn_again(bundle, two_films, tmp_path):
    out, maps = tmp_path / "out" / "r.csv", tmp_path / "maps"
    assert score(bundle, two_films, out, "--heatmaps", str(maps)) == 0
    stop(bundle, two_films, out)
    kept, lost = sorted(maps.glob("*.png"))
    lost.unlink()
    written_at = kept.stat().st_mtime_ns

    assert score(bundle, two_films, out, "--heatmaps", str(maps), "--resume") == 0

    assert kept.stat().st_mtime_ns == written_at
    assert lost.exists()
