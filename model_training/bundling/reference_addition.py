"""Gives an older bundle a reference, or another one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import CARD, PICTURES
from app.core.bundles.manifest import FORMAT_WITH_REFERENCE
from model_training.bundling.card import figures_or_none
from model_training.bundling.card_revision import rewritten
from model_training.bundling.reference_files import sections, write_files
from model_training.bundling.revision import write_copy
from model_training.reference.build import Built


def add_reference(
    bundle: Bundle, built: Built, out: Path, *, not_tested: Sequence[str] = ()
) -> Bundle:
    """Writes a new version of a bundle that has a reference, with its card as of today.

    Args:
        bundle: The bundle, which is left as it is.
        built: The reference.
        out: Folder of the new version; must not exist.
        not_tested: What it was not tested on, for the card, one line each; empty to leave it.
    """
    card = rewritten(
        bundle.card(),
        bundle.manifest,
        figures_or_none(bundle.manifest, bundle.predictions()),
        refusals=[text for _, text in sections(built, bundle.manifest)],
        not_tested=not_tested,
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, built, bundle.predictions())
        (folder / CARD).write_text(card, encoding="utf-8")
        return write_copy(
            bundle,
            out,
            {path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder)},
            changes={"format": FORMAT_WITH_REFERENCE, "reference": built.section},
            without=(f"{PICTURES}/",),
        )


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
