import shutil

import keras
import numpy as np
import pytest

from tests.model_training.training.small_runs import SIDE, dropping_network, trained


@pytest.fixture(scope="module")
def films():
    """Eighty noisy films; of class 1 the upper half is brighter."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 80)
    pixels = generator.integers(40, 160, (80, SIDE, SIDE, 1)).astype(np.uint8)
    pixels[labels == 1, : SIDE // 2] += 60
    return pixels, labels


@pytest.fixture
def run(films, tmp_path):
    """Trains the small network on the films; returns it with its history."""

    def run(settings, *, labels=None, pixels=None, build=dropping_network):
        keras.utils.set_random_seed(settings.seed)
        model = build()
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        (tmp_path / "run").mkdir()
        shown = films[0] if pixels is None else pixels
        truth = films[1] if labels is None else labels
        return model, trained(model, shown, truth, settings, tmp_path / "run")

    return run
