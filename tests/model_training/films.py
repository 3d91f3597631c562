"""Small labelled folders of generated films, written as a user would have them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def draw(label: int, number: int, *, side: int = 48) -> np.ndarray:
    """A noisy film whose class shows as a bright patch at a place of its own."""
    generator = np.random.default_rng([label, number])
    film = generator.integers(40, 120, (side, side)).astype(np.uint8)
    if label:
        corner = side // 8 + (label - 1) * side // 2
        film[corner : corner + side // 3, corner : corner + side // 3] += 90
    return film


def write(path: Path, film: np.ndarray) -> None:
    """Writes a film as the file type its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), film):
        raise OSError(f"could not write {path.name}")


def write_classes(
    root: Path,
    classes: tuple[str, ...],
    *,
    patients: int,
    films_each: int = 2,
    split: str = "",
    first: int = 0,
) -> None:
    """`[split/]CLASS/personN_bacteria_M.png`, several films for each patient.

    The patients of a class are numbered from `first`, and those of different classes differ.
    """
    for label, class_name in enumerate(classes):
        for number in range(first, first + patients):
            for film in range(films_each):
                name = f"person{label * 1000 + number}_bacteria_{film}.png"
                write(root / split / class_name / name, draw(label, number * 10 + film))
