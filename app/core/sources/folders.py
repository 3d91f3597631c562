"""Lists local folders, and confines paths to a root folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from app.core.errors import SourceError, system_reason
from app.core.sources.file_names import is_hidden, printable


class Entry(NamedTuple):
    """A file, folder or link inside a folder.

    Attributes:
        name: Its name.
        path: Its path.
        is_link: Whether it is a symbolic link.
        is_folder: Whether it is a folder; False for a link to one.
        is_special: Whether it is a pipe, a socket or a device; False for a link to one.
        is_hidden: Whether its name says that it is not meant to be seen.
    """

    name: str
    path: str
    is_link: bool
    is_folder: bool
    is_special: bool
    is_hidden: bool


def entries(folder: Path) -> Iterator[Entry]:
    """The content of a folder, in name order.

    Only the names of remaining entries are held in memory: folders may have 100,000 files.

    Raises:
        OSError: At the first entry, if the folder cannot be listed.
    """
    names, links, folders, special = [], set(), set(), set()
    with os.scandir(folder) as found:
        for entry in found:
            names.append(entry.name)
            if entry.is_symlink():
                links.add(entry.name)
            elif entry.is_dir(follow_symlinks=False):
                folders.add(entry.name)
            elif not entry.is_file(follow_symlinks=False):
                special.add(entry.name)
    names.sort(reverse=True)
    while names:
        name = names.pop()
        path = os.path.join(folder, name)
        yield Entry(name, path, name in links, name in folders, name in special, is_hidden(name))


def inside_root(root: Path, relative: str) -> Path:
    """Resolves a path inside `root`, including `..` and links.

    Args:
        root: The folder that must not be left.
        relative: Path relative to it, possibly from an untrusted user.

    Raises:
        SourceError: If the path is outside the root or does not exist.
    """
    try:
        path = (root / relative).resolve()
        is_inside = path.is_relative_to(root.resolve())
        is_there = is_inside and path.exists()
    except (OSError, RuntimeError, ValueError):
        # Circular link, name too long, NUL byte, folder without permission.
        is_inside, is_there = True, False
    if not is_inside:
        raise SourceError("That folder is outside the configured data root. Choose one inside it.")
    if not is_there:
        raise SourceError("That folder does not exist in the data root. Choose another.")
    return path


def subfolders(root: Path, relative: str) -> list[str]:
    """Names of the folders directly inside, without hidden ones and links that leave the root.

    Names that are not valid UTF-8 are omitted, because browsers cannot send them back.

    Args:
        root: The folder that must not be left.
        relative: Path of the folder to list, relative to `root`.

    Raises:
        SourceError: If the path is outside the root, is not a folder, or cannot be read.
    """
    folder = inside_root(root, relative)
    try:
        found = list(entries(folder))
    except OSError as error:
        raise SourceError(
            f"That folder cannot be listed ({system_reason(error)}). Choose another."
        ) from None
    base = root.resolve()
    return [
        entry.name
        for entry in found
        if not entry.is_hidden
        and entry.name == printable(entry.name)
        and os.path.isdir(entry.path)
        and (not entry.is_link or leads_into(entry.path, base))
    ]


def leads_into(link: str, folder: Path) -> bool:
    """Whether the target of a link is inside a folder.

    Args:
        link: The link.
        folder: The folder, without links in its own path.
    """
    return Path(os.path.realpath(link)).is_relative_to(folder)
