"""Knows what a run writes, so that it does not become an input of the same or the next run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

# Files beside the table while it is incomplete: the name of the table, and one of these.
_ENDINGS = (".partial", ".unfinished", ".unfinished-wal", ".unfinished-shm", ".lock")


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a run writes, possibly into a folder that it reads.

    Attributes:
        table: The table.
        heatmaps: The folder of overlays and evidence maps; None if none are drawn.
    """

    table: Path
    heatmaps: Path | None = None

    def is_unfinished(self, path: str) -> bool:
        """Whether a file belongs to the table while that is incomplete."""
        folder, name = os.path.split(path)
        is_named_so = any(name == self.table.name + ending for ending in _ENDINGS)
        return is_named_so and _is_same(Path(folder), self.table.parent)

    def is_heatmaps(self, folder: str) -> bool:
        """Whether a folder is that of the heatmaps."""
        return self.heatmaps is not None and _is_same(Path(folder), self.heatmaps)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them does not exist yet
        return False
