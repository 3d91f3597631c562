"""A few images to look at: of every class, or of every finding, in turn."""

from pathlib import Path

import numpy as np
import pytest

from model_training.config import TrainingConfig
from model_training.data.datasets import NO_CLASS, Case, Dataset
from model_training.preparation.sample import sample
from tests.model_training.films import write

CONFIG = TrainingConfig.from_preset("basic-cnn", image_size=48, channels=1)


@pytest.fixture
def films(tmp_path):
    """Noisy films by name; the network sees them as they are."""
    generator = np.random.default_rng(0)
    found = {}
    for name in ("plain", "plain too", "effusion", "effusion too", "mass", "both"):
        found[name] = generator.integers(20, 200, (48, 48)).astype(np.uint8)
        write(tmp_path / f"{name}.png", found[name])
    return tmp_path, found


def case(folder: Path, name: str, label=NO_CLASS, findings=()):
    return Case(folder / f"{name}.png", name, label, "", "", "", findings)


def names(images, films):
    return [
        next(name for name, film in films.items() if np.array_equal(image[..., 0], film))
        for image in images
    ]


def test_each_finding_and_none_of_them_are_shown_in_turn(films):
    folder, pictures = films
    shown = {"mass": (None, 1), "both": (1, 1)}
    shown |= dict.fromkeys(("effusion", "effusion too"), (1, 0))
    cases = [case(folder, name, findings=shown.get(name, (0, None))) for name in pictures]
    dataset = Dataset(("EFFUSION", "MASS"), cases, task="any-of")

    found = names(sample(dataset, config=CONFIG, number=6), pictures)

    assert sorted(found) == sorted(pictures)
    with_effusion, with_mass, without = (
        {"effusion", "effusion too", "both"},
        {"mass", "both"},
        {"plain", "plain too"},
    )
    first = found[:3]
    assert first[0] in with_effusion
    assert first[1] in with_mass or found[0] == "both"
    assert without & set(first)


def test_classes_take_turns(films):
    folder, pictures = films
    cases = [case(folder, name, label=int(name == "mass")) for name in pictures]

    found = names(sample(Dataset(("NORMAL", "MASS"), cases), config=CONFIG, number=2), pictures)

    assert found[1] == "mass"
