"""How the tests of `overread-train fit` call it, and what it may leave behind."""

from pathlib import Path

from tests.model_training.quick_network import QUICK_NETWORK

# The network of `trained`, for calls that start from its weights or name its layers.
BASIC = ("--preset", "basic-cnn", "--image-size", "32")


def fit_arguments(data: Path, out: Path, *more: str, network: tuple[str, ...] = QUICK_NETWORK):
    """A call that trains for one epoch."""
    return [
        "fit", str(data), "--out", str(out), *network, "--epochs", "1", "--batch-size", "8", *more
    ]  # fmt: skip


def leftovers(folder: Path) -> list[str]:
    """Names of all that lies in a folder, hidden or not."""
    return sorted(path.name for path in folder.iterdir())
