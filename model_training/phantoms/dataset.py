"""Phantoms: a labelled set of synthetic chest radiographs for demos, teaching and tests.

The films look like chest radiographs to a person and to a network, but they are drawn from
synthetic patients and say nothing about how a model performs on real ones.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.core.bundles.predictions_table import SplitName
from model_training.phantoms.films import Film, take_film
from model_training.phantoms.patients import invent_patient

CLASSES = ("NORMAL", "PNEUMONIA")
# Fraction of each class's films; the rest is for training.
HELD_OUT: dict[SplitName, float] = {"val": 0.15, "test": 0.15}
SPLITS: tuple[SplitName, ...] = ("train", *HELD_OUT)
MIN_COUNT = len(SPLITS) * len(CLASSES)
MIN_SIZE, MAX_SIZE = 64, 4096

NOTICE = "PHANTOM: synthetic chest radiograph, not a patient"
MASK_NOTICE = "PHANTOM: consolidation of a synthetic chest radiograph, not a patient"


@dataclass(frozen=True, slots=True)
class PhantomRecord:
    """One row of `manifest.csv`.

    Attributes:
        path: The film, relative to the output folder.
        patient_id: Shared by all films of one synthetic patient.
        label: One of `CLASSES`.
        split: One of `SPLITS`, the same for all films of a patient.
        subgroup: `adult` or `child`.
        consolidations: Number of consolidations, 0 in NORMAL.
        consolidated_lung: Fraction of the lung fields they cover, in [0, 1].
        mask: Mask of all consolidations, relative to the output folder; empty in NORMAL.
    """

    path: str
    patient_id: str
    label: str
    split: SplitName
    subgroup: str
    consolidations: int
    consolidated_lung: float
    mask: str


Item = TypeVar("Item")
# Wraps what is drawn, to display progress.
Progress: TypeAlias = Callable[[Iterable[Item]], Iterable[Item]]


@dataclass(frozen=True, slots=True)
class PlannedFilm:
    """A film to be drawn.

    Attributes:
        patient: Number of the patient, from 0; odd ones have pneumonia.
        number: Number of the film within the patient, from 0.
        split: One of `SPLITS`.
    """

    patient: int
    number: int
    split: SplitName

    @property
    def label(self) -> str:
        """The patient's class."""
        return CLASSES[self.patient % 2]

    @property
    def patient_id(self) -> str:
        """Patient identifier, such as `phantom0001`."""
        return f"phantom{self.patient + 1:04d}"

    @property
    def stem(self) -> str:
        """File name of the film without its suffix."""
        return f"{self.patient_id}_{self.number + 1}"


def generate(
    out: Path,
    *,
    count: int,
    seed: int,
    size: int = 512,
    progress: Progress[PlannedFilm] | None = None,
) -> tuple[PhantomRecord, ...]:
    """Writes a set of films in `train|val|test/NORMAL|PNEUMONIA`, with masks and a manifest.

    For every film with pneumonia, `masks/` holds `<film>.png`, white wherever there is a
    consolidation, and `<film>_1.png` and so on with one consolidation each. A film depends
    only on seed, size, patient and film number: the same arguments give the same bytes,
    and the patients of a small set are among those of a larger one.

    Args:
        out: Folder to write into, empty or new.
        count: Number of films, half of them with pneumonia.
        seed: Not negative.
        size: Side of the square films in pixels.
        progress: Wraps the planned films to display progress, as `tqdm.tqdm` does.

    Returns:
        The manifest's rows.

    Raises:
        ValueError: If there are too few films for three splits with two classes, `size` or
            `seed` is out of range, or the folder is not empty.
    """
    check_output(out, count=count, seed=seed, size=size, min_count=MIN_COUNT)
    planned = plan_films(count, seed=seed)
    _make_folders(out)
    records = tuple(
        _write_film(out, film, seed=seed, size=size)
        for film in (planned if progress is None else progress(planned))
    )
    _write_manifest(out / "manifest.csv", records)
    return records


def plan_films(count: int, *, seed: int) -> list[PlannedFilm]:
    """Assigns films to patients, and patients to splits.

    Args:
        count: Number of films.
        seed: Decides how many films each patient has.

    Returns:
        The films, ordered by patient.
    """
    planned: list[PlannedFilm] = []
    for label, films in enumerate(((count + 1) // 2, count // 2)):
        held_out = {split: max(1, round(fraction * films)) for split, fraction in HELD_OUT.items()}
        sizes = {"train": films - sum(held_out.values()), **held_out}
        patient = label
        for split, wanted in sizes.items():
            while wanted:
                given = min(wanted, films_of(patient, seed=seed))
                planned += [PlannedFilm(patient, number, split) for number in range(given)]
                wanted -= given
                patient += len(CLASSES)
    return sorted(planned, key=lambda film: (film.patient, film.number))


def draw(film: PlannedFilm, *, seed: int, size: int) -> tuple[Film, str]:
    """Draws one film.

    Args:
        film: Which film of which patient.
        seed: Seed of the whole set.
        size: Side of the film in pixels.

    Returns:
        The film with its masks, and the patient's subgroup, `adult` or `child`.
    """
    sick = film.label == CLASSES[1]
    anatomy = invent_patient(generator_of(seed, film.patient, 0), sick=sick)
    taken = take_film(anatomy, generator_of(seed, film.patient, 1 + film.number), size=size)
    return taken, "child" if anatomy.child else "adult"


def check_output(out: Path, *, count: int, seed: int, size: int, min_count: int) -> None:
    """Checks before any film is drawn what would make the set useless.

    Args:
        out: Folder to write into.
        count: Number of films.
        seed: Of the set.
        size: Side of the films in pixels.
        min_count: Films below which a split would lack a class.

    Raises:
        ValueError: If a number is out of range, or the folder is not empty.
    """
    if count < min_count:
        raise ValueError(
            f"Received count {count}. Expected at least {min_count}, so that each of "
            f"{len(SPLITS)} splits has films of each class. Increase the count."
        )
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise ValueError(
            f"Received size {size}. Expected {MIN_SIZE} to {MAX_SIZE} pixels; in smaller films "
            "ribs and vessels are lost. Choose another size."
        )
    if seed < 0:
        raise ValueError(f"Received seed {seed}. Expected 0 or more. Choose another seed.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(
            f"Received the output folder {out.name!r}, which is not empty or not a folder. "
            "Expected an empty or new folder. Choose another name or empty it first."
        )


def generator_of(seed: int, *key: int) -> np.random.Generator:
    """The random numbers of one purpose, such as a patient or a film of it.

    Args:
        seed: Of the set.
        key: Numbers that name the purpose.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def films_of(patient: int, *, seed: int) -> int:
    """Number of films of a patient: usually one, for every fourth patient two or three.

    Args:
        patient: Number of the patient, from 0.
        seed: Of the set.
    """
    return int(generator_of(seed, patient).choice((1, 2, 3), p=(0.75, 0.15, 0.10)))


def _make_folders(out: Path) -> None:
    for split in SPLITS:
        for label in CLASSES:
            (out / split / label).mkdir(parents=True, exist_ok=True)
    (out / "masks").mkdir(exist_ok=True)


def _write_film(out: Path, film: PlannedFilm, *, seed: int, size: int) -> PhantomRecord:
    taken, subgroup = draw(film, seed=seed, size=size)
    path = f"{film.split}/{film.label}/{film.stem}.png"
    write_png(out / path, taken.pixels, notice=NOTICE)
    union = np.any(taken.consolidations, axis=0) if taken.consolidations else None
    mask = "" if union is None else f"masks/{film.stem}.png"
    for name, pixels in _masks(film.stem, taken.consolidations):
        write_png(out / "masks" / name, pixels, notice=MASK_NOTICE)
    return PhantomRecord(
        path=path,
        patient_id=film.patient_id,
        label=film.label,
        split=film.split,
        subgroup=subgroup,
        consolidations=len(taken.consolidations),
        consolidated_lung=0.0 if union is None else round(float(union[taken.lungs].mean()), 4),
        mask=mask,
    )


def _masks(
    stem: str, consolidations: tuple[NDArray[np.bool_], ...]
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """File names and masks (0 or 255): all consolidations of a film together, then each alone."""
    if not consolidations:
        return
    yield f"{stem}.png", np.any(consolidations, axis=0).astype(np.uint8) * 255
    for number, mask in enumerate(consolidations, start=1):
        yield f"{stem}_{number}.png", mask.astype(np.uint8) * 255


def write_png(path: Path, pixels: NDArray[np.uint8], *, notice: str) -> None:
    """Writes a film that says in its text that it does not show a patient.

    Args:
        path: The file.
        pixels: uint8 `(height, width)` in [0, 255], grey.
        notice: What it says.
    """
    text = PngInfo()
    text.add_text("Title", notice)
    text.add_text("Description", f"{notice}. Drawn by a program; for demos, lessons and tests.")
    text.add_text("Software", "overread-train phantoms")
    Image.fromarray(pixels).save(path, pnginfo=text, compress_level=4)


def _write_manifest(path: Path, records: Iterable[PhantomRecord]) -> None:
    names = [field.name for field in fields(PhantomRecord)]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, names, lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(record) for record in records)
