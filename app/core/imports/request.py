"""What is asked of the trainer when a model is added, and where its files are put."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from app.core.errors import OverreadError, system_reason
from app.core.sources.uploads import Upload

# As `overread-train import` has them; `tests/app/core/imports` holds both together.
SCALES = ("0..255", "0..1", "-1..1", "imagenet", "caffe", "per-image")
HEADS = ("sigmoid", "softmax", "findings")
# A model of one file each, but for weights beside the graph of ONNX and OpenVINO.
MODEL_SUFFIXES = (".keras", ".h5", ".hdf5", ".zip", ".onnx", ".tflite", ".xml")
# What PyTorch and scikit-learn save models as.
_PROGRAMS = (".pt", ".pth", ".ckpt", ".pkl", ".joblib")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_LONGEST_NAME = 120


class ImportRequestError(OverreadError):
    """A model that cannot be added as asked, with what to do about it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a person says of a model; empty for what its file says itself.

    Attributes:
        name: Of the new model.
        classes: In the order of its outputs.
        positive: Which of two classes it is that is looked for.
        scale: One of `SCALES`; empty also if labelled images are to tell.
        head: One of `HEADS`.
        size: Height and width, such as `224` or `224x320`.
        trained_by: Who trained it.
    """

    name: str
    classes: tuple[str, ...] = ()
    scale: str = ""
    head: str = ""
    size: str = ""
    trained_by: str = ""
    positive: str = ""

    def arguments(self, folder: Path) -> list[str]:
        """The options of the command.

        Args:
            folder: Where a file with the names of the classes is written: a name on the command
                line could be taken for an option.
        """
        found = []
        if self.classes:
            names = folder / "classes.txt"
            names.write_text("".join(f"{name}\n" for name in self.classes), encoding="utf-8")
            found += ["--classes", str(names)]
        for option, value in (
            ("--scale", self.scale),
            ("--head", self.head),
            ("--size", self.size),
            ("--positive", self.positive),
            ("--trained-by", self.trained_by),
        ):
            found += [f"{option}={value}"] if value else []
        return found


def names_of(text: str) -> tuple[str, ...]:
    """Names of classes, one a line; on a single line, separated by commas.

    Args:
        text: As typed.
    """
    lines = [line.strip(" ,") for line in text.splitlines()]
    parts = [line for line in lines if line]
    if len(parts) == 1:
        parts = parts[0].split(",")
    return tuple(name for name in map(str.strip, parts) if name)


def require_new(name: str, models: Path) -> Path:
    """The folder of a new model.

    Args:
        name: As typed.
        models: The folder of all models.

    Raises:
        ImportRequestError: If it cannot be a name, or there is such a model.
    """
    if not _NAME.fullmatch(name):
        raise ImportRequestError(
            f"The name of the model is {name!r}. Expected letters, digits, dots and hyphens, such "
            "as chest-2026."
        )
    if (models / name).exists():
        raise ImportRequestError(f"There is a model {name!r} already. Choose another name.")
    return models / name


def keep_model(uploads: Sequence[Upload], folder: Path) -> Path:
    """Writes the files of a model into a folder and returns the one that is imported.

    Args:
        uploads: The model, and what its graph refers to.
        folder: An empty folder.

    Raises:
        ImportRequestError: If none of them, or more than one, is a model, or they cannot be
            written.
    """
    names = [_plain(PurePosixPath(one.name).name) for one in uploads]
    models = [name for name in names if Path(name).suffix.lower() in MODEL_SUFFIXES]
    programs = [name for name in names if Path(name).suffix.lower() in _PROGRAMS]
    if programs and not models:
        raise ImportRequestError(
            f"{programs[0]} is a pickle, as PyTorch and scikit-learn save models: a program that "
            "would have to be run, and never is. Export the model as ONNX where it was trained, "
            "with torch.onnx.export or skl2onnx, and drop that file with those beside it."
        )
    if len(models) != 1:
        raise ImportRequestError(
            f"{len(models)} of the {len(names)} files are models. Expected one, of the kinds "
            f"{', '.join(MODEL_SUFFIXES)}, with no other file than its weights."
        )
    _write(dict(zip(names, uploads, strict=True)), folder)
    return folder / models[0]


def keep_images(uploads: Sequence[Upload], folder: Path) -> Path:
    """Writes labelled images into a folder for each class, which is the last folder of their paths.

    Args:
        uploads: The files of a directory, named by path.
        folder: An empty folder.

    Raises:
        ImportRequestError: If they are in no folders, two have the same place, or they cannot be
            written.
    """
    places: dict[str, Upload] = {}
    for one in uploads:
        path = PurePosixPath(one.name)
        if path.name.startswith("."):
            continue
        if len(path.parts) < 2:
            raise ImportRequestError(
                "The labelled images are in no folders. Expected a folder with a folder for each "
                "class, named like it."
            )
        place = f"{_plain(path.parts[-2])}/{_plain(path.name)}"
        if place in places:
            raise ImportRequestError(
                "Two labelled images have the same class and file name. Give each its own, or put "
                "them into one folder for each class."
            )
        places[place] = one
    _write(places, folder)
    return folder


def _plain(name: str) -> str:
    """A name that stays in its folder on any disk, with what tells patients apart in it."""
    kept = re.sub(r"[^\w .()+-]", "_", name).strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if not dot:
        return kept[:_LONGEST_NAME] or "_"
    return f"{stem[:_LONGEST_NAME]}.{suffix[:12]}"


def _write(files: dict[str, Upload], folder: Path) -> None:
    try:
        for name, upload in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            upload.seek(0)
            with path.open("xb") as file:
                shutil.copyfileobj(cast(BinaryIO, upload), file)
    except OSError as error:
        raise ImportRequestError(
            f"The files could not be written to the server's disk ({system_reason(error)}). Import "
            "the model with `overread-train import`, or free some space."
        ) from None
