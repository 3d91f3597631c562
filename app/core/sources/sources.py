"""The images in files, folders, ZIP archives and at addresses, listed lazily.

Archives are not unpacked to disk. An input that cannot be opened is also a source: reading it
raises the reason, so every input keeps its row.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.core.errors import SourceError, UnreadableImageError
from app.core.sources import archives, problems, remote
from app.core.sources.file_names import is_hidden, is_image_name, is_visible_image, printable
from app.core.sources.folders import Entry, entries, leads_into
from app.core.sources.problems import Problem
from app.core.sources.source import Source

# A larger archive is a mistake or an attack; a folder of that size is fine.
MAX_ARCHIVE_BYTES = 20 * 1024**3

_ARCHIVE_SUFFIX = ".zip"
# Treated as a path, so that the rules for links apply.
_LOCAL_PROTOCOL = "file://"


def from_paths(paths: Sequence[Path | str]) -> Iterator[Source]:
    """The images in files, folders, ZIP archives and at addresses, in the order given.

    A string with a protocol, such as `s3://bucket/folder`, is an address. A `Path` never is,
    because it reduces `//` to `/`. Remote folders are listed lazily.

    A file given explicitly is always a source, whatever its name. In folders and archives, files
    with an image name are sources, in name order; hidden files are skipped.

    Inputs that cannot be read become sources with a problem, which cost only their own row: missing
    paths, folders without images, archives that are invalid, too large, nested or remote,
    unreachable addresses, and links that leave the folder.

    Args:
        paths: Files, folders, archives and addresses; each yields at least one source.

    Example:
        >>> sources = list(from_paths([Path("models/phantom-chest/samples/NORMAL")]))
        >>> len(sources), sources[0].path.name
        (12, 'phantom0095_1.png')
    """
    for path in paths:
        yield from _from_input(path)


def from_archive(path: Path, *, name: str) -> Iterator[Source]:
    """The images inside a ZIP archive, named `name/member`.

    Args:
        path: The archive.
        name: Its name for display.

    Raises:
        UnreadableArchiveError: If it is not a valid ZIP archive.
        SourceError: If its uncompressed size exceeds `MAX_ARCHIVE_BYTES`.
    """
    if not path.is_file():
        raise archives.UnreadableArchiveError("There is no ZIP archive at this path. Check it.")
    found = archives.members(path)
    total = sum(member.size for member in found)
    if total > MAX_ARCHIVE_BYTES:
        raise SourceError(
            f"The archive unpacks to {total / 1024**3:,.0f} GB; the maximum is "
            f"{MAX_ARCHIVE_BYTES // 1024**3} GB. If you trust it, unpack it and choose the "
            "folder."
        )
    for member in found:
        full_name = f"{name}/{member.name}"
        if is_visible_image(member.name):
            yield Source(full_name, path, member)
        elif member.name.lower().endswith(_ARCHIVE_SUFFIX) and not is_hidden(member.name):
            yield Source(full_name, path, member, problems.NESTED_ARCHIVE)


def archive_rows(path: Path, *, name: str) -> Iterator[Source]:
    """Like `from_archive`, but an archive that yields no image is a source with a problem.

    Args:
        path: The archive.
        name: Its name for display.
    """
    try:
        found = list(from_archive(path, name=name))
    except SourceError as error:
        is_damaged = isinstance(error, archives.UnreadableArchiveError)
        code = "damaged_archive" if is_damaged else "archive_too_large"
        yield Source(name, path, problem=Problem(code, str(error), refused=not is_damaged))
        return
    yield from found or [Source(name, path, problem=problems.NO_IMAGES)]


def below_root(root: Path, folder: Path) -> list[Source]:
    """The images in a folder, named by their path relative to the root.

    Args:
        root: The configured data root; links that leave it are not followed.
        folder: A folder inside it.
    """
    base = root.resolve()
    skip = len(os.path.join(str(base), ""))
    return [
        Source(
            printable(str(source.path)[skip:].replace(os.sep, "/")),
            source.path,
            problem=source.problem,
        )
        for source in _from_folder(folder.resolve(), limit=base)
    ]


def _from_input(given: Path | str) -> Iterator[Source]:
    if isinstance(given, str) and given.startswith(_LOCAL_PROTOCOL):
        return _from_path(Path(given.removeprefix(_LOCAL_PROTOCOL)))
    if isinstance(given, str) and remote.is_address(given):
        return _from_address(given)
    return _from_path(Path(given))


def _from_path(path: Path) -> Iterator[Source]:
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
        found = _from_folder(path, limit=path.resolve())
    elif stat.S_ISREG(mode) and path.suffix.lower() == _ARCHIVE_SUFFIX:
        found = archive_rows(path, name=name)
    else:
        found = iter([Source(name, path)])
    yield from _or_empty(found, Source(name, path, problem=problems.NO_IMAGES))


def _from_address(address: str) -> Iterator[Source]:
    name = printable(remote.public_name(address))
    try:
        entry = remote.look_up(address)
    except UnreadableImageError as error:
        yield _unreachable(name, error)
        return
    if entry.is_folder:
        found = _from_remote_folder(entry.file, name)
    elif name.lower().endswith(_ARCHIVE_SUFFIX):
        found = iter([Source(name, None, problem=problems.REMOTE_ARCHIVE)])
    else:
        found = iter([Source(name, None, entry.file)])
    yield from _or_empty(found, Source(name, None, problem=problems.NO_IMAGES))


def _or_empty(found: Iterator[Source], empty: Source) -> Iterator[Source]:
    yield next(found, empty)
    yield from found


def _from_remote_folder(folder: remote.RemoteFile, name: str) -> Iterator[Source]:
    """The images in a remote folder and its subfolders, each folder in name order."""
    pending = [(name.removesuffix("/"), _listed_at(folder, name))]
    while pending:
        place, listed = pending[-1]
        entry = next(listed, None)
        if entry is None:
            pending.pop()
        elif isinstance(entry, Source):
            yield entry
        elif not is_hidden(entry.name):
            inside = printable(f"{place}/{entry.name}")
            if entry.is_folder:
                pending.append((inside, _listed_at(entry.file, inside)))
            elif is_image_name(entry.name):
                yield Source(inside, None, entry.file)
            elif entry.name.lower().endswith(_ARCHIVE_SUFFIX):
                yield Source(inside, None, entry.file, problems.NESTED_ARCHIVE)


def _listed_at(folder: remote.RemoteFile, name: str) -> Iterator[remote.Entry | Source]:
    try:
        yield from remote.entries(folder)
    except UnreadableImageError as error:
        yield _unreachable(name, error)


def _unreachable(name: str, error: UnreadableImageError) -> Source:
    return Source(name, None, problem=Problem(error.code, str(error), refused=False))


def _from_folder(folder: Path, *, limit: Path) -> Iterator[Source]:
    """The images in a folder in name order; links only if their target is inside `limit`."""
    pending = [_listed(folder)]
    while pending:
        entry = next(pending[-1], None)
        if entry is None:
            pending.pop()
        elif isinstance(entry, Source):
            yield entry
        elif entry.is_link:
            yield from _from_link(entry, limit)
        elif entry.is_folder:
            pending.append(_listed(Path(entry.path)))
        elif is_image_name(entry.name):
            yield _source_at(entry.path)
        elif entry.name.lower().endswith(_ARCHIVE_SUFFIX):
            yield _source_at(entry.path, problems.NESTED_ARCHIVE)


def _listed(folder: Path) -> Iterator[Entry | Source]:
    try:
        yield from entries(folder)
    except OSError as error:
        yield _source_at(str(folder), problems.not_readable(error))


def _from_link(entry: Entry, limit: Path) -> Iterator[Source]:
    is_folder = os.path.isdir(entry.path)
    if not is_folder and not is_image_name(entry.name):
        return
    if not leads_into(entry.path, limit):
        yield _source_at(entry.path, problems.LINK_OUT)
    else:
        yield _source_at(entry.path, problems.LINK_TO_FOLDER if is_folder else None)


def _source_at(path: str, problem: Problem | None = None) -> Source:
    plain = Path(path)
    return Source(printable(str(plain)), plain, problem=problem)
