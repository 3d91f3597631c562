"""A training with enough films also says which images the model is not for."""

import cv2
import numpy as np
import pytest

from app.core.bundles.bundle import load_bundle
from app.core.scoring.engine import Engine
from app.core.sources.sources import from_paths
from model_training.cli import main
from tests.model_training.films import draw, write
from tests.model_training.quick_network import QUICK_NETWORK

pytestmark = pytest.mark.slow

NUMBERS = {"train": 35, "val": 28, "test": 10}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reference")


@pytest.fixture(scope="module")
def bundle(folder):
    """Trained for an epoch on films that all have one ramp from dark to bright."""
    ramp = np.linspace(0, 60, 48)[:, np.newaxis]
    for split, number in NUMBERS.items():
        for label, name in enumerate(("NORMAL", "PNEUMONIA")):
            for patient in range(number):
                film = draw(label, hash_of(split, patient)) + ramp
                path = folder / "films" / split / name / f"person{label}{split}{patient}_1.png"
                write(path, np.clip(film, 0, 255).astype(np.uint8))
    call = ["fit", str(folder / "films"), "--out", str(folder / "mine"), *QUICK_NETWORK]
    assert main([*call, "--epochs", "1", "--augmentation", "none"]) == 0
    return load_bundle(folder / "mine")


def hash_of(split, patient):
    """A number that no other film has."""
    return 1_000 * list(NUMBERS).index(split) + patient


def test_the_bundle_has_a_reference_and_its_card_says_what_is_refused(bundle):
    section = bundle.manifest.reference

    assert bundle.manifest.format == 3
    assert section.of == 2 * NUMBERS["val"]
    assert section.refused / section.of <= 0.08
    assert "## What it refuses" in bundle.card()
    assert "test films, upside down" in bundle.card()
    assert {"reference.npz", "reference.csv"} <= set(bundle.manifest.files)
    (contradictions,) = section.contradictions
    assert contradictions.wrong + contradictions.right > 0
    assert "## When similar films contradict it" in bundle.card()


def test_the_app_refuses_a_foreign_picture_and_judges_a_film(bundle, folder):
    foreign = folder / "foreign.png"
    squares = np.kron(np.indices((6, 6)).sum(axis=0) % 2, np.ones((8, 8))) * 200 + 20
    cv2.imwrite(str(foreign), squares.astype(np.uint8))
    films = sorted((folder / "films" / "test").rglob("*.png"))

    *judged, refused = Engine(bundle, backend="tensorflow").score(
        from_paths([*map(str, films), str(foreign)])
    )

    assert refused.status == "refused"
    assert refused.prediction is None
    assert sum(result.status == "ok" for result in judged) >= len(judged) - 2
