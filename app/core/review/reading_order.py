"""In which order films are read where the model is not shown first."""

from __future__ import annotations

import random
from collections.abc import Sequence

from app.core.record.worklist import Worklist
from app.core.record.worklist_items import NewItem


def in_reading_order(films: Sequence[NewItem], worklist: Worklist) -> list[NewItem]:
    """The films as they get their positions in a worklist.

    A folder often has its films sorted by class, and a run of one class tells a blind reader what
    comes next. So the films of a blind worklist are shuffled, always in the same way.

    Args:
        films: As they are listed.
        worklist: Where they are added.
    """
    if worklist.mode == "open":
        return list(films)
    return random.Random(worklist.id).sample(films, len(films))
