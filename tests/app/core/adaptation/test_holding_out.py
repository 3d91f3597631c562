from dataclasses import replace

import numpy as np
import pytest

from app.core.adaptation.fitting import fit_decision
from app.core.adaptation.holding_out import adapt_decision
from app.core.adaptation.left_out import CONTRADICTING
from app.core.adaptation.wanted import Wanted
from app.core.bundles.task import Task
from app.core.errors import DatasetError
from app.core.statistics.recalibration import calibrated
from tests.app.core.adaptation.local_films import BASE, TASK, local_films


def figures(fitted):
    return {one.name: one for one in fitted.figures}


def test_a_shift_of_the_logits_is_taken_back():
    films = local_films(300, shift=3.0)
    fitted = adapt_decision(films, BASE, TASK, Wanted())

    offset = fitted.decision.calibration.offset
    # Sampling error of the offset is about 0.3.
    assert offset[1] - offset[0] == pytest.approx(-3.0, abs=0.8)
    found = figures(fitted)
    assert found["specificity"].before.value < 0.5
    assert found["specificity"].after.value > 0.75
    assert found["calibration error"].after.value < found["calibration error"].before.value / 2


def test_figures_count_each_film_once_and_before_is_that_of_the_bundle():
    films = local_films(100, positives=0.4, shift=1.0)
    fitted = adapt_decision(films, BASE, TASK, Wanted())
    score = calibrated(films.logits, BASE.calibration)[:, 1]
    positive = films.labels == 1
    before = {name: one.before for name, one in figures(fitted).items()}

    assert before["sensitivity"].successes == (score[positive] >= 0.5).sum()
    assert before["sensitivity"].total == 40
    assert before["specificity"].successes == (score[~positive] < 0.5).sum()
    assert before["positives ruled out"].successes == (score[positive] < 0.3).sum()
    assert before["positive where ruled in"].total == (score >= 0.7).sum()
    assert before["to be read"].successes == ((score >= 0.3) & (score < 0.7)).sum()
    after = {name: one.after for name, one in figures(fitted).items()}
    assert after["sensitivity"].total == 40
    assert after["accuracy"].total == 100


def test_each_film_is_judged_by_what_was_fitted_without_its_patient():
    # All films of a patient share a label; patient 0 is an outlier that would pull the fit.
    patients = [f"p{number // 4}" for number in range(120)]
    films = local_films(120, patients=patients)
    logits = films.logits.copy()
    logits[:4, 1] -= 30.0
    fitted = adapt_decision(replace(films, logits=logits), BASE, TASK, Wanted(seed=1))

    of_patient = fitted.probabilities[:4]
    without = np.arange(4, 120)
    other = fit_decision(replace(films, logits=logits).select(without), BASE, Wanted(seed=1))
    assert (of_patient[:, 1] < 1e-3).all()
    # Films of one patient are in one fold, so all four are judged by one calibration.
    leads = np.log(of_patient[:, 1] / of_patient[:, 0])
    slopes = np.diff(leads) / np.diff(logits[:4, 1] - logits[:4, 0])
    assert slopes == pytest.approx(np.full(3, slopes[0]), rel=1e-6)
    assert other.calibration.temperature > 0


def test_zones_are_found_where_there_are_films_enough():
    few = adapt_decision(local_films(60, distance=16.0), BASE, TASK, Wanted()).decision.thresholds
    many = adapt_decision(local_films(300, distance=16.0), BASE, TASK, Wanted()).decision.thresholds

    assert not few.rules_out
    assert few.guarantee.rule_out.more == 84  # 72 positives are needed, 30 are there
    assert many.rules_out
    assert many.rules_in
    assert many.guarantee.unit == "film"


def test_a_looser_promise_takes_fewer_films():
    wanted = Wanted(miss_rate=0.2, precision=0.8)
    found = adapt_decision(local_films(60, distance=16.0), BASE, TASK, wanted).decision.thresholds

    assert found.rules_out
    assert found.guarantee.rule_out.promised == 0.2


@pytest.mark.parametrize(
    ("number", "positives", "listed"),
    [(8, 0.5, "4 NORMAL, 4 PNEUMONIA"), (50, 0.0, "50 NORMAL, 0 PNEUMONIA"),
     (50, 0.08, "46 NORMAL, 4 PNEUMONIA")],
)  # fmt: skip
def test_too_few_films_or_one_class_are_refused(number, positives, listed):
    with pytest.raises(DatasetError, match=listed):
        adapt_decision(local_films(number, positives=positives), BASE, TASK, Wanted())


@pytest.mark.parametrize(
    ("patients", "listed"),
    [(["p"] * 60, "1 NORMAL, 1 PNEUMONIA"),
     ([f"p{number}" if number >= 30 else "p" for number in range(60)], "30 NORMAL, 1 PNEUMONIA")],
)  # fmt: skip
def test_films_of_too_few_patients_are_refused(patients, listed):
    with pytest.raises(DatasetError, match=rf"too few labelled patients .*\({listed}\)"):
        adapt_decision(local_films(60, patients=patients), BASE, TASK, Wanted())


def test_too_few_films_are_told_with_what_was_left_out():
    films = replace(local_films(8), left_out={CONTRADICTING: 40}, examples=("a.png",))

    with pytest.raises(DatasetError, match=r"40 labels contradict each other.*\(a\.png\)"):
        adapt_decision(films, BASE, TASK, Wanted())


def test_so_few_labels_promise_what_they_can_show_in_every_fold():
    # 16 of 100 give 21 %; four fifths of them have 12 or 13, which cannot show 25 %.
    films = local_films(100, positives=0.16, distance=9.0)
    fitted = adapt_decision(films, BASE, TASK, Wanted(None, None))

    assert fitted.decision.thresholds.guarantee.rule_out.promised == 0.21
    assert fitted.decision.thresholds.guarantee.rule_out.found
    assert figures(fitted)["ruled out"].after.successes > 0


def test_held_out_films_lie_in_no_zone_that_all_films_together_do_not_show():
    fitted = adapt_decision(local_films(24, distance=9.0), BASE, TASK, Wanted(None, None))
    thresholds = fitted.decision.thresholds

    assert not thresholds.rules_out
    assert not thresholds.rules_in
    after = {name: one.after.successes for name, one in figures(fitted).items()}
    assert (after["ruled out"], after["ruled in"], after["to be read"]) == (0, 0, 24)


def test_several_classes_get_a_clear_zone():
    random, labels = np.random.default_rng(0), np.arange(300) % 3
    logits = random.normal(0, 1, (300, 3))
    logits[np.arange(300), labels] += 5.0
    films = replace(local_films(300), logits=logits, labels=labels)
    task = Task(title="Tumour", classes=("a", "b", "c"))
    base = replace(
        BASE, thresholds=BASE.thresholds.model_copy(update={"decision": 0.0, "uncertain_low": 0.0})
    )

    fitted = adapt_decision(films, base, task, Wanted(precision=0.95))

    assert fitted.decision.thresholds.rules_in
    assert fitted.decision.thresholds.guarantee.rule_out is None
    found = figures(fitted)
    assert found["accuracy"].after.total == 300
    assert found["right where clear"].after.value >= 0.95
    assert found["clear"].after.successes == found["right where clear"].after.total
