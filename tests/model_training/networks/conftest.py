"""Films for networks that are built in a test."""

import numpy as np
import pytest

from tests.model_training.networks.presets import SIZE
from tests.model_training.networks.weight_files import SIZE as WEIGHTS_SIZE
from tests.model_training.networks.weight_files import write_legacy
from tests.model_training.shaken_networks import patches


@pytest.fixture
def films():
    return np.random.default_rng(0).integers(0, 256, (4, SIZE, SIZE, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def colours():
    return patches(3, WEIGHTS_SIZE, 3).astype(np.float32)


@pytest.fixture(scope="module")
def squeezenet_file(tmp_path_factory):
    """A small legacy file of random weights."""
    generator = np.random.default_rng(2)
    layers = {"conv1": (3, 3, 3, 64)}
    width = 64
    for number, squeeze in zip(range(2, 10), (16, 16, 32, 32, 48, 48, 64, 64), strict=True):
        layers[f"fire{number}/squeeze1x1"] = (1, 1, width, squeeze)
        layers[f"fire{number}/expand1x1"] = (1, 1, squeeze, 4 * squeeze)
        layers[f"fire{number}/expand3x3"] = (3, 3, squeeze, 4 * squeeze)
        width = 8 * squeeze
    path = tmp_path_factory.mktemp("weights") / "squeezenet_notop.h5"
    write_legacy(
        path,
        {
            name: (
                generator.normal(0, np.sqrt(2 / np.prod(shape[:3])), shape).astype(np.float32),
                generator.normal(0, 1, shape[-1]).astype(np.float32),
            )
            for name, shape in layers.items()
        },
    )
    return path
