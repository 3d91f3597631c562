from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from app.core.adaptation.checking import check_promises, count_zones
from app.core.bundles.decision_rule import Calibration, Thresholds
from app.core.bundles.guarantee import Guarantee, ZonePromise
from app.core.errors import OverreadError
from app.core.networks.class_logits import class_logits
from tests.app.core.adaptation.local_films import local_films


def adapted(*, rule_out=0.1, rule_in=0.2, is_found=True):
    """Ruled out below a logit of -1, ruled in from 1 on."""
    low, high = 1 / (1 + np.exp(1)), 1 / (1 + np.exp(-1))
    promises = {
        name: ZonePromise(promised=rate, found=is_found, bound=1.0, errors=0, of=0, inside=0)
        for name, rate in (("rule_out", rule_out), ("rule_in", rule_in))
    }
    guarantee = Guarantee(confidence=0.95, units=100, unit="film", positives=50, **promises)
    thresholds = Thresholds(
        decision=0.5, uncertain_low=low if is_found else 0.0,
        uncertain_high=high if is_found else 1.0, rule="x", chosen_on="x", guarantee=guarantee,
    )  # fmt: skip
    calibration = Calibration(method="temperature", temperature=1.0, fitted_on="x")
    return SimpleNamespace(manifest=SimpleNamespace(thresholds=thresholds, calibration=calibration))


def films(negatives, positives):
    """Films with these logits, each of a patient of its own."""
    logits = np.array([*negatives, *positives], np.float64)
    found = local_films(len(logits))
    labels = np.r_[np.zeros(len(negatives), int), np.ones(len(positives), int)]
    return replace(found, logits=class_logits(logits[:, np.newaxis]), labels=labels)


def test_what_lies_in_each_zone_is_counted():
    # Of ten positives one is ruled out; ruled in are six positives and two negatives.
    given = films([-2] * 6 + [0, 0, 2, 2], [-2, 0, 0, 0] + [2] * 6)
    out, into = count_zones(given, np.zeros(20, bool), adapted())

    assert (out.errors.successes, out.errors.total) == (1, 10)
    assert (out.inside.successes, out.inside.total) == (7, 20)
    assert (into.errors.successes, into.errors.total) == (2, 8)
    assert (into.inside.successes, into.inside.total) == (8, 20)
    assert (out.verdict, into.verdict) == ("kept", "by chance")  # 10 % of 10 %; 25 % of 20 %


def test_a_refused_film_lies_in_no_zone_but_counts():
    given = films([-2, -2], [-2, 2])
    out, into = count_zones(given, np.array([True, False, True, True]), adapted())

    assert (out.errors.successes, out.errors.total) == (0, 2)
    assert out.inside.successes == 1
    assert into.verdict == "no films"


def test_a_promise_is_broken_only_beyond_chance():
    few, many = (films([-2] * 10, [-2] * number + [2] * number) for number in (1, 20))

    assert count_zones(few, np.zeros(12, bool), adapted())[0].verdict == "by chance"
    assert count_zones(many, np.zeros(50, bool), adapted())[0].verdict == "not kept"


def test_without_a_zone_nothing_is_kept_or_broken():
    zones = count_zones(films([-2], [2]), np.zeros(2, bool), adapted(is_found=False))

    assert [one.verdict for one in zones] == ["no zone", "no zone"]


def test_a_model_that_is_not_adapted_has_nothing_to_check(engine):
    with pytest.raises(OverreadError, match="not adapted to a place"):
        check_promises(engine, [])
