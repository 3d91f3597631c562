"""Finds the file behind a row of the predictions table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unicodedata import normalize

from app.core.bundles.bundle_files import file_sha256
from app.core.errors import SourceError
from app.core.sources.folders import inside_root


def locate(
    image_id: str, path: str, *, data_root: Path | None, samples: Sequence[Path]
) -> Path | None:
    """The file that was evaluated, or None if it is not found unchanged.

    It is searched at `path` inside `data_root`, then among `samples`. Only a file whose SHA-256
    equals `image_id` is accepted; otherwise another film of the same name might be shown with this
    one's reference class and probability.

    Args:
        image_id: SHA-256 of the file.
        path: Its path inside the trainer's data folder.
        data_root: The configured data root; None if there is none.
        samples: Sample images of the bundle.
    """
    candidates = list(samples)
    if data_root is not None:
        # macOS writes the accents of a name in another way than the other systems.
        for form in dict.fromkeys((normalize("NFC", path), normalize("NFD", path), path)):
            try:
                candidates.insert(0, inside_root(data_root, form))
            except (SourceError, OSError, ValueError):
                pass  # Not inside the root, but perhaps among the samples.
    return next((file for file in candidates if _has_digest(file, image_id)), None)


def _has_digest(file: Path, image_id: str) -> bool:
    try:
        return file.is_file() and file_sha256(file) == image_id
    except OSError:
        return False
