"""A bundle without its reference, to compare with one that has it, or where only networks count."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.manifest import MANIFEST


def without_reference(bundle: Bundle, folder: Path) -> Bundle:
    """A copy that refuses nothing and returns no features.

    Args:
        bundle: The bundle.
        folder: The copy; does not exist yet.
    """
    shutil.copytree(bundle.path, folder)
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    content.pop("reference", None)
    (folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")
    return load_bundle(folder)
