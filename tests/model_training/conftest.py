"""A two-class and a three-class model, each trained once through the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.bundles.bundle import Bundle, load_bundle
from model_training.cli import main
from model_training.config import TrainingConfig
from model_training.data.datasets import Dataset
from model_training.fitting.fit import fit
from model_training.fitting.publishing import Description
from tests.model_training.films import draw, write, write_classes
from tests.model_training.finding_films import write_findings
from tests.model_training.quick_network import QUICK_NETWORK
from tests.workers import made_once


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Decoded films are kept for the tests alone, not among those of whoever runs them."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OVERREAD_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Split folders with one film that cannot be read, a useless `val`, and a patient's name."""
    root = tmp_path_factory.mktemp("data") / "films"
    write_classes(root, ("NORMAL", "PNEUMONIA"), patients=14, split="train")
    write_classes(root, ("NORMAL", "PNEUMONIA"), patients=2, split="val", first=100)
    write_classes(root, ("NORMAL", "PNEUMONIA"), patients=5, split="test", first=200)
    (root / "train" / "NORMAL" / "Mustermann_Erika.png").write_bytes(b"not an image")
    return root


@pytest.fixture(scope="session")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """What `overread-train fit` makes of `data` in two epochs."""
    samples = tmp_path_factory.mktemp("samples")
    write_classes(samples, ("A",), patients=1)
    (samples / ".hidden.png").write_bytes(b"hidden")
    (samples / "notes.txt").write_text("no image")
    arguments = ["--preset", "basic-cnn", "--epochs", "2", "--image-size", "32"]
    arguments += ["--validation-fraction", "0.4", "--samples", str(samples)]
    arguments += ["--subgroup-pattern", "_(bacteria)_", "--source", "generated", "--licence", "CC0"]
    return _trained_once(tmp_path_factory, "two", data, arguments)


@pytest.fixture(scope="session")
def three_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty films a class in `CLASS/` folders, `1.png` to `30.png` in each: no patients."""
    root = tmp_path_factory.mktemp("three") / "slices"
    for label, class_name in enumerate(("CLEAR", "EFFUSION", "TB")):
        for number in range(1, 31):
            write(root / class_name / f"{number}.png", draw(label, number))
    return root


@pytest.fixture(scope="session")
def trained_on_three(three_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """What `overread-train fit` makes of `three_data` in an epoch, padded and in colour."""
    arguments = [*QUICK_NETWORK, "--epochs", "1", "--channels", "3", "--fit", "pad"]
    arguments += ["--validation-fraction", "0.35", "--test-fraction", "0.35"]
    arguments += ["--title", "Three findings", "--augmentation", "none"]
    return _trained_once(tmp_path_factory, "three", three_data, arguments)


@pytest.fixture(scope="session")
def findings_dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Films with two findings that do not exclude each other, some labels missing."""
    return write_findings(tmp_path_factory.mktemp("findings"))


@pytest.fixture(scope="session")
def trained_on_findings(
    findings_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Bundle:
    """A bundle trained on `findings_dataset` for a few epochs."""
    config = TrainingConfig.from_preset(
        "basic-cnn",
        image_size=32,
        epochs=6,
        batch_size=8,
        augmentation="none",
        validation_fraction=0.25,
        test_fraction=0.25,
    )
    return load_bundle(
        made_once(
            tmp_path_factory,
            "trained-findings/findings",
            lambda out: fit(findings_dataset, out, config=config, description=Description()),
        )
    )


def _trained_once(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: Path, arguments: list[str]
) -> Bundle:
    """A bundle of the worker that trained it first: all see the same films."""

    def train(out: Path) -> None:
        if main(["fit", str(data), "--out", str(out), *arguments]) != 0:
            raise AssertionError("overread-train fit failed")

    return load_bundle(made_once(tmp_path_factory, f"trained-{name}/{name}", train))
