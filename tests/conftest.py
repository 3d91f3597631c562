"""Fixtures that more than one test file uses."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.core.backends import conversion
from app.core.bundles.bundle import Bundle, load_bundle
from app.core.networks.network import silence_tensorflow
from tests.workers import IS_WORKER, folder_of_all_workers, made_once

if IS_WORKER:
    # Each worker, and what it starts, computes on a core of its own.
    for library in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(library, "1")
# Until the tests start, everything is imported to stay; see `pytest_collection_finish`.
gc.disable()
# Tests that import OpenVINO by themselves report no usage either.
sys.modules.setdefault("openvino_telemetry", None)

REPOSITORY = Path(__file__).parents[1]

# A test is costly mostly by a fixture it uses; other slow tests carry their mark themselves.
COSTLY = ("slow", "browser", "ray", "s3")
MARK_OF_FIXTURE = {
    "browser": "browser",
    "two_workers": "ray",
    "bucket_server": "s3",
    "bucket": "s3",
    "place": "s3",
    "trained": "slow",
    "trained_on_three": "slow",
    "trained_on_findings": "slow",
}


def pytest_configure(config: pytest.Config) -> None:
    """Loads TensorFlow where tests run, before any of them does, without its start-up notes.

    The process that only hands tests to workers needs none of it.
    """
    if IS_WORKER or not config.getoption("numprocesses", None):
        silence_tensorflow()


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Shares whole files out among the workers, and all journeys to one of them."""
    if config.getoption("dist") != "loadfile":
        return None
    from tests.scheduling import JourneysTogether

    return JourneysTogether(config, log)


# Before Python 3.12, counting lines makes code in Python 1.7 times as slow, Keras's own too.
COUNTING_IS_SLOW = sys.version_info < (3, 12)


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test with what the fixtures it uses need, and puts files of costly tests first.

    So no worker is left alone with a long file at the end. Coverage may leave the costly out.
    """
    costly_files = set()
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in MARK_OF_FIXTURE:
                item.add_marker(MARK_OF_FIXTURE[fixture])
        if any(map(item.get_closest_marker, COSTLY)):
            costly_files.add(item.path)
            if COUNTING_IS_SLOW:
                item.add_marker("no_cover")
    items.sort(key=lambda item: item.path not in costly_files)


def pytest_collection_finish() -> None:
    """Lets the garbage collector pass over what was imported: 400,000 objects at each full pass.

    They took an eighth of the time of tests that build networks. It also passes less often: a
    network is many objects that stay.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is kept between tests, such as results, and nothing of the user's own.

    Converted networks are kept for all workers: the shipped bundles' take seconds.
    """
    home = tmp_path_factory.mktemp("home")
    networks = folder_of_all_workers(tmp_path_factory) / "converted"
    networks.mkdir(exist_ok=True)
    with contextlib.suppress(OSError):  # as on Windows without the right to make links
        (home / "converted").symlink_to(networks, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OVERREAD_HOME", str(home))
        patch.setattr(conversion, "_MAX_KEPT", 1000)  # none that a later test uses is dropped
        yield


def _made_once(tmp_path_factory: pytest.TempPathFactory, name: str, **settings: Any) -> Bundle:
    """A bundle of the worker that made it first; as all have the same, it is converted once."""
    from tests.bundles import make_bundle

    def make(out: Path) -> None:
        make_bundle(out.parent, name=name, **settings)

    return load_bundle(made_once(tmp_path_factory, f"models-{name}/{name}", make))


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A small binary bundle with an untrained network."""
    return _made_once(tmp_path_factory, "small")


@pytest.fixture(scope="session")
def windowed_bundle(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The small bundle as if trained on 12-bit films in 16 bits, shown from 0 to 4080."""
    from tests.bundles import with_window

    return with_window(bundle, tmp_path_factory.mktemp("windowed") / bundle.name, (0, 4080))


@pytest.fixture(scope="session")
def referenced_bundle(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The small bundle with a reference of films like `references.familiar_film`."""
    from tests.references import with_reference

    def make(out: Path) -> None:
        with_reference(bundle, out)

    return load_bundle(made_once(tmp_path_factory, "models-referenced/small-referenced", make))


@pytest.fixture(scope="session")
def three_class_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A small bundle of three classes, padded colour input."""
    return _made_once(
        tmp_path_factory,
        "three",
        classes=("CLEAR", "EFFUSION", "NODULE"),
        channels=3,
        fit="pad",
    )


@pytest.fixture(scope="session")
def findings_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A small bundle of three findings that do not exclude each other."""
    from tests.bundles import FINDINGS

    return _made_once(tmp_path_factory, "findings", classes=FINDINGS, any_of=True)


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
