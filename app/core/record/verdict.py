"""What a reader says of a film; light to import, as it loads no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

Agreement = Literal["agree", "disagree", "unsure"]
AGREEMENTS: tuple[Agreement, ...] = get_args(Agreement)
# How sure a reader may be, in words.
CONFIDENCES = {0.5: "possible", 0.75: "probable", 1.0: "sure"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader said of a film: a verdict, a call before the model was shown, or a mark.

    Attributes:
        agreement: Whether the reader agrees with the model; None without an answer.
        comment: Empty without one.
        created_at: When, in UTC.
        event: `verdict`, `call`, `adjudication`, `seen`, `reported`, or `clear` of one that
            withdraws an earlier verdict.
        number: Of its entry; 0 of one that is not in the record.
        reader: The reader's name then; empty if nobody is named.
        reader_id: The same, as known to the record.
        label: The class that the reader sees; None without an answer.
        confidence: How sure the reader is, in [0, 1].
        tags: What the reader ticked.
        regions: What the reader drew on the film, see `regions`.
        prediction: The class that the model predicted, if it was shown.
        reading_seconds: For how long the film was read.
        idle_seconds: For how long of it nothing was moved or pressed.
    """

    agreement: Agreement | None
    comment: str
    created_at: datetime
    event: str = "verdict"
    number: int = 0
    reader: str = ""
    reader_id: int | None = None
    label: str | None = None
    confidence: float | None = None
    tags: tuple[str, ...] = ()
    regions: tuple[Mapping[str, Any], ...] = ()
    prediction: str | None = None
    reading_seconds: float | None = None
    idle_seconds: float | None = None
