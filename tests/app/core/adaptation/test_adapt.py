import cv2
import numpy as np
import pytest

from app.core.adaptation.adapt import adapt
from app.core.adaptation.labels import Labelled
from app.core.errors import OverreadError
from app.core.scoring.ray_cluster import driver
from app.core.scoring.ray_cluster.worker import Worker
from app.core.sources.source import Source


@pytest.fixture
def labelled(tmp_path, film):
    found = []
    for number in range(24):
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), np.roll(film, 5 * number, axis=1))
        found.append(Labelled(Source(path.name, path), number % 2))
    return found


def test_films_become_a_bundle(engine, labelled, tmp_path):
    adapted = adapt(engine, labelled, place=" Ward 3 ")
    bundle = adapted.write(tmp_path / "models" / "small@ward")

    assert bundle.name == "small, adapted to Ward 3"
    assert bundle.adaptation.data.counts == {"NORMAL": 12, "PNEUMONIA": 12}
    assert bundle.adaptation.data.fingerprint == adapted.films.fingerprint
    assert bundle.adaptation.base_calibration == engine.bundle.manifest.calibration
    assert bundle.manifest.thresholds == adapted.fitted.decision.thresholds


@pytest.mark.parametrize("place", ["", "  ", "x" * 81])
def test_a_place_has_a_name(engine, labelled, place):
    with pytest.raises(OverreadError, match="1 to 80 characters"):
        adapt(engine, labelled, place=place)


def test_a_cluster_gets_the_adaptation_with_its_bundle(engine, labelled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # restored after the worker has gone there
    bundle = adapt(engine, labelled, place="x").write(tmp_path / "elsewhere" / "x")
    worker = Worker(bundle.sha256, "openvino", str(tmp_path), 0)

    assert worker._engine(driver._files(bundle)).bundle.manifest == bundle.manifest
