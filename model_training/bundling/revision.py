"""New versions of a bundle: copies in which some files differ."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.bundle_files import file_sha256
from app.core.bundles.manifest import MANIFEST
from app.core.errors import BundleError


def write_copy(
    bundle: Bundle,
    out: Path,
    contents: Mapping[str, str | bytes],
    *,
    changes: Mapping[str, Any] | None = None,
    without: Sequence[str] = (),
) -> Bundle:
    """Writes a copy of a bundle with some of its files replaced or added, and checks it.

    Args:
        bundle: The bundle, which is left as it is.
        out: Folder of the copy; must not exist.
        contents: New content by file name.
        changes: Entries of the manifest that differ.
        without: Beginnings of the names of files that are left out.

    Raises:
        BundleError: If it is not a bundle, but an adaptation of one.
    """
    if bundle.adaptation is not None:
        raise BundleError(
            f"{bundle.name!r} is an adaptation, which has no versions of its own. Choose its "
            f"bundle {bundle.manifest.name!r}, and adapt the new version."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as folder:
        work = Path(folder) / "bundle"
        kept = {
            name: digest
            for name, digest in bundle.manifest.files.items()
            if not name.startswith(tuple(without))
        }
        for name in kept:
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(bundle.path / name, work / name)
        for name, content in contents.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            as_bytes = content.encode("utf-8") if isinstance(content, str) else content
            (work / name).write_bytes(as_bytes)
        files = kept | {name: file_sha256(work / name) for name in contents}
        manifest = bundle.manifest.model_copy(
            update={**(changes or {}), "files": dict(sorted(files.items()))}
        )
        (work / MANIFEST).write_text(
            json.dumps(manifest.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8"
        )
        load_bundle(work)
        work.rename(out)
    return load_bundle(out)
