"""Fixtures that more than one test file uses."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.bundles.bundle import Bundle, load_bundle
from app.core.networks.network import silence_tensorflow

# Before any test imports Keras, so that TensorFlow's start-up notes stay out of the report.
silence_tensorflow()
# Tests that import OpenVINO by themselves report no usage either.
sys.modules.setdefault("openvino_telemetry", None)

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is kept between tests, such as converted networks, and nothing of the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OVERREAD_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A small binary bundle with an untrained network."""
    from tests.bundles import make_bundle

    return make_bundle(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def three_class_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A small bundle of three classes, padded colour input."""
    from tests.bundles import make_bundle

    return make_bundle(
        tmp_path_factory.mktemp("models"),
        name="three",
        classes=("CLEAR", "EFFUSION", "NODULE"),
        channels=3,
        fit="pad",
    )


@pytest.fixture(scope="session")
def phantom_bundle() -> Bundle:
    """The shipped default bundle, with its sample films."""
    return load_bundle(REPOSITORY / "models" / "phantom-chest")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real radiographs, where this machine has them."""
    folder = os.environ.get("OVERREAD_TEST_DATA")
    if not folder:
        pytest.skip("OVERREAD_TEST_DATA is not set to a folder of real images")
    return Path(folder)


@pytest.fixture
def film() -> np.ndarray:
    """A smooth grey picture, uint8 `(90, 120)`, that every decoder keeps nearly as it is."""
    rows, columns = np.mgrid[0:90, 0:120]
    picture = 128 + 60 * np.sin(rows / 13) + 50 * np.cos(columns / 17)
    return cv2.GaussianBlur(picture, (0, 0), 2).astype(np.uint8)
