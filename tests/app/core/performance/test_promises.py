import numpy as np
import pytest

from app.core.bundles.decision_rule import Thresholds
from app.core.bundles.guarantee import Guarantee, ZonePromise
from app.core.bundles.task import Task
from app.core.performance.promises import missed_per_thousand, promises
from app.core.statistics.zones import find_clear_zone, find_zones

TASK = Task(title="Pneumonia", classes=("NORMAL", "PNEUMONIA"), positive="PNEUMONIA")


def decided(zones, decision=0.5):
    return Thresholds(
        decision=decision, uncertain_low=zones.low, uncertain_high=zones.high, rule="half",
        chosen_on="validation", guarantee=zones.guarantee,
    )  # fmt: skip


def test_older_bundles_promise_nothing():
    thresholds = Thresholds(
        decision=0.5, uncertain_low=0.4, uncertain_high=0.6, rule="half", chosen_on="validation"
    )

    assert promises(thresholds, TASK) == []


def test_both_zones_with_their_counts():
    labels = np.repeat([0, 1], 100)
    zones = find_zones(labels, np.linspace(0.01, 0.99, 200), decision=0.5)

    out, inside, how = promises(decided(zones), TASK)

    assert "at most 5 % of the films with PNEUMONIA" in out
    # 0 of 100: at most 1 - 0.025 ** (1 / 100) = 3.62 %, rounded up.
    assert "0 of 100 here; at most 3.7 %" in out
    # 0 of 200 at 2.5 %: 18.3 in 1,000, rounded up.
    assert "0 missed per 1,000 films, at most 19" in out
    assert "at least 90 % of the films above it have PNEUMONIA (0 of 100 here do not). " in inside
    # What the films above it show after they chose the edge is no bound; the promise is.
    assert "at most" not in inside
    assert "Both hold together with 95 % confidence" in how
    assert "200 films" in how


def test_a_zone_that_is_lacking_says_how_many_films_it_takes():
    zones = find_zones(np.repeat([0, 1], [84, 16]), np.linspace(0.01, 0.99, 100), decision=0.5)

    out, inside = promises(decided(zones), TASK)

    assert out.startswith("No rule-out zone")
    assert "About 350 more" in out
    # 1 - 0.025 ** (1 / 16) = 20.6 %.
    assert "16 positives cannot show less than 20.6 %" in out
    assert "About 163 more" in inside


def test_more_than_two_classes_have_a_clear_zone():
    zones = find_clear_zone(np.ones(200), np.linspace(0.4, 0.9, 200), error_rate=0.05)
    task = Task(title="Tumour", classes=("a", "b", "c"))

    clear, how = promises(decided(zones, 0.0), task)

    assert "at most 5 % of the predictions above it are wrong (0 of 200 wrong here" in clear
    assert how.startswith("This holds with 95 %")


def test_misses_per_thousand():
    promise = ZonePromise(promised=0.05, found=True, errors=2, of=50, bound=0.2, inside=30)
    guarantee = Guarantee(
        confidence=0.95, units=400, unit="film", positives=50, rule_out=promise, rule_in=promise,
        missed=2,
    )  # fmt: skip

    found, bound = missed_per_thousand(guarantee)

    assert found == 5.0
    # Clopper-Pearson for 2 of 400: 0.0006 to 0.0179.
    assert bound == pytest.approx(17.9, abs=0.1)
