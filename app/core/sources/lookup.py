"""From a row of the predictions table to the file it was computed from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.core.bundles.bundle import file_sha256
from app.core.errors import SourceError
from app.core.sources.folders import inside_root


def locate(
    image_id: str, path: str, *, data_root: Path | None, samples: Sequence[Path]
) -> Path | None:
    """The very file that was evaluated, or None where it is not found unchanged.

    It is looked for at `path` below `data_root`, then among `samples`. Only a file whose
    SHA-256 is `image_id` counts: another film under the same name would be shown with this
    one's truth and probability.
    """
    candidates = list(samples)
    if data_root is not None:
        try:
            candidates.insert(0, inside_root(data_root, path))
        except (SourceError, OSError, ValueError):
            pass  # Not below the root: the samples may still have it.
    return next((file for file in candidates if _has_digest(file, image_id)), None)


def _has_digest(file: Path, image_id: str) -> bool:
    try:
        return file.is_file() and file_sha256(file) == image_id
    except OSError:
        return False
