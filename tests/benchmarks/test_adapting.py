import numpy as np

from app.core.bundles.decision_rule import Thresholds
from benchmarks import adapting
from tests.app.core.adaptation.local_films import BASE, local_films


def test_what_lies_in_the_zones_is_counted():
    thresholds = Thresholds(
        decision=0.5, uncertain_low=0.3, uncertain_high=0.7, rule="half", chosen_on="validation"
    )
    score = np.array([0.1, 0.2, 0.5, 0.8, 0.9])
    positive = np.array([False, True, True, False, True])

    rule_out, rule_in = adapting._zones(score, positive, thresholds)

    assert rule_out == (1, 3, 0.4)
    assert rule_in == (1, 2, 0.4)


def test_few_films_have_no_zone_and_no_promise_is_refuted(capsys):
    drawn = [
        adapting._draw(local_films(200), BASE, adapting.Wanted(), 40, seed) for seed in range(3)
    ]
    zones = [one[0] for one in drawn]

    assert zones == [None, None, None]
    assert not adapting._print("rule-out", [], 0.05, zones)
    assert "| 0 of 3 | 0 of 0 | 0 of 0 | none | none |" in capsys.readouterr().out


def test_a_promise_that_is_broken_in_most_draws_is_refuted():
    broken = [(30, 100, 0.5)] * 5

    assert adapting._print("rule-out", broken, 0.05, broken)
