"""Times of the record: text in UTC to the microsecond, such as `2026-03-01T12:05:09.000000Z`."""

from __future__ import annotations

from datetime import UTC, datetime


def written(moment: datetime) -> str:
    """A time as it is stored.

    Raises:
        ValueError: If it has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("A time of the record must have a zone. Received one without.")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def now() -> str:
    """The time, as it is stored."""
    return written(datetime.now(UTC))


def read(text: str) -> datetime:
    """A stored time, in UTC.

    Raises:
        ValueError: If it is none.
    """
    return datetime.fromisoformat(text).astimezone(UTC)
