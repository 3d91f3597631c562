"""Regions come from a browser, so nothing of them is believed."""

import math

import pytest

from app.core.record.regions import checked_regions


def test_what_was_drawn_is_stored_to_a_tenth_of_a_pixel_and_nothing_else():
    drawn = [{"kind": "arrow", "points": [[0, -3.14159], [10, 2.55]], "label": "rib", "x": 1}]

    assert checked_regions(drawn) == (
        {"kind": "arrow", "points": [[0.0, -3.1], [10.0, 2.5]], "label": "rib"},
    )
    assert checked_regions([]) == ()


@pytest.mark.parametrize(
    "regions",
    [
        None, "line", {"kind": "line"}, [None], [{"kind": "star", "points": [[0, 0], [1, 1]]}],
        [{"kind": "line"}], [{"kind": "line", "points": [[0, 0]]}],
        [{"kind": "line", "points": [[0, 0], [1]]}],
        [{"kind": "line", "points": [[0, 0], [1, math.nan]]}],
        [{"kind": "line", "points": [[0, 0], [1, 1e9]]}],
        [{"kind": "line", "points": [[0, 0], [True, "1"]]}],
        [{"kind": "line", "points": [[0, 0], [1, 1]], "label": 5}],
        [{"kind": "line", "points": [[0, 0], [1, 1]], "label": "x" * 201}],
        [{"kind": "freehand", "points": [[0, 0]] * 2001}],
        [{"kind": "line", "points": [[0, 0], [1, 1]]}] * 101,
    ],
)  # fmt: skip
def test_what_is_no_region_is_refused(regions):
    with pytest.raises(ValueError, match=r"[Rr]egion"):
        checked_regions(regions)
