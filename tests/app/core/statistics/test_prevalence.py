from itertools import product
from math import isnan, sqrt

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import binom
from scipy.stats.contingency import relative_risk

from app.core.statistics.metrics import Proportion
from app.core.statistics.prevalence import Estimate, at_prevalence


def test_natural_frequencies_worked_by_hand():
    # Of 1,000 films 100 have it: 90 found, 10 missed. Of 900 without: 720 cleared, 180 alarms.
    there = at_prevalence(Proportion(90, 100), Proportion(80, 100), 0.1)

    assert there.found.value == pytest.approx(90)
    assert there.missed.value == pytest.approx(10)
    assert there.false_alarms.value == pytest.approx(180)
    assert there.cleared.value == pytest.approx(720)
    assert there.ppv.value == pytest.approx(90 / 270)
    assert there.npv.value == pytest.approx(720 / 730)
    low, high = Proportion(90, 100).interval()
    assert (there.missed.low, there.missed.high) == pytest.approx(
        (100 * (1 - high), 100 * (1 - low))
    )


def test_at_the_prevalence_of_the_test_the_values_are_those_of_its_table():
    there = at_prevalence(Proportion(45, 50), Proportion(120, 150), 50 / 200)

    assert there.ppv.value == pytest.approx(45 / (45 + 30))
    assert there.npv.value == pytest.approx(120 / (120 + 5))


@pytest.mark.parametrize("prevalence", [0.01, 0.3, 0.9])
@pytest.mark.parametrize(("found", "cleared"), [((27, 30), (31, 40)), ((3, 9), (55, 60))])
def test_limits_solve_the_equations_they_are_defined_by(found, cleared, prevalence):
    sensitivity, specificity = Proportion(*found), Proportion(*cleared)
    there = at_prevalence(sensitivity, specificity, prevalence)

    def likelihood_ratio(ppv):
        return ppv / (1 - ppv) * (1 - prevalence) / prevalence

    se, (se_low, se_high) = sensitivity.value, sensitivity.interval()
    fa = 1 - specificity.value
    fa_low, fa_high = (1 - limit for limit in reversed(specificity.interval()))
    low = brentq(
        lambda r: se - r * fa - sqrt((se - se_low) ** 2 + (r * (fa_high - fa)) ** 2), 0, se / fa
    )
    high = brentq(
        lambda r: r * fa - se - sqrt((se_high - se) ** 2 + (r * (fa - fa_low)) ** 2), se / fa, 1e4
    )
    assert likelihood_ratio(there.ppv.low) == pytest.approx(low)
    assert likelihood_ratio(there.ppv.high) == pytest.approx(high)


def test_large_samples_agree_with_the_risk_ratio_of_scipy():
    sensitivity, specificity = Proportion(1780, 2000), Proportion(2550, 3000)
    there = at_prevalence(sensitivity, specificity, 0.05)

    def ppv(ratio):
        return 0.05 * ratio / (0.05 * ratio + 0.95)

    def npv(ratio):
        return 0.95 / (0.95 + 0.05 * ratio)

    positive = relative_risk(1780, 2000, 450, 3000).confidence_interval()
    negative = relative_risk(220, 2000, 2550, 3000).confidence_interval()
    assert (there.ppv.low, there.ppv.high) == pytest.approx(
        (ppv(positive.low), ppv(positive.high)), abs=5e-4
    )
    assert (there.npv.low, there.npv.high) == pytest.approx(
        (npv(negative.high), npv(negative.low)), abs=5e-4
    )


@pytest.mark.parametrize(("se", "sp"), [(0.9, 0.8), (0.97, 0.6), (0.7, 0.98)])
def test_intervals_of_small_samples_cover_what_they_promise(se, sp):
    ill, well, prevalence = 25, 40, 0.1
    truth = at_prevalence(Proportion(round(1e6 * se), 10**6), Proportion(round(1e6 * sp), 10**6),
                          prevalence)  # fmt: skip
    covered = np.zeros(2)
    for found, cleared in product(range(ill + 1), range(well + 1)):
        chance = binom.pmf(found, ill, se) * binom.pmf(cleared, well, sp)
        if chance < 1e-7:
            continue
        there = at_prevalence(Proportion(found, ill), Proportion(cleared, well), prevalence)
        for place, name in enumerate(("ppv", "npv")):
            of, true = getattr(there, name), getattr(truth, name).value
            covered[place] += chance * (of.low - 1e-12 <= true <= of.high + 1e-12)
    assert (covered > 0.925).all()
    assert (covered <= 1 + 1e-9).all()


def test_none_missed_and_no_false_alarm_keep_an_interval():
    there = at_prevalence(Proportion(12, 12), Proportion(20, 20), 0.02)

    assert (there.ppv.value, there.ppv.high) == (1, 1)
    assert 0.01 < there.ppv.low < 0.25
    assert (there.npv.value, there.npv.high) == (1, 1)
    assert 0.98 < there.npv.low < 1
    assert there.missed.high == pytest.approx(20 * (1 - Proportion(12, 12).interval()[0]))


def test_what_cannot_be_said_is_not_a_number():
    never = at_prevalence(Proportion(0, 10), Proportion(20, 20), 0.1)
    assert isnan(never.ppv.value)
    assert isnan(never.ppv.low)
    assert never.missed == Estimate(
        pytest.approx(100), pytest.approx(100 * (1 - 0.2775), abs=0.01), 100
    )

    one_class = at_prevalence(Proportion(8, 10), Proportion(0, 0), 0.1)
    assert isnan(one_class.ppv.value)
    assert isnan(one_class.false_alarms.value)
    assert one_class.missed.value == pytest.approx(20)


@pytest.mark.parametrize("prevalence", [0, 1, -0.1, float("nan")])
def test_a_prevalence_that_is_none_is_refused(prevalence):
    with pytest.raises(ValueError, match="prevalence="):
        at_prevalence(Proportion(8, 10), Proportion(8, 10), prevalence)
