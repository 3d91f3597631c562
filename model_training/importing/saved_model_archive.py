"""Unpacks a SavedModel that comes as a ZIP, as a browser sends folders, and nothing else of it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from model_training.importing import archives
from model_training.importing.refusal import NotImportedError

_GRAPH = "saved_model.pb"
# All that a network is made of; what else there is, such as assets, is for its training.
_PARTS = re.compile(rf"{_GRAPH}|variables/variables\.(index|data-\d{{5}}-of-\d{{5}})")


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A model file as it is; of a ZIP with one SavedModel in it, a folder with that.

    Args:
        path: Any model file.

    Raises:
        NotImportedError: If the archive is damaged, made to do harm, or has several SavedModels.
    """
    if path.is_dir() or not zipfile.is_zipfile(path):
        yield path
        return
    with zipfile.ZipFile(path) as archive:
        if not any(Path(name).name == _GRAPH for name in archive.namelist()):
            yield path
            return
        found = archives.members(archive, path.name)
        (folder,) = _folders(list(found), path.name)
        with TemporaryDirectory(prefix="overread-import-") as work:
            for name, info in found.items():
                inner = name.removeprefix(folder)
                if name.startswith(folder) and _PARTS.fullmatch(inner):
                    target = Path(work) / path.name / inner
                    target.parent.mkdir(parents=True, exist_ok=True)
                    archives.copy(archive, info, target, path.name)
            yield Path(work) / path.name


def _folders(names: list[str], archive: str) -> list[str]:
    """The folder in an archive that has the graph, ending in a slash unless it is the archive."""
    found = [
        name.removesuffix(_GRAPH) for name in names if name == _GRAPH or name.endswith(f"/{_GRAPH}")
    ]
    if len(found) != 1:
        raise NotImportedError(
            f"{archive} has {len(found)} SavedModels in it. Expected one: put a single folder with "
            f"{_GRAPH} into the archive."
        )
    return found
