"""Checks of an adaptation as they are kept beside it, and said."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import numpy as np
import pytest

from app.core.adaptation.check_words import headline, section, summary, worst
from app.core.adaptation.checking import Check, count_zones
from app.core.adaptation.fitting import Decision
from app.core.adaptation.folder import remove
from app.core.adaptation.holding_out import adapt_decision
from app.core.adaptation.storing_checks import as_stored, store_check
from app.core.adaptation.wanted import Wanted
from app.core.adaptation.writing import make_adaptation, write_adaptation
from app.core.bundles.adaptation_checks import CHECKS, read_checks
from app.core.bundles.bundle import load_bundle
from app.core.errors import BundleError, OverreadError
from tests.app.core.adaptation.local_films import local_films
from tests.app.views.light_bundles import BINARY, drawn_table, write_bundle


@pytest.fixture
def adapted(tmp_path):
    bundle = load_bundle(write_bundle(tmp_path, drawn_table(BINARY, per_class=4)))
    films = local_films(200, distance=9.0)
    base = Decision(bundle.manifest.calibration, bundle.manifest.thresholds)
    fitted = adapt_decision(films, base, bundle.manifest.task, Wanted())
    adaptation = make_adaptation(bundle, films, fitted, "Ward 3")
    return write_adaptation(tmp_path / "light@ward-3", adaptation, bundle, films, fitted)


def checked(bundle, number):
    films = local_films(number, distance=9.0)
    return as_stored(Check(films, 0, count_zones(films, np.zeros(number, bool), bundle)), bundle)


def test_checks_are_kept_beside_the_adaptation_which_stays_the_same(adapted):
    first, second = checked(adapted, 60), checked(adapted, 80)
    for one in (first, second, first):  # the same films again replace what was kept of them
        store_check(one, adapted)

    again = load_bundle(adapted.adapted_in)
    assert read_checks(again) == (second, first)
    assert again.sha256 == adapted.sha256
    assert sum(first.data.counts.values()) == 60
    assert len(first.data.fingerprint) == 64


def test_of_checks_that_end_at_the_same_time_each_is_kept(adapted):
    checks = [checked(adapted, number) for number in range(60, 68)]
    at_once = Barrier(len(checks))

    def store(one):
        at_once.wait()
        store_check(one, adapted)

    with ThreadPoolExecutor(len(checks)) as pool:
        list(pool.map(store, checks))

    kept = {one.data.fingerprint for one in read_checks(adapted)}
    assert kept == {one.data.fingerprint for one in checks}
    assert not list(adapted.adapted_in.glob("*.lock"))


def test_a_removed_adaptation_is_not_made_again_by_a_check_that_ends_later(adapted):
    found = checked(adapted, 60)
    remove(adapted)

    with pytest.raises(OverreadError, match=r"the adaptation 'light@ward-3' was removed meanwhile"):
        store_check(found, adapted)
    assert not adapted.adapted_in.exists()


def test_the_outcome_is_said_with_its_counts_and_intervals(adapted):
    found = checked(adapted, 60)
    task = adapted.manifest.task

    assert worst(found) == "kept"
    assert headline(found) == "Every promise is kept on these 60 other films."
    assert "Ruled out: films with Pneumonia that are missed 0.0 % (" in summary(found, task)
    assert summary(found, task) in section((found,), task)
    assert "Not checked on other films yet" in section((), task)


def test_checks_of_another_adaptation_in_the_same_folder_are_passed_over(adapted):
    store_check(checked(adapted, 60), adapted)

    assert read_checks(replace(adapted, sha256="0" * 64)) == ()


def test_a_damaged_file_is_told_and_not_written_over(adapted):
    (adapted.adapted_in / CHECKS).write_text('{"format": 2}')

    with pytest.raises(BundleError, match=r"checks\.json of 'light@ward-3' cannot be read"):
        store_check(checked(adapted, 60), adapted)
    assert (adapted.adapted_in / CHECKS).read_text() == '{"format": 2}'
