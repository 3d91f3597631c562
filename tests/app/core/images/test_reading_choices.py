"""The identity of an image read with choices, and what a second look adds to it."""

import hashlib

import pytest

from app.core.images.reading import AS_STORED, ReadOptions

DIGEST = "a" * 64


def test_identities_of_earlier_versions_are_kept():
    assert AS_STORED.image_id(DIGEST) == DIGEST
    expected = hashlib.sha256(f"{DIGEST} 2 None".encode()).hexdigest()
    assert ReadOptions(frame=2).image_id(DIGEST) == expected


def test_remedy_and_reason_are_part_of_the_identity():
    readings = [
        AS_STORED,
        ReadOptions(remedy="invert"),
        ReadOptions(remedy="turn_90"),
        ReadOptions(override="seen"),
        ReadOptions(override="seen by two"),
        ReadOptions(remedy="invert", override="seen"),
        ReadOptions(frame=1, remedy="invert"),
    ]
    assert len({reading.image_id(DIGEST) for reading in readings}) == len(readings)


@pytest.mark.parametrize("chosen", [{"remedy": "invert"}, {"override": "seen"}])
def test_a_second_look_is_never_taken_for_the_first(chosen):
    reading = ReadOptions(frame=3, **chosen)
    ids = reading.image_ids(DIGEST)

    assert reading.image_id(DIGEST) in ids
    assert ReadOptions(**chosen).image_id(DIGEST) in ids
    assert DIGEST not in ids
    assert reading.without_second_look == ReadOptions(frame=3)
