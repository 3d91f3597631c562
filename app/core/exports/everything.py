"""All of a worklist in one JSON file, for archives and other programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.core.exports.contents import Contents
from app.core.exports.rows import film_rows
from app.core.record import times
from app.core.record.shown import versions

# Grows when a field changes its meaning or goes.
FORMAT = 1


def everything(contents: Contents) -> bytes:
    """The worklist, its model with all digests, its films, and every entry with its hash.

    Entries that were taken back are there, too, so that what was is known, and the hash of each
    can be worked out again.
    """
    bundle = contents.bundle
    content = {
        "format": FORMAT,
        "note": "Research use only, not a medical device.",
        "taken_at": times.written(contents.taken_at),
        "versions": versions(),
        "worklist": asdict(contents.worklist),
        "model": {
            "name": bundle.name,
            "bundle_sha256": bundle.sha256,
            "network_sha256": bundle.network_sha256,
            "manifest": bundle.manifest.model_dump(mode="json", by_alias=True),
        },
        "films": film_rows(contents),
        "entries": [asdict(entry) for entry in contents.entries],
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, default=_written, indent=1)
    return text.encode("utf-8")


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return times.written(value)
    raise TypeError(f"{type(value).__name__} has no place in the file")
