"""What a worklist is: films under one model and one reading mode."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from app.core.images.reading import AS_STORED, ReadOptions

# `open`: the model is shown at once. `blind_first`: once a reader has made a call. `second_reader`:
# the same for each of several readers; where they differ, an adjudicator decides.
Mode = Literal["open", "blind_first", "second_reader"]
MODES: tuple[Mode, ...] = get_args(Mode)
# Where the images are from.
Origin = Literal["folder", "uploads", "samples"]
# Where the true class of a film is from: the name of its folder, or a table (`worklist_truth`).
Truth = Literal["folders", "table"]
TRUTHS: tuple[Truth, ...] = get_args(Truth)


@dataclass(frozen=True, slots=True)
class Worklist:
    """A worklist, without its films.

    Attributes:
        id: Random, and part of its address.
        name: As its maker chose it.
        origin: Where its images are from.
        place: The folder, relative to the data root; of uploads, that in the data folder.
        bundle_sha256: Digest of its model as it judges; it never changes.
        network_sha256: Digest of the bundle, without its adaptation.
        model: Name of the model's folder, to find it again.
        mode: How it is read.
        created_by: Number of the reader who made it; None if nobody is named.
        created_at: When, in UTC.
        is_closed: Whether nothing is to be read in it any more.
        threshold: A decision threshold in place of the model's, in [0, 1]; None for the model's.
        threshold_at: Since when, in UTC; None for the model's threshold.
        hides_names: Whether names of files are not shown.
        truth: Where the true class of its films is from; None if it is not known.
        truth_at: Since when, in UTC; None if it was never changed.
        reading: How those of its files are read that leave it open.
        readers: Numbers of those who may read it; empty for everybody.
    """

    id: str
    name: str
    origin: Origin
    place: str
    bundle_sha256: str
    network_sha256: str
    model: str
    mode: Mode
    created_by: int | None
    created_at: datetime
    is_closed: bool
    threshold: float | None = None
    threshold_at: datetime | None = None
    hides_names: bool = False
    truth: Truth | None = None
    truth_at: datetime | None = None
    reading: ReadOptions = AS_STORED
    readers: tuple[int, ...] = ()

    def is_for(self, reader_id: int | None) -> bool:
        """Whether somebody may read it.

        Args:
            reader_id: Number of the reader; None if nobody is named.
        """
        return not self.readers or reader_id in self.readers
