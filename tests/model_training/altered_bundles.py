"""Bundles that differ from another in what their tables say."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.bundle_files import PREDICTIONS, file_sha256
from app.core.bundles.manifest import MANIFEST


def altered(
    bundle: Bundle,
    folder: Path,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    *,
    split: pd.DataFrame | None = None,
) -> Bundle:
    """A copy in `folder`, named like it, with other predictions and, if given, a `split.csv`."""
    shutil.copytree(bundle.path, folder)
    change(bundle.predictions()).to_csv(folder / PREDICTIONS, index=False)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["name"] = folder.name
    manifest["files"][PREDICTIONS] = file_sha256(folder / PREDICTIONS)
    if split is not None:
        split.to_csv(folder / "split.csv", index=False)
        manifest["files"]["split.csv"] = file_sha256(folder / "split.csv")
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return load_bundle(folder)
