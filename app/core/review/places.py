"""Where the films of a worklist are: from a name in the record to a film that can be read."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Protocol

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import SAMPLES
from app.core.errors import SourceError
from app.core.record.worklist_items import Stamp
from app.core.sources import folder_listing, problems
from app.core.sources.file_names import printable
from app.core.sources.folders import inside_root, leads_into
from app.core.sources.left_out import LeftOut
from app.core.sources.recognition import head_of, recognise
from app.core.sources.source import Source
from app.core.sources.uploads import kept_sources

# Stands for each byte of a name that is not UTF-8, see `printable`.
_ESCAPE = "\\"


class Place(Protocol):
    """Where the films of a worklist are. Thread-safe."""

    def listed(self, left_out: LeftOut) -> list[Source]:
        """The films that are there now, named relative to the place, in order.

        Args:
            left_out: Counts what is not an image.
        """
        ...

    def source(self, name: str) -> Source:
        """A film, which may be gone; reading it says so then.

        Args:
            name: Relative to the place.
        """
        ...

    def stamp(self, name: str) -> Stamp | None:
        """The file as it is now; None if it is gone or cannot be reached.

        Args:
            name: Relative to the place.
        """
        ...


class FolderPlace:
    """A folder below the data root."""

    def __init__(self, root: Path | None, relative: str) -> None:
        """Looks at nothing yet.

        Args:
            root: The data root, which no link leaves; None if none is configured.
            relative: The folder, relative to it.
        """
        self._root = root
        self._relative = relative

    @cached_property
    def _folder(self) -> str | None:
        """The folder without links in its path; None if it is not there."""
        if self._root is None:
            return None
        try:
            return str(inside_root(self._root, self._relative))
        except SourceError:
            return None

    def listed(self, left_out: LeftOut) -> list[Source]:
        """See `Place`."""
        self.__dict__.pop("_folder", None)  # it may be there again
        folder, root = self._folder, self._root
        if folder is None or root is None:
            return []
        skip = len(os.path.join(folder, ""))
        found = folder_listing.images_in(Path(folder), left_out, limit=root.resolve())
        return [
            Source(_named(str(one.path)[skip:]), one.path, problem=one.problem) for one in found
        ]

    def source(self, name: str) -> Source:
        """See `Place`."""
        path = self._path(name)
        if path is None or self._root is None:
            return Source(name, None, problem=problems.NOT_FOUND)
        if not leads_into(path, self._root.resolve()):
            return Source(name, Path(path), problem=problems.LINK_OUT)
        problem = recognise(name, lambda: head_of(path)).problem
        return Source(name, Path(path), problem=problem)

    def stamp(self, name: str) -> Stamp | None:
        """See `Place`."""
        path = self._path(name)
        return None if path is None else stamp_of(path)

    def _path(self, name: str) -> str | None:
        if self._folder is None:
            return None
        if _ESCAPE in name and name in self._escaped:
            return self._escaped[name]
        return f"{self._folder}/{name}"

    @cached_property
    def _escaped(self) -> dict[str, str]:
        """Paths of the files whose name is not UTF-8, or holds what stands for such bytes."""
        return {one.name: str(one.path) for one in self.listed(LeftOut()) if _ESCAPE in one.name}


class SamplesPlace:
    """The sample films of a model."""

    def __init__(self, bundle: Bundle) -> None:
        """Looks at nothing yet.

        Args:
            bundle: The model.
        """
        self._folder = bundle.path / SAMPLES
        self._paths = {_named(str(path.relative_to(self._folder))): path for path in bundle.samples}

    def listed(self, left_out: LeftOut) -> list[Source]:
        """See `Place`."""
        return [Source(name, path) for name, path in self._paths.items()]

    def source(self, name: str) -> Source:
        """See `Place`."""
        path = self._paths.get(name)
        return Source(name, path, problem=None if path else problems.NOT_FOUND)

    def stamp(self, name: str) -> Stamp | None:
        """See `Place`."""
        path = self._paths.get(name)
        return None if path is None else stamp_of(str(path))


class UploadsPlace:
    """Uploads in the data folder."""

    def __init__(self, folder: Path) -> None:
        """Looks at nothing yet.

        Args:
            folder: Of this worklist alone.
        """
        self._folder = folder

    @cached_property
    def _sources(self) -> dict[str, Source]:
        return {one.name: one for one in kept_sources(self._folder, LeftOut())}

    def listed(self, left_out: LeftOut) -> list[Source]:
        """See `Place`."""
        self.__dict__.pop("_sources", None)  # more may have been uploaded
        return list(self._sources.values())

    def source(self, name: str) -> Source:
        """See `Place`."""
        return self._sources.get(name) or Source(name, None, problem=problems.NOT_FOUND)

    def stamp(self, name: str) -> Stamp | None:
        """See `Place`."""
        path = self.source(name).path
        return None if path is None else stamp_of(str(path))


def stamp_of(path: str) -> Stamp | None:
    """A file as it is now; None if it is gone or cannot be reached."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return Stamp(status.st_size, status.st_mtime_ns)


def _named(relative: str) -> str:
    return printable(relative.replace(os.sep, "/"))
