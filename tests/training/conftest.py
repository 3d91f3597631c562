"""A two-class and a three-class model, each trained once through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.bundle import Bundle, load_bundle
from model_training.cli import main
from tests.training.films import write_classes


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Split folders with one film that cannot be read, a useless `val`, and a patient's name."""
    root = tmp_path_factory.mktemp("data") / "films"
    write_classes(root, ("NORMAL", "PNEUMONIA"), patients=14, part="train")
    write_classes(root, ("NORMAL", "PNEUMONIA"), patients=2, part="val", first=100)
    write_classes(root, ("NORMAL", "PNEUMONIA"), patients=5, part="test", first=200)
    (root / "train" / "NORMAL" / "Mustermann_Erika.png").write_bytes(b"not an image")
    return root


@pytest.fixture(scope="session")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """What `overread-train fit` makes of `data` in two epochs."""
    samples = tmp_path_factory.mktemp("samples")
    write_classes(samples, ("A",), patients=1)
    (samples / ".hidden.png").write_bytes(b"hidden")
    (samples / "notes.txt").write_text("no image")
    out = tmp_path_factory.mktemp("models") / "two"
    arguments = ["fit", str(data), "--preset", "basic-cnn", "--out", str(out), "--epochs", "2"]
    settings = ["--image-size", "32", "--validation-fraction", "0.4", "--samples", str(samples)]
    if main([*arguments, *settings, "--source", "generated", "--licence", "CC0"]) != 0:
        raise AssertionError("overread-train fit failed")
    return load_bundle(out)


@pytest.fixture(scope="session")
def trained_on_three(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Three classes in `CLASS/` folders, patients unknown, padded colour input."""
    root = tmp_path_factory.mktemp("three") / "slices"
    for label, class_name in enumerate(("CLEAR", "EFFUSION", "TB")):
        write_numbered(root / class_name, label)
    out = tmp_path_factory.mktemp("models") / "three"
    arguments = ["fit", str(root), "--preset", "basic-cnn", "--out", str(out), "--epochs", "1"]
    settings = ["--image-size", "32", "--channels", "3", "--fit", "pad", "--augmentation", "none"]
    fractions = ["--validation-fraction", "0.35", "--test-fraction", "0.35"]
    if main([*arguments, *settings, *fractions, "--title", "Three findings"]) != 0:
        raise AssertionError("overread-train fit failed")
    return load_bundle(out)


def write_numbered(folder: Path, label: int) -> None:
    """Thirty films `1.png` to `30.png`; other classes have the same names."""
    from tests.training.films import draw, write

    for number in range(1, 31):
        write(folder / f"{number}.png", draw(label, number))
