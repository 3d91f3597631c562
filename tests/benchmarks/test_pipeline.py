"""The rates of the engine, of decoding and of the network, from few films."""

from math import isfinite
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import pipeline

BUNDLE = Path(__file__).parents[2] / "models" / "phantom-chest"


@pytest.mark.slow
def test_fewer_films_than_a_batch_are_repeated(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "ROUNDS", 1)
    for seed in range(2):
        pixels = np.random.default_rng(seed).integers(0, 255, (64, 64), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{seed}.jpg")

    rows = pipeline.measure(BUNDLE, tmp_path, 2)

    assert len(rows) == 3
    assert all(isfinite(row.ratio) and row.ratio > 0 for row in rows)
