"""Which bundles and adaptations a folder holds, and what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from app.core.bundles.adaptation import ADAPTATION, parse_adaptation
from app.core.bundles.bundle_files import is_file
from app.core.bundles.manifest import MANIFEST
from app.core.errors import BundleError


def find_bundles(folder: Path) -> list[Path]:
    """Folders directly inside `folder` that hold a bundle or an adaptation, in name order."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".")
        and (is_file(path / MANIFEST) or is_file(path / ADAPTATION))
    )


def shown_names(paths: Sequence[Path]) -> list[str]:
    """The names of bundles or adaptations as shown, with the folder where several have one name.

    Args:
        paths: Their folders, as returned by `find_bundles`.
    """
    names = [shown_name(path) for path in paths]
    times = Counter(names)
    return [
        name if times[name] == 1 else f"{name} ({path.name})"
        for name, path in zip(names, paths, strict=True)
    ]


def shown_name(path: Path) -> str:
    """The name of a bundle or an adaptation as shown, without checking its files.

    Args:
        path: Its folder, as returned by `find_bundles`.
    """
    if is_file(path / MANIFEST):
        return path.name
    try:
        adaptation = parse_adaptation((path / ADAPTATION).read_bytes(), path.name)
    except (BundleError, OSError):
        return path.name
    return f"{adaptation.bundle}, adapted to {adaptation.place}"
