"""How the tests of `overread-train crossval` call it."""

from pathlib import Path

from tests.model_training.quick_network import QUICK_NETWORK

SETTINGS = [
    *QUICK_NETWORK, "--epochs", "2", "--batch-size", "8",
    "--validation-fraction", "0.3", "--test-fraction", "0.25", "--folds", "3", "--seed", "2",
]  # fmt: skip


def arguments(films: Path, out: Path, *more: str) -> list[str]:
    """A call that trains three folds for two epochs each."""
    return ["crossval", str(films), "--out", str(out), *SETTINGS, *more]
