"""`overread-train phantoms`: a folder of synthetic chest radiographs, honest about being so.

Layout: `train|val|test/NORMAL|PNEUMONIA/<name>.png`, `masks/<name>_<n>.png` for each
consolidation, and a `manifest.csv` that names patient, class and split of every film.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from model_training.phantom_films import take_film
from model_training.phantom_patients import invent_patient

CLASSES = ("NORMAL", "PNEUMONIA")
SPLIT_SHARES = {"train": 0.70, "val": 0.15, "test": 0.15}
# One patient in four has more than one film.
FILMS_A_PATIENT = (1, 1, 1, 1, 1, 1, 2, 3)
MIN_COUNT, MIN_SIZE = 20, 64
NOTICE = "PHANTOM: synthetic chest radiograph, computed; it shows no patient"


@dataclass(frozen=True, slots=True)
class PlannedPatient:
    """A patient before anything is drawn: number, class, split and films."""

    number: int
    label: str
    split: str
    num_films: int

    @property
    def patient_id(self) -> str:
        """The patient's name in the manifest and in file names."""
        return f"phantom{self.number:05d}"


def generate(
    out: Path,
    *,
    count: int,
    seed: int,
    size: int = 512,
    progress: Callable[[list[PlannedPatient]], Iterable[PlannedPatient]] = iter,
) -> int:
    """Writes phantoms; the same count, seed and size give the same bytes.

    Args:
        out: Folder to write; new or empty.
        count: Number of films, half of each class in every split.
        seed: Of everything that is drawn at random.
        size: Side of each film in pixels.
        progress: Wraps the list of patients while it is worked through.

    Returns:
        The number of films written.

    Raises:
        ValueError: If the count or the size is too small, or the folder holds something.
    """
    if count < MIN_COUNT:
        raise ValueError(
            f"`count` must be at least {MIN_COUNT}, so that each split has films of both classes. "
            f"Received {count}."
        )
    if size < MIN_SIZE:
        raise ValueError(f"`size` must be at least {MIN_SIZE} pixels. Received {size}.")
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"`out` must be a new or empty folder; {out.name!r} holds something.")
    rows = [
        row
        for patient in progress(plan_patients(count, seed=seed))
        for row in _write_patient(out, patient, seed=seed, size=size)
    ]
    pd.DataFrame(rows).to_csv(out / "manifest.csv", index=False, lineterminator="\n")
    return len(rows)


def plan_patients(count: int, *, seed: int) -> list[PlannedPatient]:
    """Decides who gets how many films in which split, exactly `count` films in all."""
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    drawn = [
        (label, split, films)
        for split, total in _films_by_split(count).items()
        for label, number in zip(CLASSES, (total - total // 2, total // 2), strict=True)
        for films in _shared_out(number, generator)
    ]
    # Shuffled, so that a patient's number tells neither class nor split.
    order = generator.permutation(len(drawn))
    return [PlannedPatient(number, *drawn[index]) for number, index in enumerate(order, start=1)]


def _films_by_split(count: int) -> dict[str, int]:
    films = {split: round(count * share) for split, share in SPLIT_SHARES.items()}
    return films | {"train": count - films["val"] - films["test"]}


def _shared_out(number: int, generator: np.random.Generator) -> Iterator[int]:
    """Numbers of films of successive patients, adding up to `number`."""
    while number:
        films = min(number, int(generator.choice(FILMS_A_PATIENT)))
        number -= films
        yield films


def _write_patient(
    out: Path, patient: PlannedPatient, *, seed: int, size: int
) -> Iterator[dict[str, str | int]]:
    """Draws and writes a patient's films and masks; gives their rows of the manifest."""
    generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(patient.number,)))
    anatomy = invent_patient(generator, sick=patient.label == CLASSES[1])
    for number in range(1, patient.num_films + 1):
        film = take_film(anatomy, generator, size=size)
        name = f"{patient.patient_id}_{number}"
        path = Path(patient.split) / patient.label / f"{name}.png"
        _write_png(out / path, film.pixels)
        for index, mask in enumerate(film.consolidations, start=1):
            _write_png(out / "masks" / f"{name}_{index}.png", mask.astype(np.uint8) * 255)
        yield {
            "path": path.as_posix(),
            "patient_id": patient.patient_id,
            "label": patient.label,
            "split": patient.split,
            "consolidations": len(film.consolidations),
        }


def _write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    notice = PngInfo()
    notice.add_text("Description", NOTICE)
    Image.fromarray(pixels).save(path, pnginfo=notice)
