"""The benchmark of the folder's comparison, on a reference of known films."""

import numpy as np
import pytest

from app.core.images import decoding
from app.core.statistics.metrics import Proportion
from benchmarks import shift
from tests.app.core.gate.samples import films


def test_halves_of_one_reference_do_not_differ(bundle):
    rows = shift.home_folders(bundle, films(200, seed=0, a_patient=2), 5)

    assert [row.alarms.total for row in rows] == [5, 5, 5]
    assert all(row.is_met for row in rows)


def test_a_home_folder_may_alarm_once_in_twenty_and_others_must():
    home = [shift.Row("b", "w", Proportion(n, 40), is_home=True).is_met for n in (2, 3)]
    other = [shift.Row("b", "w", Proportion(n, 40), is_home=False).is_met for n in (39, 40)]

    assert (home, other) == ([True, False], [False, True])


def test_changed_films_keep_what_is_not_changed(film):
    less = decoding.decode(shift.cropped(film)).pixels
    again = decoding.decode(shift.recompressed(film)).pixels

    assert less == pytest.approx(film[7:-7, 10:-10])
    assert again.shape == film.shape
    assert 0 < np.abs(again.astype(int) - film).mean() < 5
