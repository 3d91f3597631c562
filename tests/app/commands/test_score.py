"""`overread score`: its tables, its last line, and the calls that it refuses."""

import sys

import cv2
import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from app.cli import main
from app.core.results import table_writer
from app.core.scoring.engine import Engine
from app.core.scoring.ray_cluster import driver

pytestmark = pytest.mark.slow


@pytest.fixture
def two_films(tmp_path):
    folder = tmp_path / "two"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(2):
        picture = cv2.resize(generator.integers(0, 256, (30, 30), np.uint8), (300, 300))
        cv2.imwrite(str(folder / f"film{number:03d}.png"), picture)
    return folder


@pytest.fixture
def mixed(two_films):
    """Two films and a file that is not an image."""
    (two_films / "film050.png").write_bytes(b"not an image")
    return two_films


def score(bundle, films, out, *more):
    return main(["score", str(bundle.path), str(films), "--out", str(out), *more])


def test_parquet_holds_the_same_table(mixed, bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(table_writer, "_ROWS_A_GROUP", 2)
    out = tmp_path / "r.parquet"

    assert score(bundle, mixed, tmp_path / "r.csv") == 0
    assert score(bundle, mixed, out) == 0

    first = pd.read_csv(tmp_path / "r.csv")
    again = pd.read_parquet(out)
    assert list(again.columns) == list(first.columns)
    pd.testing.assert_frame_equal(again, first, check_dtype=False)
    assert pyarrow.parquet.ParquetFile(out).num_row_groups == 2


def test_the_end_tells_what_it_took(mixed, bundle, tmp_path, capsys):
    assert score(bundle, mixed, tmp_path / "r.csv") == 0

    said = capsys.readouterr().err
    assert "computed by OpenVINO" in said
    assert "3 images in " in said
    assert "), peak memory " in said
    assert "2 ok, 1 unreadable (1 not_an_image). Table: " in said.splitlines()[-1]


def test_the_backend_can_be_forced(mixed, bundle, tmp_path, capsys):
    assert score(bundle, mixed, tmp_path / "first.csv") == 0
    assert score(bundle, mixed, tmp_path / "again.csv", "--backend", "tensorflow") == 0

    assert "computed by TensorFlow" in capsys.readouterr().err
    again, first = pd.read_csv(tmp_path / "again.csv"), pd.read_csv(tmp_path / "first.csv")
    np.testing.assert_allclose(again["probability"], first["probability"], atol=1e-4)


def test_another_ending_is_refused_before_anything_is_read(bundle, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        score(bundle, tmp_path / "gone", tmp_path / "r.xlsx")
    assert stopped.value.code == 2
    assert ".parquet" in capsys.readouterr().err


def test_a_folder_is_no_table(bundle, two_films, tmp_path, capsys):
    (tmp_path / "r.csv").mkdir()

    assert score(bundle, two_films, tmp_path / "r.csv") == 2

    assert "--out is 'r.csv', which is a folder" in capsys.readouterr().err
    assert not list((tmp_path / "r.csv").iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"r.csv", two_films.name}


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
    def alone(bundle, sources, *, backend, known, second_look):
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


def test_an_empty_input_is_not_the_current_folder(bundle, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        score(bundle, "", tmp_path / "r.csv")
    assert ended.value.code == 2
    assert "argument INPUT: it is empty" in capsys.readouterr().err
