import json
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest

from app.core.adaptation.adapt import adapt
from app.core.adaptation.labels import Labelled
from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_files import REFERENCE, file_sha256
from app.core.bundles.manifest import MANIFEST
from app.core.errors import OverreadError
from app.core.gate.reference import load_reference, write_reference
from app.core.scoring.engine import Engine
from app.core.scoring.ray_cluster import driver
from app.core.scoring.ray_cluster.worker import Worker
from app.core.sources.source import Source
from tests.references import familiar_film


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


def test_a_missing_part_is_told_by_what_was_learned_at_the_place(referenced_bundle, tmp_path):
    home = shutil.copytree(referenced_bundle.path, tmp_path / "models" / "small")
    reference = load_reference(referenced_bundle)
    # So that no distance refuses a film of which a part is missing.
    write_reference(home / REFERENCE, replace(reference, limits=1_000 * reference.limits))
    content = json.loads((home / MANIFEST).read_text())
    content["files"][REFERENCE] = file_sha256(home / REFERENCE)
    content["reference"]["faults"][2] = "cropped_top"  # a probe that never speaks
    (home / MANIFEST).write_text(json.dumps(content))
    films = [_written(tmp_path / f"{seed}.png", familiar_film(seed)) for seed in range(60)]
    given = [Labelled(one, number % 2) for number, one in enumerate(films)]

    adapted = adapt(Engine(load_bundle(home), backend="tensorflow"), given, place="Ward 3")
    bundle = adapted.write(home.with_name("small@ward-3"))

    new = [
        _written(tmp_path / f"{seed}-{cut}.png", familiar_film(seed)[cut:])
        for seed in range(100, 110)
        for cut in (0, 25)
    ]
    codes = [one.reason_code for one in Engine(bundle, backend="tensorflow").score(new)]
    assert bundle.adaptation.cropped == ("cropped_top",)
    assert codes.count("cropped") >= 9
    assert codes[::2].count("") >= 9
    assert "copies of them with a part cut off" in bundle.card()


def _written(path, pixels):
    cv2.imwrite(str(path), pixels)
    return Source(path.name, path)
