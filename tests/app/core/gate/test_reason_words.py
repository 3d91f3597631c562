"""How many images were refused, and why, as a reader is told."""

from app.core.gate.reason_words import reasons_in_words


def test_codes_that_say_the_same_are_counted_together_and_the_most_frequent_comes_first():
    counts = {"turned_180": 1, "other_kind": 508, "turned_270": 2, "too_bright": 18, "inverted": 3}

    assert reasons_in_words(counts) == ("508 of another kind, 18 too bright, 3 inverted, 3 turned")
