"""Overlays are of the film that was scored, or there is none and it is told."""

import os
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.images import geometry
from app.core.images.film import Film as DecodedFilm
from app.core.rendering import heatmaps
from app.core.results.overlay_writer import write_overlays
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from tests.pictures import encode


class Film:
    """A file whose reads are counted; a read hangs `until` it may go on."""

    def __init__(self, data):
        self.data = data
        self.num_reads = 0
        self.until = None

    @property
    def size(self):
        return len(self.data)

    def read(self):
        self.num_reads += 1
        if self.until is not None:
            self.until.wait(60)
        return self.data


@pytest.fixture
def content(film):
    return Film(encode(film, "PNG"))


@pytest.fixture(scope="module")
def engine(bundle):
    return Engine(bundle)


@pytest.fixture
def result(engine, content):
    (result,) = engine.score([Source("film.png", None, content)])
    content.num_reads = 0
    return result


@pytest.fixture
def hanging():
    """Set at the end, so that no thread of a test outlives it."""
    event = threading.Event()
    yield event
    event.set()


def write(results, bundle, folder, **more):
    """What was counted as not drawn."""
    missing = Counter()
    passed_on = list(write_overlays(iter(results), bundle, folder, missing=missing, **more))
    assert passed_on == list(results)
    return dict(missing)


def overlay(film, result, bundle):
    scale = bundle.manifest.heatmap.scale_for(result.prediction.class_index, result.evidence)
    return heatmaps.blend(film, result.evidence, scale=scale)


def drawn(folder, result):
    return cv2.imread(str(folder / f"{result.image_id}.png"))[..., ::-1]


def endings(folder):
    return sorted(path.name.partition(".")[2] for path in folder.iterdir())


def test_both_files_are_of_the_film_that_was_scored(film, result, bundle, tmp_path):
    assert write([result], bundle, tmp_path / "maps") == {}

    assert endings(tmp_path / "maps") == ["npy", "png"]
    np.testing.assert_array_equal(drawn(tmp_path / "maps", result), overlay(film, result, bundle))


def test_a_film_that_was_replaced_is_not_drawn(film, content, result, bundle, tmp_path):
    content.data = encode(255 - film, "PNG")

    assert write([result], bundle, tmp_path) == {"changed": 1}

    assert endings(tmp_path) == ["npy"]
    np.testing.assert_array_equal(np.load(tmp_path / f"{result.image_id}.npy"), result.evidence)


def test_a_film_that_is_gone_is_counted(engine, film, bundle, tmp_path):
    path = tmp_path / "film.png"
    path.write_bytes(encode(film, "PNG"))
    (result,) = engine.score([Source("film.png", path)])
    path.unlink()

    assert write([result], bundle, tmp_path / "maps") == {"not_readable": 1}

    assert endings(tmp_path / "maps") == ["npy"]


def test_a_film_that_stalls_is_counted(content, result, bundle, tmp_path, hanging):
    content.until = hanging
    began = time.monotonic()

    assert write([result], bundle, tmp_path, seconds_a_read=0.1) == {"stalled": 1}

    assert time.monotonic() - began < 10
    assert endings(tmp_path) == ["npy"]


def test_a_run_that_is_left_waits_for_no_film(content, result, bundle, tmp_path, hanging):
    quick = replace(result, evidence=None, status="refused")
    content.until = hanging
    num_results = 4 * (os.cpu_count() or 1) + 4
    results = write_overlays(
        iter([quick, *[result] * num_results]), bundle, tmp_path, missing=Counter()
    )
    assert next(results) is quick
    closing = threading.Thread(target=results.close, daemon=True)
    closing.start()
    closing.join(10)

    assert not closing.is_alive()


def test_what_is_there_is_not_read_again(content, result, bundle, tmp_path):
    write([result], bundle, tmp_path)
    assert content.num_reads == 1

    assert write([result], bundle, tmp_path) == {}
    assert content.num_reads == 1

    (tmp_path / f"{result.image_id}.png").unlink()
    assert write([result], bundle, tmp_path) == {}
    assert content.num_reads == 2
    assert endings(tmp_path) == ["npy", "png"]


def with_scale(bundle, scale):
    heatmap = bundle.manifest.heatmap.model_copy(update={"scale": scale})
    return replace(bundle, manifest=bundle.manifest.model_copy(update={"heatmap": heatmap}))


@pytest.mark.parametrize("scale", [0.1, {"NORMAL": 0.05, "PNEUMONIA": 0.1}])
def test_an_overlay_on_another_scale_is_drawn_anew(film, content, result, bundle, tmp_path, scale):
    content.num_reads = 0
    sick = replace(result, prediction=replace(result.prediction, class_index=1))
    assert write([sick], bundle, tmp_path) == {}

    assert write([sick], with_scale(bundle, scale), tmp_path) == {}

    assert content.num_reads == 2
    expected = heatmaps.blend(film, result.evidence, scale=0.1)
    np.testing.assert_array_equal(drawn(tmp_path, result), expected)


@pytest.mark.parametrize("left", [b"", b"no picture"])
def test_an_overlay_that_was_cut_off_is_drawn_anew(content, result, bundle, tmp_path, left):
    write([result], bundle, tmp_path)
    overlay_file = tmp_path / f"{result.image_id}.png"
    whole = overlay_file.read_bytes()
    overlay_file.write_bytes(left)

    assert write([result], bundle, tmp_path) == {}

    assert overlay_file.read_bytes() == whole


def test_other_evidence_is_drawn_again(film, result, bundle, tmp_path):
    """As when another bundle has written into the same folder."""
    write([replace(result, evidence=-result.evidence)], bundle, tmp_path)

    write([result], bundle, tmp_path)

    np.testing.assert_array_equal(drawn(tmp_path, result), overlay(film, result, bundle))


def test_an_overlay_of_other_evidence_does_not_stay(film, content, result, bundle, tmp_path):
    write([replace(result, evidence=-result.evidence)], bundle, tmp_path)
    content.data = encode(255 - film, "PNG")

    assert write([result], bundle, tmp_path) == {"changed": 1}

    assert endings(tmp_path) == ["npy"]


def test_a_film_that_comes_many_times_is_written_by_several_threads_at_once(
    result, bundle, tmp_path, monkeypatch
):
    """Each under a name of its own until it is whole."""
    original = Path.write_bytes

    def slowly(path, data):
        written = original(path, data)
        time.sleep(0.01)  # so that another thread is at the same file
        return written

    monkeypatch.setattr(Path, "write_bytes", slowly)
    monkeypatch.setattr("app.core.results.overlay_writer.num_cores", lambda: 4)

    assert write([result] * 12, bundle, tmp_path) == {}

    assert endings(tmp_path) == ["npy", "png"]


def test_a_file_that_cannot_be_published_leaves_nothing(result, bundle, tmp_path):
    (tmp_path / f"{result.image_id}.png").mkdir()

    with pytest.raises(OSError, match="directory"):
        write([result], bundle, tmp_path)

    assert endings(tmp_path) == ["png"]


def test_a_large_film_is_drawn_small(engine, bundle, tmp_path):
    rows, columns = np.mgrid[0:600, 0:2048]
    film = (128 + 60 * np.sin(rows / 13) + 50 * np.cos(columns / 17)).astype(np.uint8)
    (result,) = engine.score([Source("film.png", None, Film(encode(film, "PNG")))])

    write([result], bundle, tmp_path)

    expected = overlay(geometry.shrunk(DecodedFilm(film), 1024).pixels, result, bundle)
    assert expected.shape == (300, 1024, 3)
    np.testing.assert_array_equal(drawn(tmp_path, result), expected)
