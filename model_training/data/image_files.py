"""Image files below a folder, and which of them a table means by a name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from app.core.sources.file_names import IMAGE_SUFFIXES, is_image_name

HIDDEN = (".", "__MACOSX")


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One image as a folder or a table labels it; empty where nothing is said.

    Attributes:
        path: The file.
        name: Its path below the data folder, with `/`.
        label: As written there.
        patient: Patient.
        split: `train`, `val` or `test`.
        subgroup: Such as `bacteria`.
    """

    path: Path
    name: str
    label: str
    patient: str
    split: str
    subgroup: str


def images_below(folder: Path) -> list[Path]:
    """The image files anywhere below a folder, in name order; hidden ones are passed over."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if is_image_name(path.name)
        and path.is_file()
        and not any(part.startswith(HIDDEN) for part in path.relative_to(folder).parts)
    ]


def name_below(path: Path, folder: Path) -> str:
    """The path below the folder, with `/`; a path elsewhere as it is."""
    shown = path.relative_to(folder) if path.is_relative_to(folder) else path
    # A name that is not UTF-8 could not be written into the predictions table.
    return shown.as_posix().encode("utf-8", "backslashreplace").decode()


class ImageIndex:
    """Finds the file that a table names.

    A path, absolute or from the folder, is taken as it is. Where there is none, upper and lower
    case and the ending do not count; of a path from elsewhere the leading folders do not; and a
    name without folders is looked for in all of them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, name: str) -> list[Path]:
        """The images that the name fits: none, one, or several that it cannot tell apart."""
        plain = PurePosixPath(name.replace("\\", "/"))
        exact = self.folder / plain
        try:
            if exact.is_file():
                return [exact]
        except (OSError, ValueError):  # too long for a file name, or with a NUL byte
            return []
        parts = [part for part in plain.parts if part not in ("/", ".", "..")]
        if not parts:
            return []
        by_path, by_name = self._paths
        for start in range(len(parts)):
            found = by_path["/".join(parts[start:]).lower()]
            if found:
                return found
        return by_name[parts[0].lower()] if len(parts) == 1 else []

    @cached_property
    def images(self) -> list[Path]:
        """All images below the folder."""
        return images_below(self.folder)

    @cached_property
    def _paths(self) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
        """The images by path below the folder and by name, both in lower case."""
        by_path: dict[str, list[Path]] = defaultdict(list)
        by_name: dict[str, list[Path]] = defaultdict(list)
        for path in self.images:
            for index, key in (
                (by_path, name_below(path, self.folder).lower()),
                (by_name, name_below(path, path.parent).lower()),
            ):
                index[key].append(path)
                stem, dot, suffix = key.rpartition(".")
                if f"{dot}{suffix}" in IMAGE_SUFFIXES:
                    index[stem].append(path)
        return by_path, by_name
