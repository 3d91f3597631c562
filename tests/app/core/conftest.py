"""A small engine and a film for it, which more than one file of tests uses."""

import cv2
import pytest

from app.core.scoring.engine import Engine
from app.core.sources.source import Source


@pytest.fixture(scope="module")
def engine(bundle):
    return Engine(bundle)


@pytest.fixture
def source(tmp_path, film):
    path = tmp_path / "film.png"
    cv2.imwrite(str(path), film)
    return Source("film.png", path)
