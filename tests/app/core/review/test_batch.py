"""A batch in the background, with the real engine."""

import os
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from app.core.results.evidence_maps import EvidenceMaps
from app.core.results.result_cache import CachedResults
from app.core.results.result_store import ResultStore
from app.core.review.batch import Batch, Progress
from app.core.review.cases import examine
from app.core.scoring.engine import Engine


def test_a_batch_ends_with_a_result_for_each_source(engine, bundle, source):
    batch = Batch([source] * 20, bundle=bundle)
    batch.start(engine)
    batch.wait(60)

    progress = batch.progress
    assert (progress.done, progress.total, progress.running) == (20, 20, False)
    assert not progress.error
    assert not progress.cancelled


def test_cancel_keeps_what_is_done(engine, bundle, source):
    batch = Batch([source] * 5000, bundle=bundle)
    batch.start(engine)
    while not batch.results:
        time.sleep(0.01)
    batch.cancel()
    batch.wait(60)

    assert 0 < batch.progress.done < 5000
    assert batch.progress.cancelled
    assert all(result.status == "ok" for result in batch.results)


def test_an_unexpected_error_is_reported_without_its_text(
    bundle, source, monkeypatch, capfd, caplog
):
    class Failing:
        backend = SimpleNamespace(description="a broken one")

        def score(self, sources, **options):
            yield from ()
            raise RuntimeError("/home/ward/Jane_Doe.png")

    # The hook of the app, which prints what a thread leaves; that of pytest would keep it.
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    batch = Batch([source], bundle=bundle)
    batch.start(Failing())
    batch.wait(60)

    printed = capfd.readouterr().err + caplog.text
    assert "RuntimeError" in batch.progress.error
    assert "Jane" not in batch.progress.error + printed
    assert "RuntimeError at test_batch.py:" in printed
    assert not batch.progress.running


def test_rate_and_time_left_by_hand():
    progress = Progress(done=30, total=90, seconds=10.0, running=True, cancelled=False)

    assert progress.rate == pytest.approx(3.0)
    assert progress.seconds_left == pytest.approx(20.0)
    assert Progress(0, 90, 0.0, True, False).seconds_left is None


def test_heatmaps_go_to_disk_and_a_case_is_opened_from_there(
    engine, bundle, source, tmp_path, monkeypatch
):
    known = CachedResults(ResultStore(tmp_path / "kept.sqlite3"), bundle)
    batch = Batch([source], bundle=bundle, known=known)
    batch.start(engine)
    batch.wait(60)
    fresh = examine(engine, source, source.read())
    monkeypatch.setattr(Engine, "run", None)
    maps = EvidenceMaps(bundle, num_logits=1, known=lambda: known)

    case = examine(engine, source, source.read(), maps=maps)

    assert batch.results[0].evidence is None
    assert case.prediction == fresh.prediction
    for kept, computed in zip(case.evidence, fresh.evidence, strict=True):
        np.testing.assert_allclose(kept, computed, atol=1e-6)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux")
def test_a_batch_lets_pages_go_first(engine, source, monkeypatch):
    seen = []
    original = Engine.run

    def run(self, pixels):
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return original(self, pixels)

    monkeypatch.setattr(Engine, "run", run)
    before = os.getpriority(os.PRIO_PROCESS, 0)

    assert len(list(engine.score([source], is_background=True))) == 1
    assert len(list(engine.score([source]))) == 1

    assert seen[0] > before == seen[1]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
