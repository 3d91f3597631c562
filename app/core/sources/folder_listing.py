"""Lists the images in a local folder and its subfolders."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.core.sources import problems
from app.core.sources.file_names import has_image_ending, printable
from app.core.sources.folders import Entry, entries, leads_into
from app.core.sources.left_out import LeftOut
from app.core.sources.outputs import Outputs
from app.core.sources.problems import Problem
from app.core.sources.recognition import head_of, recognise
from app.core.sources.source import Source

# Identifies a folder, by whatever path it is reached.
_Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Open:
    """A folder that is being listed."""

    identity: _Identity | None
    rest: Iterator[Entry | Source]


def images_in(
    folder: Path,
    left_out: LeftOut,
    *,
    limit: Path | None = None,
    outputs: Outputs | None = None,
) -> Iterator[Source]:
    """The images in a folder in name order, and a row for whatever cannot be one.

    Links are followed like what they lead to, as `find -L` does. One that leads back to a folder it
    is in has a row that says so.

    Args:
        folder: The folder.
        left_out: Counts files that are not images.
        limit: A folder, without links in its path, out of which no link is followed; None if links
            may lead anywhere.
        outputs: What is being written meanwhile, which is passed over.
    """
    opened = [_Open(_identity(folder), _list(folder))]
    while opened:
        entry = next(opened[-1].rest, None)
        if entry is None:
            opened.pop()
        elif isinstance(entry, Source):
            yield entry
        elif entry.is_hidden:
            _count_hidden(entry, left_out)
        elif entry.is_link and limit is not None and not leads_into(entry.path, limit):
            yield _source_at(entry.path, problems.LINK_OUT)
        elif not _is_folder(entry):
            if outputs is None or not outputs.is_unfinished(entry.path):
                yield from _from_file(entry, left_out)
        elif outputs is not None and outputs.is_heatmaps(entry.path):
            left_out.add_heatmaps_folder()
        else:
            identity = _identity(entry.path)
            if identity is not None and any(identity == one.identity for one in opened):
                yield _source_at(entry.path, problems.LINK_CYCLE)
            else:
                opened.append(_Open(identity, _list(Path(entry.path))))


def _from_file(entry: Entry, left_out: LeftOut) -> Iterator[Source]:
    problem = problems.NOT_A_FILE if entry.is_special else None
    if entry.is_link:
        problem = _problem_of_link(entry.path)
    if problem is problems.NOT_A_FILE and not has_image_ending(entry.name):
        left_out.add(entry.name, "pipe, socket or device")
        return
    if problem is not None:
        yield _source_at(entry.path, problem)
        return
    found = recognise(entry.name, lambda: head_of(entry.path))
    if found.what == "other":
        left_out.add(entry.name, found.kind)
    else:
        yield _source_at(entry.path, found.problem)


def _problem_of_link(path: str) -> Problem | None:
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return problems.BROKEN_LINK
    except OSError as error:
        return problems.LINK_TO_ITSELF if error.errno == errno.ELOOP else None
    return None if stat.S_ISREG(mode) else problems.NOT_A_FILE


def _count_hidden(entry: Entry, left_out: LeftOut) -> None:
    if entry.is_folder:
        left_out.add_hidden_folder()
    else:
        left_out.add(entry.name)


def _is_folder(entry: Entry) -> bool:
    return entry.is_folder or (entry.is_link and os.path.isdir(entry.path))


def _identity(path: Path | str) -> _Identity | None:
    """None if the system does not tell, as where the folder is gone."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _list(folder: Path) -> Iterator[Entry | Source]:
    try:
        yield from entries(folder)
    except OSError as error:
        yield _source_at(str(folder), problems.not_readable(error))


def _source_at(path: str, problem: Problem | None = None) -> Source:
    plain = Path(path)
    return Source(printable(str(plain)), plain, problem=problem)
