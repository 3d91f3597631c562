"""Six cases of two classes, two of each split."""

from pathlib import Path

from model_training.data.datasets import Case

CLASSES = ("NORMAL", "PNEUMONIA")
SPLITS = ("train", "test", "val", "test", "val", "train")
LABELS = (0, 1, 0, 0, 1, 1)
DIGESTS = [f"{n:064x}" for n in range(6)]


def cases(labels, splits):
    return [
        Case(Path("/data") / f"{n}.png", f"{split}/{n}.png", label, f"p{n // 2}", "virus", split)
        for n, (label, split) in enumerate(zip(labels, splits, strict=True))
    ]
