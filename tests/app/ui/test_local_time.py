from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.ui.local_time import in_zone

MOMENT = datetime(2026, 3, 1, 12, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", "2026-03-01 13:05:09 CET"),
        ("America/New_York", "2026-03-01 07:05:09 EST"),
        ("Asia/Kolkata", "2026-03-01 17:35:09 IST"),
        (None, "2026-03-01 12:05:09 UTC"),
        ("", "2026-03-01 12:05:09 UTC"),
        ("Mars/Olympus", "2026-03-01 12:05:09 UTC"),
        ("../../etc/passwd", "2026-03-01 12:05:09 UTC"),
    ],
)
def test_a_time_is_that_of_the_reader_and_names_its_zone(zone, expected):
    assert in_zone(MOMENT, zone) == expected


def test_a_time_of_another_zone_is_the_same_moment():
    other = MOMENT.astimezone(timezone(timedelta(hours=-8)))

    assert in_zone(other, "Europe/Berlin") == "2026-03-01 13:05:09 CET"
