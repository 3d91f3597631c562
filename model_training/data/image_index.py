"""Which images, or which folders of images, a table refers to."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from app.core.sources.file_names import image_ending, is_image_name
from model_training.data.image_files import images_below, name_below
from model_training.data.spelling import composed


class ImageIndex:
    """Finds the file or the folder that a table refers to.

    A path, absolute or relative to the folder, is used as it is. If there is no such file, case,
    extension and ways to encode an accent are ignored; leading folders of a path from elsewhere are
    ignored; a name, or a path that lacks leading folders, is searched in all folders; and `%20` is
    a blank.
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
        plain = _plain(name)
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

    def find_below(self, name: str) -> list[list[Path]]:
        """The images below each folder that the name may be that of: none, one, or several."""
        parts = _keys(_plain(name))
        whole, by_end = self._folders
        for start in range(len(parts)):
            if (folder := "/".join(parts[start:])) in whole:
                return [whole[folder]]
        return [whole[folder] for folder in sorted(by_end.get("/".join(parts), set()))]

    def _search(self, plain: PurePosixPath) -> list[Path]:
        parts = _keys(plain)
        whole, by_end = self._files
        for start in range(len(parts)):
            if found := whole.get("/".join(parts[start:])):
                return found
        return by_end.get("/".join(parts), [])

    @cached_property
    def images(self) -> list[Path]:
        """The images that may be found."""
        return images_below(self.folder) if self._given is None else self._given

    @cached_property
    def _listed(self) -> dict[str, Path]:
        """The images by path relative to the folder."""
        return {name_below(path, self.folder): path for path in self.images}

    @cached_property
    def _files(self) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
        """The images by path relative to the folder, and by each end of that, with `_key`."""
        whole: dict[str, list[Path]] = defaultdict(list)
        by_end: dict[str, list[Path]] = defaultdict(list)
        for path in self.images:
            parts = [_key(part) for part in PurePosixPath(name_below(path, self.folder)).parts]
            for start in range(len(parts)):
                key = "/".join(parts[start:])
                ending = image_ending(key)
                names = [key, key.removesuffix(ending)] if ending else [key]
                for each in names:
                    by_end[each].append(path)
                    if not start:
                        whole[each].append(path)
        return whole, by_end

    @cached_property
    def _folders(self) -> tuple[dict[str, list[Path]], dict[str, set[str]]]:
        """The images below each folder, and the folders by each end of their path, with `_key`."""
        whole: dict[str, list[Path]] = defaultdict(list)
        by_end: dict[str, set[str]] = defaultdict(set)
        for path in self.images:
            parts = [_key(part) for part in PurePosixPath(name_below(path, self.folder)).parts[:-1]]
            for end in range(1, len(parts) + 1):
                folder = "/".join(parts[:end])
                whole[folder].append(path)
                if len(whole[folder]) == 1:
                    for start in range(end):
                        by_end["/".join(parts[start:end])].add(folder)
        return whole, by_end


def _plain(name: str) -> PurePosixPath:
    return PurePosixPath(name.replace("\\", "/"))


def _keys(plain: PurePosixPath) -> list[str]:
    return [_key(part) for part in plain.parts if part not in ("/", ".", "..")]


def _key(name: str) -> str:
    """What spellings of a file name have in common: case, and the encoding of accents."""
    return composed(name).lower()
