"""Whole films and films with a part cut off, as points."""

import numpy as np
import pytest

from app.core.adaptation.cropped_probes import CUT_REFUSED, REFUSED, CutFilms, fit_cropped_probes
from app.core.gate.fault_probes import FaultProbes
from app.core.gate.reference import Reference

SIZE = 12
FAULTS = ("cropped_top", "cropped_left")


def line(*places, sign=1.0):
    found = np.zeros(SIZE, np.float32)
    found[list(places)] = sign
    return found


def reference(offset=-3.0):
    """Says `inverted` by the last feature, and of the first two that a part is missing."""
    weights = np.stack([line(11), line(0), line(1)])
    return Reference(
        mean=np.zeros(SIZE, np.float32),
        scale=np.ones(SIZE, np.float32),
        components=np.eye(SIZE, dtype=np.float32)[:2],
        variances=np.ones(2, np.float32),
        limits=np.full(2, 100, np.float32),
        probes=FaultProbes(
            ("inverted", *FAULTS), weights, np.array([-6, offset, offset], np.float32),
            np.full(3, 1.0, np.float32),
        ),
        ranges=None,
        sample=np.zeros((0, 2), np.float16),
    )  # fmt: skip


def place(num_films=120, *, framed=0.0, cut=5.0, seed=0):
    """Films of a place; `framed` moves whole ones in the direction that means cropped at home.

    There a missing part shows in other features, 2 and 3.
    """
    random = np.random.default_rng(seed)
    whole = random.normal(size=(num_films, SIZE)) + framed * line(0)
    copies = np.stack([whole + cut * line(2), whole + cut * line(3)], axis=1)
    units = np.array([f"film {number}" for number in range(num_films)])
    return CutFilms(FAULTS, np.float32(whole), np.float32(copies), units, np.array([], np.str_))


def test_whole_films_of_the_place_are_known_and_cropped_ones_are_found():
    found = fit_cropped_probes(place(framed=2.5), reference(), 1.0, seed=0)
    new = place(400, framed=2.5, seed=1)
    before, after = reference().probes, reference().probes.with_others(found.probes)

    def named(probes, features):
        return np.mean([bool(one) for one in probes.names_of(features, np.zeros(len(features)))])

    assert named(before, new.whole) > 0.25
    assert named(after, new.whole) < 0.05
    assert named(before, new.cut[:, 1]) < 0.45
    assert named(after, new.cut[:, 1]) > 0.85
    assert after.name(new.whole[0] + 60 * line(11), 0.0) == "inverted"
    # What is said of films held out is what happens.
    refused, cut = found.figures
    assert (refused.name, cut.name) == (REFUSED, CUT_REFUSED)
    assert refused.before.total == 120
    assert cut.before.total == 240
    assert refused.after.value == pytest.approx(named(after, new.whole), abs=0.04)
    assert cut.after.value == pytest.approx(named(after, new.cut.reshape(-1, SIZE)), abs=0.06)


def test_probes_that_find_fewer_cropped_films_are_not_used():
    """Nothing tells these copies from whole films but what the bundle goes by."""
    films = place(cut=0.0)
    copies = films.cut + np.float32(6) * np.stack([line(0), line(1)])
    found = fit_cropped_probes(
        CutFilms(FAULTS, films.whole, copies, films.units, films.beyond), reference(), 1.0, seed=0
    )

    assert found.probes is None
    assert found.figures[1].after == found.figures[1].before


def test_films_beyond_the_limit_count_as_refused_before_and_after():
    films = place()
    beyond = np.array([f"far {number}" for number in range(30)])
    far = CutFilms(FAULTS, films.whole, films.cut, films.units, beyond)
    (near, near_cut), (found, cut) = (
        fit_cropped_probes(one, reference(), 1.0, seed=0).figures for one in (films, far)
    )

    assert found.before.total == found.after.total == 150
    assert found.before.successes == near.before.successes + 30
    assert found.after.successes == near.after.successes + 30
    assert cut == near_cut


def test_a_closer_limit_refuses_all_films():
    far = place(framed=2.5)
    near = fit_cropped_probes(far, reference(), 1.0, seed=0)
    closer = reference()
    object.__setattr__(closer, "limits", np.full(2, 1e-3, np.float32))
    found = fit_cropped_probes(far, closer, 1.5, seed=0)

    assert near.figures[0].before.value < 1
    assert found.figures[0].before.value == found.figures[0].after.value == 1
    assert found.probes is None
