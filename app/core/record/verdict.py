"""What a reader says of a film; light to import, as it loads no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Agreement = Literal["agree", "disagree", "unsure"]
AGREEMENTS: tuple[Agreement, ...] = get_args(Agreement)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The current verdict on an image by a model; `agreement` is None for a comment alone.

    `created_at` is in UTC, and says so.
    """

    agreement: Agreement | None
    comment: str
    created_at: datetime
