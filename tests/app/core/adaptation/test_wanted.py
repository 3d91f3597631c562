import numpy as np
import pytest

from app.core.adaptation.wanted import (
    LabelCounts,
    Wanted,
    count_labels,
    labels_in_words,
    promised,
    proposal_in_words,
)
from app.core.statistics.zones import Units
from tests.app.core.adaptation.local_films import TASK


def test_a_patient_counts_once_and_as_positive_if_any_film_is():
    units = Units(np.array(["a", "a", "b", "c", "c"]), "patient")
    labels = [0, 1, 0, 1, 1]

    assert count_labels(labels, units, is_binary=True) == LabelCounts(3, 2, "patient")
    assert count_labels(labels, units, is_binary=False) == LabelCounts(3, 3, "patient")


def test_what_is_chosen_is_promised_and_the_rest_follows_from_the_counts():
    counts = LabelCounts(100, 16, "film")

    assert promised(Wanted(0.02, 0.99), counts, is_binary=True) == (0.02, 0.99)
    assert promised(Wanted(None, 0.99), counts, is_binary=True) == (0.21, 0.99)
    assert promised(Wanted(0.02, None), counts, is_binary=True) == (0.02, 0.75)


def test_a_part_of_the_films_is_tried_with_what_it_can_show():
    counts = LabelCounts(80, 9, "film")

    # 0.66 ** 9 = 0.0237 <= 0.025 < 0.67 ** 9.
    assert promised(Wanted(None, None), counts, is_binary=True, is_part=True).miss_rate == 0.34
    assert promised(Wanted(None, None), counts, is_binary=True).miss_rate == 0.25


@pytest.mark.parametrize(
    ("counts", "facts"),
    [
        # (72 - 16) * 100 / 16 = 350 more.
        (
            LabelCounts(100, 16, "film"),
            ["at most 21 %", "72 with PNEUMONIA are needed: about 350 more films"],
        ),
        (LabelCounts(100, 8, "patient"), ["too few", "at least 13", "about 800 more patients"]),
        (LabelCounts(50, 0, "film"), ["0 of 50 films", "too few"]),
        (LabelCounts(200, 80, "film"), ["at most 5 %", "at least 90 %"]),
    ],
)
def test_the_proposal_says_what_the_labels_can_show(counts, facts):
    words = proposal_in_words(counts, TASK)

    assert all(fact in words for fact in facts), words


def test_of_promises_that_are_chosen_it_is_said_how_many_labels_they_take():
    # 0.9 ** 36 = 0.0225 <= 0.025 < 0.9 ** 35; (36 - 16) * 100 / 16 = 125.
    words = labels_in_words(Wanted(0.10, 0.80), LabelCounts(100, 16, "film"), TASK)

    assert "at most 10 % of the films with PNEUMONIA are ruled out takes 36 with it" in words
    assert "16 of 100 films have it: about 125 more films like these" in words
    # 0.8 ** 17 = 0.0225.
    assert "at least 80 % of the films ruled in have it takes 17 films in that zone" in words
    enough = labels_in_words(Wanted(0.10, 0.80), LabelCounts(100, 40, "film"), TASK)
    assert "more films like these" not in enough
