"""`overread score` stopped, killed, out of space and gone on with, as it happens to its users."""

import contextlib
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import redirect_stderr
from io import StringIO

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
from app.core.scoring.ray_cluster import driver
from app.core.scoring.result import Result
from app.core.sources.source import Source
from app.core.sources.sources import from_paths
from tests.full_disk import files_up_to

pytestmark = pytest.mark.slow

NUM_FILMS = 120


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """So many films that a run can be stopped in their midst, one of them broken."""
    folder = tmp_path_factory.mktemp("films")
    generator = np.random.default_rng(0)
    for number in range(NUM_FILMS):
        picture = cv2.resize(generator.integers(0, 256, (30, 30), np.uint8), (700, 700))
        cv2.imwrite(str(folder / f"film{number:03d}.png"), picture)
    (folder / "film050.png").write_bytes(b"not an image")
    return folder


@pytest.fixture(scope="module")
def first_run(films, bundle, tmp_path_factory):
    """The table of a run that nothing stopped, and what was said."""
    out = tmp_path_factory.mktemp("whole") / "r.csv"
    with redirect_stderr(StringIO()) as stream:
        assert main(["score", str(bundle.path), str(films), "--out", str(out)]) == 0
    return out.read_text(encoding="utf-8"), stream.getvalue()


@pytest.fixture(scope="module")
def whole(first_run):
    """The table of a run that nothing stopped."""
    return first_run[0]


@pytest.fixture(scope="module")
def killed(films, bundle, tmp_path_factory):
    """The folder in which a run was killed in its midst."""
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
def test_a_stopped_run_goes_on_where_it_was(
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


def test_it_goes_on_by_content_under_other_names(
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


def test_resume_without_anything_to_go_on_with_just_scores(films, bundle, whole, tmp_path):
    out = tmp_path / "r.csv"

    assert score(bundle, films, out, "--resume") == 0

    assert out.read_text(encoding="utf-8") == whole


def test_parquet_holds_the_same_table(films, bundle, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(table_writer, "_ROWS_A_GROUP", 50)
    out = tmp_path / "r.parquet"

    assert score(bundle, films, out) == 0

    first = pd.read_csv(pd.io.common.StringIO(whole))
    again = pd.read_parquet(out)
    assert list(again.columns) == list(first.columns)
    pd.testing.assert_frame_equal(again, first, check_dtype=False)
    import pyarrow.parquet

    assert pyarrow.parquet.ParquetFile(out).num_row_groups == 3


def test_the_end_tells_what_it_took(first_run):
    said = first_run[1]

    assert "computed by OpenVINO" in said
    assert f"{NUM_FILMS} images in " in said
    assert "), peak memory " in said
    assert f"{NUM_FILMS - 1} ok, 1 unreadable (1 not_an_image). Table: " in said.splitlines()[-1]


def test_the_backend_can_be_forced(films, bundle, whole, tmp_path, capsys):
    out = tmp_path / "r.csv"

    assert score(bundle, films, out, "--backend", "tensorflow") == 0

    assert "computed by TensorFlow" in capsys.readouterr().err
    again, first = pd.read_csv(out), pd.read_csv(pd.io.common.StringIO(whole))
    np.testing.assert_allclose(again["probability"], first["probability"], atol=1e-4)


def test_another_ending_is_refused_before_anything_is_read(bundle, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        score(bundle, tmp_path / "gone", tmp_path / "r.xlsx")
    assert stopped.value.code == 2
    assert ".parquet" in capsys.readouterr().err


def test_a_folder_is_no_table(bundle, films, tmp_path, capsys):
    (tmp_path / "r.csv").mkdir()

    assert score(bundle, films, tmp_path / "r.csv") == 2

    assert "--out is 'r.csv', which is a folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]


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


def test_another_bundle_does_not_go_on(bundle, three_class_bundle, two_films, tmp_path, capsys):
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


def test_a_bundle_that_was_copied_goes_on(bundle, two_films, tmp_path):
    out = tmp_path / "out" / "r.csv"
    stop(bundle, two_films, out)
    copy = load_bundle(shutil.copytree(bundle.path, tmp_path / "renamed"))

    assert score(copy, two_films, out, "--resume") == 0


def test_summary_without_peak_memory(bundle, two_films, tmp_path, capsys, monkeypatch):
    """As on Windows, which has no module `resource`."""
    monkeypatch.setitem(sys.modules, "resource", None)

    assert score(bundle, two_films, tmp_path / "r.csv") == 0

    said = capsys.readouterr().err
    assert "): 2 ok. Table: " in said
    assert "memory" not in said


@pytest.mark.parametrize("option", ["--out", "--heatmaps"])
@pytest.mark.parametrize("address", ["s3://user:secret@bucket/r.csv", "file:///tmp/r.csv"])
def test_an_address_is_not_written_to(
    bundle, two_films, tmp_path, capsys, monkeypatch, option, address
):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    arguments = {"--out": "r.csv"} | {option: address}

    with pytest.raises(SystemExit) as stopped:
        main(["score", str(bundle.path), str(two_films), *sum(arguments.items(), ())])

    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert f"argument {option}: " in said
    assert "is a URL" in said
    assert "secret" not in said
    assert not list((tmp_path / "here").iterdir())


@pytest.mark.parametrize("backend", ["auto", "tensorflow"])
def test_a_cluster_is_reported_with_its_backend(
    bundle, two_films, tmp_path, capsys, monkeypatch, backend
):
    def alone(bundle, sources, *, backend, known):
        return Engine(bundle).score(sources, known=known)

    monkeypatch.setattr(driver, "score", alone)

    assert score(
        bundle, two_films, tmp_path / "r.csv", "--engine", "ray", "--backend", backend
    ) == 0  # fmt: skip

    said = capsys.readouterr().err
    assert f"computed by the workers of a Ray cluster, backend {backend}" in said


def test_missing_overlays_are_counted(bundle, two_films, tmp_path, capsys, monkeypatch):
    """One film goes after it was read, the other one is replaced."""
    original = Engine.run
    gone, replaced = sorted(two_films.iterdir())

    def run(self, pixels):
        gone.unlink(missing_ok=True)
        replaced.write_bytes(b"another film")
        return original(self, pixels)

    monkeypatch.setattr(Engine, "run", run)

    assert score(bundle, two_films, tmp_path / "r.csv", "--heatmaps", str(tmp_path / "m")) == 0

    said = capsys.readouterr().err
    assert "2 ok" in said
    assert "2 (1 changed, 1 not_readable)" in said
    assert {path.suffix for path in (tmp_path / "m").iterdir()} == {".npy"}


def test_results_inside_the_folder_of_films_are_not_scored(bundle, two_films, tmp_path, capsys):
    apart, inside = tmp_path / "r.csv", two_films / "r.csv"
    assert score(bundle, two_films, apart) == 0
    for _ in range(2):
        assert score(bundle, two_films, inside, "--heatmaps", str(two_films / "maps")) == 0
        assert inside.read_text(encoding="utf-8") == apart.read_text(encoding="utf-8")
    assert (
        "1 file is not an image: 1 .csv; 1 folder of heatmaps was not opened."
        in capsys.readouterr().err
    )

    # Of another run, an overlay is known by its content.
    assert score(bundle, two_films, apart) == 0
    codes = pd.read_csv(apart)["reason"].str.partition(":")[0]
    assert list(codes.fillna("")) == ["", "", *["too_small", "overlay"] * 2]


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


def test_an_empty_input_is_not_the_current_folder(bundle, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        score(bundle, "", tmp_path / "r.csv")
    assert ended.value.code == 2
    assert "argument INPUT: it is empty" in capsys.readouterr().err


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
