import numpy as np
import pytest

from app.core.bundles.decision_rule import Calibration
from app.core.networks.class_logits import class_logits
from app.core.statistics.calibration import expected_calibration_error, sigmoid, softmax
from app.core.statistics.calibration_fitting import calibrate, fit_temperature
from app.core.statistics.recalibration import calibrated
from app.core.statistics.zones import Units
from model_training.evaluation.decision_fitting import choose_thresholds, heatmap_scale


def two_classes(positive):
    positive = np.asarray(positive, float)
    return np.stack([1 - positive, positive], axis=1)


def test_decision_by_hand():
    # Positives at 0.35 and from 0.6 up, negatives up to 0.3 and at 0.7.
    scores = [0.1, 0.2, 0.3, 0.7, 0.35, 0.6, 0.8, 0.9]
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])

    thresholds = choose_thresholds(two_classes(scores), labels)

    # Calling from 0.325 up finds 4 of 4 and clears 3 of 4; elsewhere the worse share is lower,
    # or as low with fewer found.
    assert thresholds.decision == pytest.approx(0.325)
    assert thresholds.chosen_on == "validation"


def test_eight_films_can_promise_nothing_and_the_thresholds_say_what_is_lacking():
    thresholds = choose_thresholds(
        two_classes([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9]), np.repeat([0, 1], 4)
    )

    assert (thresholds.uncertain_low, thresholds.uncertain_high) == (0.0, 1.0)
    assert not thresholds.rules_out
    assert not thresholds.rules_in
    # 10 % missed take 36 positives, of which 4 are there; so 32 more, and as many negatives.
    assert thresholds.guarantee.rule_out.more == 64


def test_a_perfect_separation_has_no_uncertain_zone():
    thresholds = choose_thresholds(two_classes(np.linspace(0.01, 0.99, 100)), np.repeat([0, 1], 50))

    assert (thresholds.uncertain_low, thresholds.decision, thresholds.uncertain_high) == (
        pytest.approx(0.5), pytest.approx(0.5), pytest.approx(0.5)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("positives", "promised"),
    # 183 films can show 2 %, 72 can show 5 %, and 36 10 %; twice as many are asked for.
    [(40, 0.1), (143, 0.1), (144, 0.05), (365, 0.05), (366, 0.02)],
)
def test_more_films_promise_more(positives, promised):
    labels = np.repeat([0, 1], [50, positives])
    scores = two_classes(np.linspace(0.01, 0.99, len(labels)))

    guarantee = choose_thresholds(scores, labels).guarantee

    assert guarantee.rule_out.promised == promised
    assert guarantee.rule_out.found
    assert guarantee.rule_in.promised == pytest.approx(promised)


def test_films_of_a_patient_are_counted_once():
    labels = np.repeat([0, 1], 200)
    scores = two_classes(np.linspace(0.01, 0.99, 400))
    units = Units(np.repeat(np.arange(80), 5).astype(str))

    guarantee = choose_thresholds(scores, labels, units=units).guarantee

    assert (guarantee.units, guarantee.unit, guarantee.positives) == (80, "patient", 40)
    assert guarantee.rule_out.of == 40
    assert guarantee.rule_out.promised == 0.1


def test_zone_is_ordered_around_the_decision_whatever_the_scores():
    generator = np.random.default_rng(0)
    for _ in range(50):
        labels = np.append([0, 1], generator.integers(0, 2, 60))
        scores = sigmoid(generator.normal(labels * generator.uniform(-1, 3), 1))

        thresholds = choose_thresholds(two_classes(scores), labels)

        assert thresholds.uncertain_low <= thresholds.decision <= thresholds.uncertain_high


def test_three_classes_are_clear_where_errors_are_rare():
    # 40 errors below 0.6, 360 correct predictions above.
    confidence = np.r_[np.linspace(0.4, 0.59, 40), np.linspace(0.61, 0.99, 360)]
    shares = np.stack([confidence, *[(1 - confidence) / 2] * 2], axis=1)
    labels = np.repeat([1, 0], [40, 360])

    thresholds = choose_thresholds(shares, labels)

    # 400 films could show 2 % (149 at 5 % level, twice); from 0.61 on not one is wrong.
    assert thresholds.guarantee.rule_in.promised == 0.02
    assert thresholds.guarantee.rule_in.of >= 360
    assert 0.5 < thresholds.uncertain_high < 0.61
    assert (thresholds.decision, thresholds.uncertain_low) == (0.0, 0.0)
    assert thresholds.guarantee.rule_out is None


def clear_of(correct):
    """The clear zone of predictions that are less and less certain."""
    confidence = np.linspace(0.99, 0.4, len(correct))
    shares = np.stack([confidence, *[(1 - confidence) / 2] * 2], axis=1)
    return choose_thresholds(shares, np.where(correct, 0, 1)).guarantee.rule_in


def test_where_the_strictest_promise_is_not_shown_the_next_is():
    # 130 films could show 5 %, of which 69 at three fifths of 5 % are asked for without an error,
    # and 10 %, of which 44 at two fifths, shared by two starts: the 60th is wrong.
    correct = np.ones(130, bool)
    correct[[59, 95, 110, 120, 125, 129]] = False

    found = clear_of(correct)

    assert found.found
    assert found.promised == 0.10
    assert found.of >= 88
    correct[59] = True
    assert clear_of(correct).promised == 0.05


def test_of_two_promises_that_share_the_level_the_one_that_is_made_holds():
    random = np.random.default_rng(0)
    broken, made = 0, set()
    for _ in range(300):
        scores = random.random(137)
        # Wrong answers are twice as frequent at the lowest score as on average.
        correct = random.random(137) > 0.2 * (1 - scores)
        shares = np.stack([(1 + scores) / 2, *[(1 - scores) / 4] * 2], axis=1)
        thresholds = choose_thresholds(shares, np.where(correct, 0, 1))
        clear = thresholds.guarantee.rule_in
        lowest = 2 * thresholds.uncertain_high - 1
        made.add(clear.promised if clear.found else None)
        broken += bool(clear.found and 0.2 * (1 - lowest) / 2 > clear.promised)

    assert made >= {0.05, 0.10}
    assert broken <= 15


def test_three_films_of_three_classes_are_never_clear():
    thresholds = choose_thresholds(np.eye(3), np.arange(3))

    assert not thresholds.rules_in
    assert thresholds.guarantee.rule_in.more > 0


def test_a_separated_validation_split_does_not_lead_to_certainty():
    # Four films a class at logits of -2 and 2, and one more of each on the wrong side:
    # 4 of 5 are right where sigmoid(2 / T) = 4 / 5, so T = 2 / ln 4.
    logits = class_logits(np.repeat([-2.0, 2.0], 4)[:, None])
    labels = np.repeat([0, 1], 4)

    found = calibrate(logits, labels)

    assert found == Calibration(
        method="temperature", temperature=round(2 / np.log(4), 4), fitted_on="validation"
    )
    assert fit_temperature(logits, labels) == 0.05  # what would be believed without the two


def test_a_separated_split_of_three_classes():
    # One film a class is right, and one more is taken for the class in second place.
    logits = np.array([[3.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, 3.0]])

    temperature = calibrate(logits, np.arange(3)).temperature

    shares = softmax(logits[0] / temperature)
    # Half are of the first and half of the second class; the temperature balances the means.
    assert shares @ logits[0] == pytest.approx((3.0 + 1.0) / 2, abs=1e-3)


def test_with_enough_films_the_added_ones_hardly_count():
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 3, 2000)
    labels = (generator.random(2000) < sigmoid(logits / 1.5)).astype(np.int64)

    found = calibrate(class_logits(logits[:, None]), labels).temperature

    assert found == pytest.approx(fit_temperature(logits, labels), rel=0.02)
    assert found == pytest.approx(1.5, rel=0.1)


@pytest.mark.parametrize("lean", [-2.0, 2.5])
def test_a_biased_network_gets_an_offset(lean):
    generator = np.random.default_rng(0)
    honest = generator.normal(0.5, 3, 600)
    labels = (generator.random(600) < sigmoid(honest)).astype(np.int64)
    logits = class_logits((honest - lean)[:, None])

    found = calibrate(logits, labels)

    assert found.method == "temperature_and_offset"
    assert found.offset[0] == 0.0
    assert found.offset[1] * found.temperature == pytest.approx(lean, abs=0.4)
    plain = softmax(logits / fit_temperature(logits, labels))[:, 1]
    shifted = calibrated(logits, found)[:, 1]
    assert expected_calibration_error(labels, shifted) < 0.03
    assert expected_calibration_error(labels, plain) > 0.06


def test_an_offset_that_chance_explains_is_left_out():
    methods = set()
    for seed in range(10):
        generator = np.random.default_rng(seed)
        logits = generator.normal(0, 3, 300)
        labels = (generator.random(300) < sigmoid(logits / 2)).astype(np.int64)
        methods.add(calibrate(class_logits(logits[:, None]), labels).method)

    assert methods == {"temperature"}


def test_a_class_without_validation_films_gets_no_offset():
    logits = np.random.default_rng(0).normal(0, 1, (40, 3))

    assert calibrate(logits, np.arange(40) % 2).offset == ()


def test_a_rule_chooses_the_threshold_and_its_description_is_recorded():
    scores = two_classes(np.linspace(0.05, 0.95, 40))
    labels = (np.arange(40) >= 15).astype(np.int64)
    labels[[10, 20]] = 1, 0

    found = {rule: choose_thresholds(scores, labels, rule=rule)
             for rule in ("balanced", "half", "cost:10", "sensitivity:0.9")}  # fmt: skip

    assert found["half"].decision == 0.5
    assert found["cost:10"].decision < found["balanced"].decision
    assert found["balanced"].rule.startswith("where the lower of sensitivity and specificity")
    assert "costs 10 times as much as a false alarm" in found["cost:10"].rule
    assert "35 are needed to show 90 %" in found["sensitivity:0.9"].rule
    for thresholds in found.values():
        assert thresholds.uncertain_low <= thresholds.decision <= thresholds.uncertain_high


def test_an_unknown_rule_is_refused_for_any_number_of_classes():
    for probabilities, labels in ((two_classes([0.1, 0.9]), [0, 1]), (np.eye(3), [0, 1, 2])):
        with pytest.raises(ValueError, match="Received 'best'"):
            choose_thresholds(probabilities, np.array(labels), rule="best")


def test_heatmap_scale_is_a_high_peak():
    maps = np.zeros((21, 2, 3), np.float32)
    maps[:, 1, 2] = np.arange(21)
    maps[:, 0, 0] = -50

    assert heatmap_scale(maps) == pytest.approx(19.0)


@pytest.mark.parametrize(
    ("maps", "expected"), [(np.zeros((0, 1, 1)), 1.0), (np.full((3, 2, 2), -1.0), 1e-3)]
)
def test_heatmap_scale_without_evidence(maps, expected):
    assert heatmap_scale(maps.astype(np.float32)) == expected


def test_views_of_a_film_are_no_more_evidence_than_the_film():
    generator = np.random.default_rng(4)
    labels = np.arange(60) % 2
    logits = class_logits((generator.normal(0, 1, 60) + 2 * labels - 0.6)[:, None])

    once = calibrate(logits, labels)
    eightfold = calibrate(np.tile(logits, (8, 1)), np.tile(labels, 8), num_views=8)

    assert once.method == eightfold.method
    # Without that, eight copies would seem to prove a small offset.
    assert calibrate(np.tile(logits, (8, 1)), np.tile(labels, 8)).method != once.method


def test_a_sensitivity_is_shown_in_every_view():
    labels = np.repeat([0, 1], 100)
    score = np.concatenate([np.linspace(0.05, 0.4, 100), np.linspace(0.3, 0.9, 100)])
    darker = np.clip(score - 0.1, 0, 1)
    both = np.concatenate([score, darker])

    def chosen(score, labels, num_views):
        shares = np.stack([1 - score, score], axis=1)
        return choose_thresholds(shares, labels, rule="sensitivity:0.9", num_views=num_views)

    found = chosen(both, np.tile(labels, 2), 2)

    assert found.decision == chosen(darker, labels, 1).decision
    assert "on 2 views of each film" in found.rule
    assert found.guarantee.views == 2
    assert found.uncertain_low == chosen(darker, labels, 1).uncertain_low
