"""A small data set of films with two findings that do not exclude each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model_training.data.datasets import NO_CLASS, Case, Dataset
from model_training.data.image_files import Presence
from tests.model_training.films import write

FINDINGS = ("EFFUSION", "NODULE")


def write_findings(
    root: Path, *, patients: int = 90, films_each: int = 2, missing: float = 0.15, seed: int = 0
) -> Dataset:
    """Noisy films with a bright patch at a place of its own for each finding.

    Patients have any combination of the findings, and so many of the labels are not known.
    """
    generator = np.random.default_rng(seed)
    cases = []
    for patient in range(patients):
        present = generator.random(len(FINDINGS)) < (0.5, 0.35)
        for number in range(films_each):
            film = generator.integers(40, 120, (48, 48)).astype(np.uint8)
            for place, shown in enumerate(present):
                if shown:
                    corner = 6 + 24 * place
                    film[corner : corner + 16, corner : corner + 16] += 90
            name = f"patient{patient:03}_{number}.png"
            write(root / name, film)
            labels: tuple[Presence, ...] = tuple(
                None if generator.random() < missing else (1 if shown else 0) for shown in present
            )
            cases.append(Case(root / name, name, NO_CLASS, f"patient{patient:03}", "", "", labels))
    return Dataset(FINDINGS, cases, task="any-of")
