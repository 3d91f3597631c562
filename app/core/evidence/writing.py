"""Writes results without a model into a folder of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from app.core.bundles.bundle_files import PREDICTIONS
from app.core.errors import DatasetError, system_reason
from app.core.evidence.cases import Cases
from app.core.evidence.evidence import Evidence, load_evidence
from app.core.evidence.films import keep_films, with_films
from app.core.evidence.manifest import (
    EVIDENCE,
    EVIDENCE_FORMAT,
    SITE,
    EvidenceManifest,
    TableFile,
)
from app.core.evidence.table_files import Table
from app.core.sources.uploads import Upload
from app.core.spreadsheets import to_csv

# Films that belong to the folder, as those that were uploaded.
FILMS = "films"


def write_evidence(
    out: Path,
    cases: Cases,
    *,
    name: str,
    tables: Sequence[Table],
    films: Path | None = None,
    uploads: Sequence[Upload] = (),
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> Evidence:
    """Writes the folder under a hidden name, renames it, and loads it back.

    Args:
        out: The folder; must not exist.
        cases: The results.
        name: What they are called.
        tables: What they were read from.
        films: The folder of the films, which stays where it is; None without films.
        uploads: Films that become part of the folder, in place of `films`.
        watch: Is told how many films of how many were read.

    Raises:
        DatasetError: If the folder exists or cannot be written, or films are not found.
    """
    if out.exists():
        raise DatasetError(f"{out.name!r} exists already. Choose another name.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".evidence-", dir=out.parent))
        try:
            if uploads:
                keep_films(uploads, made / FILMS)
                films = made / FILMS
            manifest, predictions = _described(cases, name, tables, films, watch)
            if uploads:
                manifest = manifest.model_copy(update={"films": FILMS})
            text = json.dumps(manifest.model_dump(mode="json"), indent=2, ensure_ascii=False)
            (made / PREDICTIONS).write_bytes(predictions)
            (made / EVIDENCE).write_bytes(f"{text}\n".encode())
            load_evidence(made)
            os.chmod(made, 0o755)
            made.rename(out)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise DatasetError(
            f"The folder {out.name!r} cannot be written ({system_reason(error)}). Choose another "
            "place, or free space."
        ) from None
    return load_evidence(out)


def folder_name(name: str) -> str:
    """The name of the folder of results, from what they are called.

    Args:
        name: As somebody typed it.

    Returns:
        Empty if nothing is left that a folder can be called.
    """
    return re.sub(r"[^\w .,()+-]+", "_", name).strip(" .")[:60]


def _described(
    cases: Cases,
    name: str,
    tables: Sequence[Table],
    films: Path | None,
    watch: Callable[[int, int], None],
) -> tuple[EvidenceManifest, bytes]:
    """What is written of the results, and their predictions as CSV."""
    predictions, notes = cases.predictions, cases.notes
    if films is not None:
        found = with_films(predictions, films, watch=watch)
        predictions, notes = found.predictions, (*notes, *found.notes)
    sites = sorted(set(predictions[SITE]) - {""})
    content = to_csv(predictions).encode()
    manifest = EvidenceManifest(
        format=EVIDENCE_FORMAT,
        name=name,
        task=cases.task,
        kind=cases.kind,
        cuts=dict(cases.cuts),
        sites=tuple(sites) if len(sites) > 1 else (),
        films="" if films is None else str(films.absolute()),
        notes=notes,
        warnings=cases.warnings,
        tables=tuple(TableFile(name=one.name, sha256=one.sha256) for one in tables),
        date=date.today().isoformat(),
        version=version("overread"),
        files={PREDICTIONS: sha256(content).hexdigest()},
    )
    return manifest, content
