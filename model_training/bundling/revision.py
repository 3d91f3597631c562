"""New versions of a bundle: copies in which some files differ."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from app.core.bundles.bundle import Bundle, file_sha256, load_bundle
from app.core.bundles.manifest import MANIFEST


def write_copy(bundle: Bundle, out: Path, texts: Mapping[str, str]) -> Bundle:
    """Writes a copy of a bundle with some of its texts replaced or added, and checks it.

    Args:
        bundle: The bundle, which is left as it is.
        out: Folder of the copy; must not exist.
        texts: New content by file name.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as folder:
        work = Path(folder) / "bundle"
        for name in bundle.manifest.files:
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(bundle.path / name, work / name)
        for name, text in texts.items():
            (work / name).write_text(text, encoding="utf-8")
        files = dict(bundle.manifest.files)
        files |= {name: file_sha256(work / name) for name in texts}
        manifest = bundle.manifest.model_copy(update={"files": dict(sorted(files.items()))})
        (work / MANIFEST).write_text(
            json.dumps(manifest.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8"
        )
        load_bundle(work)
        work.rename(out)
    return load_bundle(out)
