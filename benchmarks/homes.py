"""The shipped bundles, and which folders of a collection of data sets hold films of their kind."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.commands.parsing import given_path
from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.bundle_files import file_sha256
from app.core.bundles.bundle_folders import find_bundles
from benchmarks import films
from benchmarks.table import log

MODELS = Path(__file__).parents[1] / "models"


@dataclass(frozen=True, slots=True)
class Home:
    """Where the films of a bundle's kind lie.

    Attributes:
        subject: What they show; pictures of another subject are foreign.
        folders: Folders in which its held-out films lie.
        elsewhere: Folders with films of the subject from elsewhere, as far as none is held out.
        not_foreign: Kinds of foreign picture that show its subject.
        other_kinds: Kinds of image that its reference was shown, and their folders, in the order in
            which `overread-train reference --unlike` was given them.
    """

    subject: str
    folders: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()
    not_foreign: tuple[str, ...] = ()
    other_kinds: tuple[tuple[str, str], ...] = ()


_T1, _FLAIR = "a T1-weighted slice with contrast medium", "a FLAIR slice"
HOMES = {
    "chest-pneumonia": Home("chest radiographs", ("chest",), ("chest-adult-rsna",)),
    "brain-tumour": Home(
        "brain MRI",
        ("brain", "brain-lgg"),
        ("brain-lgg",),
        other_kinds=(
            (_T1, "brain-types/glioma"),
            (_T1, "brain-types/meningioma"),
            (_T1, "brain-types/pituitary"),
            ("a T1- or T2-weighted slice", "brain-types/notumor"),
        ),
    ),
    "brain-tumour-type": Home(
        "brain MRI",
        ("brain-types",),
        other_kinds=((_FLAIR, "brain-lgg/tumour"), (_FLAIR, "brain-lgg/none")),
    ),
    "blood-cells": Home("blood cells", ("blood-cells",), (), ("blood-cell",)),
}


def add_data(command: argparse.ArgumentParser) -> None:
    """Declares the folder of data sets and that of the bundles."""
    command.add_argument("data", type=given_path, metavar="DATA", help="folder of the data sets")
    command.add_argument(
        "--models",
        type=given_path,
        default=MODELS,
        metavar="FOLDER",
        help="folder of bundles; default: the shipped ones",
    )


def bundles_with_reference(models: Path) -> Iterator[Bundle]:
    """The bundles of a folder that have a reference; says which have none."""
    for path in find_bundles(models):
        bundle = load_bundle(path)
        if bundle.manifest.reference is None:
            log(f"{bundle.name}: no reference")
        else:
            yield bundle


def held_out_films(bundle: Bundle, folder: Path) -> list[Path]:
    """The films of the test split that lie in a folder, wherever in it and however named.

    Args:
        bundle: The bundle.
        folder: The data it was trained on, or a part of them.
    """
    table = bundle.predictions()
    wanted = set(table.loc[table["split"] == "test", "image_id"])
    return [path for path in films.paths(folder) if file_sha256(path) in wanted]
