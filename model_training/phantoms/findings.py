"""Synthetic patients with any of several findings, and a labelled set of their films.

The films serve to try out models of findings that do not exclude each other: some labels are
missing, and an effusion is more frequent beside a large heart.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.core.bundles.predictions_table import SplitName
from model_training.phantoms.anatomy import LEFT, RIGHT, Anatomy, Consolidation
from model_training.phantoms.dataset import (
    HELD_OUT,
    NOTICE,
    SPLITS,
    Progress,
    check_output,
    films_of,
    generator_of,
    write_png,
)
from model_training.phantoms.films import take_film
from model_training.phantoms.patients import invent_healthy, place_in_lung, smooth_noise

FINDINGS = ("CARDIOMEGALY", "EFFUSION", "NODULE")
TABLE = "labels.csv"
MIN_COUNT = 60

_FREQUENCY = {"CARDIOMEGALY": 0.35, "EFFUSION": 0.25, "NODULE": 0.3}
# Of an effusion in a patient with a large heart.
_EFFUSION_BESIDE_LARGE_HEART = 0.6
_MISSING = 0.1


@dataclass(frozen=True, slots=True)
class FindingsRecord:
    """One row of `labels.csv`.

    Attributes:
        path: The film, relative to the output folder.
        patient_id: Shared by all films of one synthetic patient.
        split: The same for all films of a patient.
        subgroup: `adult` or `child`.
        labels: Of each of `FINDINGS`: 1, 0, or None where the label is missing.
    """

    path: str
    patient_id: str
    split: SplitName
    subgroup: str
    labels: tuple[int | None, ...]


def generate_findings(
    out: Path, *, count: int, seed: int, size: int = 512, progress: Progress[int] | None = None
) -> tuple[FindingsRecord, ...]:
    """Writes films into `films/train|val|test`, and a table with a column for each finding.

    A film depends only on seed, size, patient and film number: the same arguments give the same
    bytes.

    Args:
        out: Folder to write into, empty or new.
        count: Number of films.
        seed: Not negative.
        size: Side of the square films in pixels.
        progress: Wraps the numbers of the films to display progress, as `tqdm.tqdm` does.

    Returns:
        The table's rows.

    Raises:
        ValueError: If there are too few films, `size` or `seed` is out of range, or the folder is
            not empty.
    """
    check_output(out, count=count, seed=seed, size=size, min_count=MIN_COUNT)
    for split in SPLITS:
        (out / "films" / split).mkdir(parents=True)
    planned = _plan(count, seed=seed)
    numbers = range(len(planned))
    records = tuple(
        _write_film(out, *planned[number], seed=seed, size=size)
        for number in (numbers if progress is None else progress(numbers))
    )
    _write_table(out / TABLE, records)
    return records


def invent_findings(generator: np.random.Generator) -> tuple[Anatomy, tuple[bool, ...]]:
    """Draws one patient with any of the findings.

    The patient is drawn as a healthy one first, so that films differ in nothing but the findings.

    Args:
        generator: Source of everything that is random.

    Returns:
        The patient's anatomy, and which of `FINDINGS` it has.
    """
    patient = invent_healthy(generator)
    large_heart, nodule = (
        bool(generator.random() < _FREQUENCY[name]) for name in ("CARDIOMEGALY", "NODULE")
    )
    frequency = _EFFUSION_BESIDE_LARGE_HEART if large_heart else _FREQUENCY["EFFUSION"]
    effusion = bool(generator.random() < frequency)
    if large_heart:
        right, left = patient.heart
        patient = replace(patient, heart=(right * 1.3, min(0.98, left * 1.2 + 0.14)))
    patches = []
    if effusion:
        patches.append(_effusion(generator))
    if nodule:
        patches += [_nodule(patient, generator) for _ in range(int(generator.integers(1, 3)))]
    return replace(patient, consolidations=tuple(patches)), (large_heart, effusion, nodule)


def _effusion(generator: np.random.Generator) -> Consolidation:
    """Fluid that fills the costophrenic angle of one side."""
    side = (RIGHT, LEFT)[int(generator.integers(2))]
    height = generator.uniform(0.45, 0.75)
    return Consolidation(
        centre=(side * generator.uniform(0.70, 0.85), 1.0),
        radii=(generator.uniform(0.55, 0.75), height),
        angle=0.0,
        density=generator.uniform(0.85, 1.0),
        patchiness=0.05,
        fissure=float("nan"),
        relief=np.stack([smooth_noise(generator, sigma=sigma) for sigma in (3.2, 1.0)]),
    )


def _nodule(patient: Anatomy, generator: np.random.Generator) -> Consolidation:
    size = generator.uniform(0.09, 0.14)
    return Consolidation(
        centre=place_in_lung(patient, generator),
        radii=(size, size * generator.uniform(0.85, 1.15)),
        angle=generator.uniform(0, np.pi),
        density=generator.uniform(0.75, 1.0),
        patchiness=0.1,
        fissure=float("nan"),
        relief=np.stack([smooth_noise(generator, sigma=sigma) for sigma in (3.2, 1.0)]),
    )


def _plan(count: int, *, seed: int) -> list[tuple[int, int, SplitName]]:
    """Patient, number and split of each film."""
    held_out = {split: max(1, round(fraction * count)) for split, fraction in HELD_OUT.items()}
    sizes = {**held_out, "train": count - sum(held_out.values())}
    planned: list[tuple[int, int, SplitName]] = []
    patient = 0
    for split in SPLITS:
        wanted = sizes[split]
        while wanted:
            given = min(wanted, films_of(patient, seed=seed))
            planned += [(patient, number, split) for number in range(given)]
            wanted -= given
            patient += 1
    return planned


def _write_film(
    out: Path, patient: int, number: int, split: SplitName, *, seed: int, size: int
) -> FindingsRecord:
    anatomy, findings = invent_findings(generator_of(seed, patient, 0))
    film = take_film(anatomy, generator_of(seed, patient, 1 + number), size=size)
    patient_id = f"phantom{patient + 1:04d}"
    path = f"films/{split}/{patient_id}_{number + 1}.png"
    write_png(out / path, film.pixels, notice=NOTICE)
    unlabelled = generator_of(seed, patient, 1 + number, 0).random(len(FINDINGS)) < _MISSING
    return FindingsRecord(
        path=path,
        patient_id=patient_id,
        split=split,
        subgroup="child" if anatomy.child else "adult",
        labels=tuple(
            None if missing else int(present)
            for present, missing in zip(findings, unlabelled, strict=True)
        ),
    )


def _write_table(path: Path, records: tuple[FindingsRecord, ...]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["path", "patient_id", "split", "subgroup", *FINDINGS])
        for record in records:
            labels = ["" if label is None else label for label in record.labels]
            table.writerow([record.path, record.patient_id, record.split, record.subgroup, *labels])
