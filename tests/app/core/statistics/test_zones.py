import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binomtest, norm

from app.core.statistics.zones import Units, find_clear_zone, find_zones, in_every_view


def separated(num_negative, num_positive):
    """Scores of negatives below 0.4 and of positives above 0.6, each apart from the next."""
    scores = np.r_[np.linspace(0.1, 0.4, num_negative), np.linspace(0.6, 0.9, num_positive)]
    return np.r_[np.zeros(num_negative, int), np.ones(num_positive, int)], scores


def test_perfect_scores_leave_nothing_to_be_read():
    zones = find_zones(*separated(80, 80), decision=0.5)
    rule_out, rule_in = zones.guarantee.rule_out, zones.guarantee.rule_in

    assert (zones.low, zones.high) == (0.5, 0.5)
    assert (rule_out.errors, rule_out.of, rule_out.inside) == (0, 80, 80)
    assert (rule_in.errors, rule_in.of, rule_in.inside) == (0, 80, 80)
    # One-sided, at half of 5 %: 1 - 0.025 ** (1 / 80).
    assert rule_out.bound == pytest.approx(1 - 0.025 ** (1 / 80))
    assert rule_in.bound == 0.1  # the promise: any other would forget how the edge was chosen
    assert rule_out.more == rule_in.more == 0
    assert zones.guarantee.missed == 0


def test_the_lower_edge_is_that_of_wilks():
    labels, scores = separated(10, 150)
    # 3 of 150 missed: P(Bin(150, 0.05) <= 3) = 0.0552 > 0.025; 2: 0.0186.
    assert binomtest(2, 150, 0.05, "less").pvalue <= 0.025 < binomtest(3, 150, 0.05, "less").pvalue
    zones = find_zones(labels, scores, decision=0.95)

    third = np.sort(scores[labels == 1])[2]
    assert scores[labels == 1][1] < zones.low < third
    assert zones.guarantee.rule_out.errors == 2
    assert zones.guarantee.rule_out.inside == 12
    assert zones.guarantee.missed == 2


def test_the_upper_edge_admits_as_many_errors_as_the_test_allows():
    # From the top: 84 positives, then negatives only.
    labels = np.r_[np.zeros(60, int), np.ones(84, int)]
    scores = np.linspace(0.01, 0.99, 144)
    zones = find_zones(labels, scores, decision=0.0)

    # Two sizes to begin at, 42 and 84, at 1.25 % each.
    allowed = [binomtest(e, 84 + e, 0.1, "less").pvalue <= 0.0125 for e in range(6)]
    errors = allowed.index(False) - 1
    assert errors > 0
    assert zones.guarantee.rule_in.errors == errors
    assert zones.guarantee.rule_in.of == 84 + errors
    assert (scores >= zones.high).sum() == 84 + errors


def test_the_zone_may_begin_with_an_error_if_a_larger_one_passes():
    labels = np.r_[np.zeros(60, int), np.ones(99, int), 0]
    zones = find_zones(labels, np.linspace(0.01, 0.99, 160), decision=0.0)

    assert zones.guarantee.rule_in.found
    assert zones.guarantee.rule_in.errors >= 1


def test_too_few_positives_have_no_rule_out_zone_and_are_told_how_many_are_lacking():
    labels, scores = separated(84, 16)
    zones = find_zones(labels, scores, decision=0.5)
    rule_out, rule_in = zones.guarantee.rule_out, zones.guarantee.rule_in

    assert (zones.low, zones.high) == (0.0, 1.0)
    assert not rule_out.found
    # 72 positives are needed, 16 are there, among 100 films: 56 * 100 / 16.
    assert rule_out.more == 350
    assert not rule_in.found
    # 100 films have two sizes to begin at, so 42 positives are needed: 100 * 42 / 16 - 100.
    assert rule_in.more == 163


def test_no_number_of_films_helps_where_errors_are_too_frequent():
    labels = np.tile([1, 0], 200)
    zones = find_zones(labels, np.linspace(0.1, 0.9, 400), decision=0.5)

    # The film at the very top is negative, the next positive: half of any zone is wrong.
    assert not zones.guarantee.rule_in.found
    assert zones.guarantee.rule_in.more is None


def test_one_class_only():
    only_negative = find_zones(np.zeros(100, int), np.linspace(0, 1, 100), decision=0.5).guarantee
    assert not only_negative.rule_out.found
    assert only_negative.rule_out.more is None
    assert not only_negative.rule_in.found
    only_positive = find_zones(np.ones(100, int), np.linspace(0, 1, 100), decision=0.5).guarantee
    assert only_positive.rule_in.found


def test_nothing_at_all():
    zones = find_zones([], [], decision=0.5)

    assert (zones.low, zones.high, zones.guarantee.units) == (0.0, 1.0, 0)


def test_equal_scores_are_in_one_zone():
    labels = np.r_[np.zeros(100, int), np.ones(100, int), np.zeros(30, int)]
    scores = np.r_[np.full(100, 0.2), np.full(130, 0.8)]
    zones = find_zones(labels, scores, decision=0.5)

    # 30 of 130 films at 0.8 are wrong: it is all of them or none.
    assert not zones.guarantee.rule_in.found
    assert zones.guarantee.rule_out.errors == 0


def test_each_patient_is_counted_once():
    labels, scores = separated(80, 80)
    units = np.array([f"p{number}" for number in range(160)])
    once = find_zones(labels, scores, decision=0.5, units=Units(units))
    threefold = find_zones(
        np.tile(labels, 3), np.tile(scores, 3), decision=0.5, units=Units(np.tile(units, 3))
    )

    assert once == threefold
    assert once.guarantee.units == 160


def test_the_seed_draws_the_film_of_a_patient():
    random = np.random.default_rng(0)
    labels = np.repeat(random.integers(0, 2, 200), 3)
    scores = np.clip(labels * 0.4 + random.uniform(0, 0.6, 600), 0, 1)
    units = np.repeat([f"p{number}" for number in range(200)], 3)
    first, again, other = (
        find_zones(labels, scores, decision=0.5, units=Units(units), seed=seed)
        for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


def test_each_edge_is_that_of_the_view_with_the_smallest_zone():
    labels, scores = separated(80, 80)
    # In the darker view, the lowest positives lie among the negatives; in the other, the reverse.
    darker, brighter = scores.copy(), scores.copy()
    darker[80:90] = 0.2
    brighter[70:80] = 0.85
    views = [find_zones(labels, view, decision=0.5) for view in (scores, darker, brighter)]
    zones = in_every_view(views)

    assert zones.low == views[1].low < 0.5
    assert zones.high == views[2].high > 0.5
    assert zones.guarantee.rule_out == views[1].guarantee.rule_out
    assert zones.guarantee.rule_in == views[2].guarantee.rule_in
    assert zones.guarantee.views == 3


def test_a_zone_that_one_view_lacks_is_lacking():
    few, many = (
        find_zones(*separated(80, 20), decision=0.5),
        find_zones(*separated(80, 80), decision=0.5),
    )
    zones = in_every_view([many, few])

    assert not zones.guarantee.rule_in.found
    assert (zones.low, zones.high) == (0.0, 1.0)


def test_inputs_are_not_changed():
    labels, scores = separated(80, 80)
    copies = labels.copy(), scores.copy()
    find_zones(labels, scores, decision=0.5)

    assert (labels == copies[0]).all()
    assert (scores == copies[1]).all()


def test_the_clear_zone_of_several_classes():
    correct = np.r_[np.zeros(50, int), np.ones(150, int)]
    zones = find_clear_zone(correct, np.linspace(0.3, 0.99, 200), error_rate=0.05)
    clear = zones.guarantee.rule_in

    assert zones.low == 0.0
    assert clear.found
    assert clear.errors >= 1
    assert binomtest(clear.errors, clear.of, 0.05, "less").pvalue <= 0.05
    assert zones.guarantee.rule_out is None


@pytest.mark.parametrize("wrong", [{"confidence": 1.0}, {"miss_rate": 0.0}, {"precision": 1.0}])
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="between 0 and 1"):
        find_zones(*separated(80, 80), decision=0.5, **wrong)


def test_promises_are_kept_in_at_least_94_of_100_draws():
    """Binormal scores, of which every rate is known; `benchmarks.zones` has more of these."""
    random, kept, exceeded, draws = np.random.default_rng(0), 0, 0, 500
    for _ in range(draws):
        labels = (random.random(300) < 0.4).astype(int)
        logits = random.normal(np.where(labels, 1.2, -1.2), 1.0)
        zones = find_zones(labels, expit(logits), decision=0.5)
        low, high = (np.log(edge / (1 - edge)) if 0 < edge < 1 else edge for edge in
                     (zones.low, zones.high))  # fmt: skip
        missed = norm.cdf(low, 1.2) if zones.guarantee.rule_out.found else 0.0
        true, false = 0.4 * norm.sf(high, 1.2), 0.6 * norm.sf(high, -1.2)
        precision = true / (true + false) if zones.guarantee.rule_in.found else 1.0
        kept += missed <= 0.05 and precision >= 0.90
        exceeded += missed > zones.guarantee.rule_out.bound
        assert zones.guarantee.rule_in.bound in (0.1, 1.0)

    assert kept >= 0.94 * draws
    # The bound of the miss rate is exceeded in 2.5 % of the draws, though these chose the edge.
    assert binomtest(exceeded, draws, 0.025).pvalue > 0.01
