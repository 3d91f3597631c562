"""Times in the zone of the reader's browser, which need not be that of the server."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import streamlit as st


def shown(moment: datetime) -> str:
    """A time for the reader, such as `2026-03-01 13:05:09 CET`; in UTC if the zone is unknown.

    Args:
        moment: With a zone.
    """
    return in_zone(moment, st.context.timezone)


def in_zone(moment: datetime, zone: str | None) -> str:
    """A time in a zone, with the name of the zone.

    Args:
        moment: With a zone.
        zone: Such as `Europe/Berlin`; None, or one that is not known here, is UTC.
    """
    try:
        local = moment.astimezone(ZoneInfo(zone) if zone else UTC)
    except (KeyError, ValueError, OSError):  # the name comes from the browser
        local = moment.astimezone(UTC)
    return f"{local:%Y-%m-%d %H:%M:%S %Z}"
