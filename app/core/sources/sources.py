"""The images in files, folders, ZIP archives and at addresses, listed lazily.

Archives are not unpacked to disk. An input that cannot be opened is also a source: reading it
raises the reason, so every input keeps its row. Whatever is not an image is counted.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.core.errors import UnreadableImageError
from app.core.images.file_kinds import ZIP, kind_of
from app.core.sources import archive_listing, folder_listing, problems, remote
from app.core.sources.file_names import is_hidden, printable
from app.core.sources.left_out import LeftOut
from app.core.sources.outputs import Outputs
from app.core.sources.problems import Problem
from app.core.sources.recognition import (
    head_of,
    is_archive,
    problem_of,
    recognise_remote,
)
from app.core.sources.source import Source

_ARCHIVE_SUFFIX = ".zip"
# Treated as a path, so that the rules for links apply.
_LOCAL_PROTOCOL = "file://"


def from_paths(
    paths: Sequence[Path | str],
    left_out: LeftOut | None = None,
    *,
    outputs: Outputs | None = None,
) -> Iterator[Source]:
    """The images in files, folders, ZIP archives and at addresses, in the order given.

    A string with a protocol, such as `s3://bucket/folder`, is an address. A `Path` never is,
    because it reduces `//` to `/`. Remote folders are listed lazily.

    A file given explicitly is always a source, whatever its name. In folders and archives, images
    are recognised by content and are sources, in name order; hidden files are skipped. Links are
    followed.

    Inputs that cannot be read become sources with a problem, which cost only their own row: missing
    paths, folders without images, archives that are invalid, too large, nested or remote, volumes,
    unreachable addresses, and broken or circular links.

    Args:
        paths: Files, folders, archives and addresses; each yields at least one source.
        left_out: Counts the files that are not images, and hidden ones.
        outputs: What is being written meanwhile, which is not an input.

    Example:
        >>> sources = list(from_paths([Path("models/phantom-chest/samples/NORMAL")]))
        >>> len(sources), sources[0].path.name
        (12, 'phantom0095_1.png')
    """
    counted = left_out if left_out is not None else LeftOut()
    for path in paths:
        yield from _from_input(path, counted, outputs)


def below_root(root: Path, folder: Path, left_out: LeftOut | None = None) -> list[Source]:
    """The images in a folder, named by their path relative to the root.

    Args:
        root: The configured data root; links that leave it are not followed.
        folder: A folder inside it.
        left_out: Counts the files that are not images, and hidden ones.
    """
    base = root.resolve()
    skip = len(os.path.join(str(base), ""))
    found = folder_listing.images_in(
        folder.resolve(), left_out if left_out is not None else LeftOut(), limit=base
    )
    return [
        Source(
            printable(str(source.path)[skip:].replace(os.sep, "/")),
            source.path,
            problem=source.problem,
        )
        for source in found
    ]


def _from_input(given: Path | str, left_out: LeftOut, outputs: Outputs | None) -> Iterator[Source]:
    if isinstance(given, str) and given.startswith(_LOCAL_PROTOCOL):
        return _from_path(Path(given.removeprefix(_LOCAL_PROTOCOL)), left_out, outputs)
    if isinstance(given, str) and remote.is_address(given):
        return _from_address(given, left_out)
    return _from_path(Path(given), left_out, outputs)


def _from_path(path: Path, left_out: LeftOut, outputs: Outputs | None) -> Iterator[Source]:
    name = printable(str(path))
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        yield Source(name, path, problem=problems.NOT_FOUND)
        return
    except (OSError, ValueError) as error:
        yield Source(name, path, problem=problems.not_readable(error))
        return
    if stat.S_ISDIR(mode):
        found = folder_listing.images_in(path, left_out, outputs=outputs)
        yield from _or_empty(found, Source(name, path, problem=problems.NO_IMAGES))
    else:
        yield from from_file(path, left_out, name=name)


def from_file(path: Path, left_out: LeftOut, *, name: str) -> Iterator[Source]:
    """The images of a file that was chosen itself: one, or those of an archive.

    Args:
        path: The file.
        left_out: Counts members of an archive that are not images.
        name: Its name for display.
    """
    try:
        head = head_of(str(path))
    except (OSError, ValueError):  # reading it will say why
        head = b""
    if head and is_archive(name, head):
        yield from archive_listing.rows_of(path, left_out, name=name)
        return
    kind = kind_of(head)
    # Some documents are ZIP files that nobody calls archives; the decoder refuses them.
    problem = problem_of(kind) if kind is not None and kind is not ZIP else None
    yield Source(name, path, problem=problem)


def _from_address(address: str, left_out: LeftOut) -> Iterator[Source]:
    name = printable(remote.public_name(address))
    try:
        entry = remote.look_up(address)
    except UnreadableImageError as error:
        yield _unreachable(name, error)
        return
    if entry.is_folder:
        found = _from_remote_folder(entry.file, name, left_out)
    elif name.lower().endswith(_ARCHIVE_SUFFIX):
        found = iter([Source(name, None, problem=problems.REMOTE_ARCHIVE)])
    else:
        found = iter([Source(name, None, entry.file)])
    yield from _or_empty(found, Source(name, None, problem=problems.NO_IMAGES))


def _or_empty(found: Iterator[Source], empty: Source) -> Iterator[Source]:
    yield next(found, empty)
    yield from found


def _from_remote_folder(
    folder: remote.RemoteFile, name: str, left_out: LeftOut
) -> Iterator[Source]:
    """The images in a remote folder and its subfolders, each folder in name order."""
    pending = [(name.removesuffix("/"), _listed_at(folder, name))]
    while pending:
        place, listed = pending[-1]
        entry = next(listed, None)
        if entry is None:
            pending.pop()
        elif isinstance(entry, Source):
            yield entry
        elif is_hidden(entry.name):
            if entry.is_folder:
                left_out.add_hidden_folder()
            else:
                left_out.add(entry.name)
        elif entry.is_folder:
            inside = printable(f"{place}/{entry.name}")
            pending.append((inside, _listed_at(entry.file, inside)))
        else:
            yield from _from_remote_file(entry, printable(f"{place}/{entry.name}"), left_out)


def _from_remote_file(entry: remote.Entry, name: str, left_out: LeftOut) -> Iterator[Source]:
    if entry.name.lower().endswith(_ARCHIVE_SUFFIX):
        yield Source(name, None, entry.file, problems.NESTED_ARCHIVE)
        return
    found = recognise_remote(entry.name, entry.file.read_head)
    if found.what == "other":
        left_out.add(entry.name, found.kind)
    else:
        yield Source(name, None, entry.file, found.problem)


def _listed_at(folder: remote.RemoteFile, name: str) -> Iterator[remote.Entry | Source]:
    try:
        yield from remote.entries(folder)
    except UnreadableImageError as error:
        yield _unreachable(name, error)


def _unreachable(name: str, error: UnreadableImageError) -> Source:
    return Source(name, None, problem=Problem(error.code, str(error), refused=False))
