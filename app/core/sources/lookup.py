"""Finds the file behind a row of the predictions table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Literal
from unicodedata import normalize

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import SAMPLES, file_sha256, is_file
from app.core.errors import SourceError
from app.core.sources.folders import inside_root

# The film itself, or a small picture of it that the bundle ships.
Seen = Literal["film", "picture", "nothing"]


def locate(
    image_id: str, paths: Sequence[str], *, data_root: Path | None, samples: Sequence[Path]
) -> Path | None:
    """The file that was evaluated, or None if it is not found unchanged.

    It is searched at `paths` inside `data_root`, then among `samples`. Only a file whose SHA-256
    equals `image_id` is accepted; otherwise another film of the same name might be shown with this
    one's reference class and probability.

    Args:
        image_id: SHA-256 of the file.
        paths: Where it may lie, such as its path inside the trainer's data folder.
        data_root: The configured data root; None if there is none.
        samples: Sample images of the bundle.
    """
    candidates = [*_below(data_root, paths), *samples]
    return next((file for file in candidates if _has_digest(file, image_id)), None)


def to_be_seen(
    image_id: str, paths: Sequence[str], *, bundle: Bundle, data_root: Path | None
) -> Seen:
    """What there is to see of a film that was evaluated, without reading a file.

    A file below `data_root` counts by its name alone; only `locate` can tell that it was changed.

    Args:
        image_id: SHA-256 of the file.
        paths: Where it may lie, as for `locate`.
        bundle: Whose samples and small pictures are looked through.
        data_root: The configured data root; None if there is none.
    """
    files = bundle.manifest.files
    is_sample = any(
        digest == image_id for name, digest in files.items() if name.startswith(SAMPLES + "/")
    )
    if is_sample or any(is_file(file) for file in _below(data_root, paths)):
        return "film"
    return "picture" if bundle.picture(image_id) is not None else "nothing"


def _below(data_root: Path | None, paths: Sequence[str]) -> list[Path]:
    """Where a film would be inside the data root, by each way of writing its name."""
    if data_root is None:
        return []
    found = []
    # macOS writes the accents of a name in another way than the other systems.
    forms = ((path, normalize("NFD", path), normalize("NFC", path)) for path in paths)
    for form in dict.fromkeys(chain.from_iterable(forms)):
        try:
            found.append(inside_root(data_root, form))
        except (SourceError, OSError, ValueError):
            pass  # Not inside the root, but perhaps among the samples.
    return found


def _has_digest(file: Path, image_id: str) -> bool:
    try:
        return file.is_file() and file_sha256(file) == image_id
    except OSError:
        return False
