"""Image files below a folder, and which of them a table refers to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import unquote

from app.core.bundles.bundle import CaseSplit
from app.core.sources import folder_listing
from app.core.sources.file_names import IMAGE_SUFFIXES, is_image_name
from app.core.sources.left_out import LeftOut
from model_training.data.spelling import composed

HIDDEN = (".", "__MACOSX")

# What is known of one finding in one image: present (1), absent (0), or nothing (None).
Presence = Literal[0, 1] | None


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One image as labelled by a folder or a table; empty where nothing is given.

    Attributes:
        path: The file.
        name: Path relative to the data folder, with `/`.
        label: As written there.
        patient: Patient.
        split: `train`, `val` or `test`.
        subgroup: Kind of image that is reported on its own.
        findings: What is known of each finding: present (1), absent (0) or nothing (None); empty
            where the image has a label instead.
    """

    path: Path
    name: str
    label: str
    patient: str
    split: CaseSplit
    subgroup: str
    findings: tuple[Presence, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelledImages:
    """What a folder or a table says of its images.

    Attributes:
        images: The images.
        notes: Remarks for the reader.
        findings: Names of the findings; empty where each image belongs to one class.
        column: The column that the labels are from; empty where there is not one alone.
    """

    images: list[LabelledImage]
    notes: list[str]
    findings: tuple[str, ...] = ()
    column: str = ""


def images_below(folder: Path, left_out: LeftOut | None = None) -> list[Path]:
    """The images anywhere below a folder, by name, recognised and found as the app does it.

    Args:
        folder: The folder; links are followed, hidden files are not listed.
        left_out: Counts what is not an image or cannot be read as one.
    """
    counted = left_out if left_out is not None else LeftOut()
    images = []
    for source in folder_listing.images_in(folder, counted):
        if source.problem is not None:
            counted.add(source.name, source.problem.code.replace("_", " "))
        elif source.path is not None:
            images.append(source.path)
    return images


def name_below(path: Path, folder: Path) -> str:
    """Path relative to the folder, with `/`; a path elsewhere is unchanged.

    Args:
        path: A file.
        folder: The data folder.
    """
    shown = path.relative_to(folder) if path.is_relative_to(folder) else path
    # A name that is not UTF-8 could not be written into the predictions table.
    return shown.as_posix().encode("utf-8", "backslashreplace").decode()


class ImageIndex:
    """Finds the file that a table refers to.

    A path, absolute or relative to the folder, is used as it is. If there is no such file, case,
    extension and ways to encode an accent are ignored; leading folders of a path from elsewhere are
    ignored; a name without folders is searched in all folders; and `%20` is a blank.
    """

    def __init__(self, folder: Path, images: list[Path] | None = None) -> None:
        """Prepares the search.

        Args:
            folder: The data folder.
            images: The images in it that may be found; None for all.
        """
        self.folder = folder
        self._given = images

    def find(self, name: str) -> list[Path]:
        """The images that match the name: none, one, or several if it is ambiguous."""
        plain = PurePosixPath(name.replace("\\", "/"))
        if (listed := self._listed.get(plain.as_posix())) is not None:
            return [listed]
        exact = self.folder / plain
        try:
            may_be = "." in plain.name or len(plain.parts) > 1 or is_image_name(plain.name)
            if may_be and exact.is_file():
                return [exact]
        except (OSError, ValueError):  # too long for a file name, or with a NUL byte
            return []
        found = self._search(plain)
        return found or (self._search(PurePosixPath(unquote(str(plain)))) if "%" in name else [])

    def _search(self, plain: PurePosixPath) -> list[Path]:
        parts = [_key(part) for part in plain.parts if part not in ("/", ".", "..")]
        if not parts:
            return []
        by_path, by_name = self._paths
        for start in range(len(parts)):
            if found := by_path.get("/".join(parts[start:])):
                return found
        return by_name.get(parts[0], []) if len(parts) == 1 else []

    @cached_property
    def images(self) -> list[Path]:
        """The images that may be found."""
        return images_below(self.folder) if self._given is None else self._given

    @cached_property
    def _listed(self) -> dict[str, Path]:
        """The images by path relative to the folder."""
        return {name_below(path, self.folder): path for path in self.images}

    @cached_property
    def _paths(self) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
        """The images by path relative to the folder and by name, both as `_key`."""
        by_path: dict[str, list[Path]] = defaultdict(list)
        by_name: dict[str, list[Path]] = defaultdict(list)
        for path in self.images:
            for index, key in (
                (by_path, _key(name_below(path, self.folder))),
                (by_name, _key(name_below(path, path.parent))),
            ):
                index[key].append(path)
                stem, dot, suffix = key.rpartition(".")
                if f"{dot}{suffix}" in IMAGE_SUFFIXES:
                    index[stem].append(path)
        return by_path, by_name


def _key(name: str) -> str:
    """What spellings of a file name have in common: case, and the encoding of accents."""
    return composed(name).lower()
