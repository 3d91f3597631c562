import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from app.core.reliance.report import MODEL, reliance_report
from tests.worklist_readings import QUESTION

TRUTH = {0: 1, 1: 1, 2: 1, 3: 0, 4: 0, 5: 0, 6: 1, 7: 0}
# Film, call, advice, verdict, by hand:
ADA = [
    (0, 1, 1, 1),  # right, kept
    (1, 0, 1, 1),  # wrong, turned right by right advice
    (2, 1, 0, 0),  # right, turned wrong by wrong advice
    (3, 1, 0, 1),  # wrong, kept against right advice
    (4, 0, 1, 0),  # right, kept against wrong advice
    (5, 0, 0, 0),  # right, kept
    (6, 0, 0, 0),  # wrong as the advice
    (7, 0, 1, 1),  # right, turned wrong by wrong advice
]
GRACE = [(0, 1, 1, 1), (1, 1, 1, 1), (2, 1, 0, 1), (3, 0, 0, 0)]


@pytest.fixture
def found(blind):
    for name, rows in (("Ada", ADA), ("Grace", GRACE)):
        for item, before, advice, after in rows:
            blind.read(item, name, before, advice, after)
    return reliance_report(blind.entries, QUESTION, TRUTH)


def counts(figure):
    return figure.proportion.successes, figure.proportion.total


def items(readings):
    return [one.item for one in readings]


def test_before_and_after_of_a_hand_worked_case(found):
    ada = found.readers[0]

    assert ada.reader == "Ada"
    assert counts(ada.before.right) == (5, 8)  # films 0, 2, 4, 5, 7
    assert counts(ada.after.right) == (4, 8)  # films 0, 1, 4, 5
    assert counts(ada.model.right) == (4, 8)  # films 0, 1, 3, 5
    assert counts(ada.before.sensitivity[1]) == (2, 4)
    assert counts(ada.before.specificity[1]) == (3, 4)
    assert counts(ada.after.sensitivity[1]) == (2, 4)
    assert counts(ada.after.specificity[1]) == (2, 4)
    assert ada.gain.value == pytest.approx(-1 / 8)
    assert ada.gain.low < -1 / 8 < ada.gain.high


def test_changes_of_a_hand_worked_case(found):
    changes = found.readers[0].reliance

    assert counts(changes.turned_wrong) == (2, 5)
    assert counts(changes.turned_right) == (1, 3)
    assert counts(changes.misled) == (2, 3)  # 2 and 7, of 2, 4, 7
    assert counts(changes.helped) == (1, 2)  # 1, of 1 and 3
    assert counts(changes.not_helped) == (1, 2)
    assert counts(changes.changed_on_wrong) == (2, 4)  # 2 and 7, of 2, 4, 6, 7
    assert counts(changes.changed_on_right) == (1, 4)


def test_the_films_behind_a_number_are_known(found):
    changes = found.readers[0].reliance

    assert items(changes.misled.counted) == [2, 7]
    assert items(changes.misled.others) == [4]
    assert items(changes.not_helped.counted) == [3]


def test_intervals_are_those_of_wilson(found):
    interval = binomtest(2, 5).proportion_ci(method="wilson")

    assert found.readers[0].reliance.turned_wrong.proportion.interval() == pytest.approx(
        (interval.low, interval.high)
    )


def test_readings_of_one_film_by_several_readers_are_not_independent(blind):
    for item, is_right in enumerate((True, True, True, False)):
        for reader in ("Ada", "Grace", "Mary"):
            blind.add("verdict", item, reader, label=int(is_right), prediction=1)

    together = reliance_report(blind.entries, QUESTION, dict.fromkeys(range(4), 1)).together

    found, of_films = (
        together.after.right.proportion,
        binomtest(3, 4).proportion_ci(method="wilson"),
    )
    assert (found.successes, found.total, found.num_patients) == (9, 12, 4)
    # As wide as three of four, and wider still for so few films.
    low, high = found.interval()
    assert low < of_films.low
    assert high > of_films.high


def test_agreement_of_readers_on_the_films_that_both_read(found):
    two, ada_model, _ = found.pairs

    assert (two.first, two.second, ada_model.second) == ("Ada", "Grace", MODEL)
    assert (two.before.raw.successes, two.before.raw.total) == (2, 4)
    assert (two.after.raw.successes, two.after.raw.total) == (2, 4)
    assert two.differing == (2, 3)
    assert len(two.differing_before) == 2
    assert len(ada_model.differing) == ada_model.after.raw.total - ada_model.after.raw.successes
    assert ada_model.after.kappa.value == pytest.approx(
        cohen_kappa_score([row[3] for row in ADA], [row[2] for row in ADA])
    )


def test_times_are_medians_with_quartiles(found):
    times = found.readers[0].times

    assert (times.before.median, times.after.median, times.whole.median) == (10, 4, 14)
    assert times.whole.num_readings == 8


def test_films_without_truth_or_answer_are_left_out(blind):
    blind.read(0, "Ada", 1, 1, 1)
    blind.read(99, "Ada", 1, 1, 1)
    blind.add("call", 1, "Ada", label=1)
    blind.add("verdict", 2, "Ada", prediction=1, agreement="unsure")

    (ada,) = reliance_report(blind.entries, QUESTION, TRUTH).readers

    assert items(ada.readings) == [0, 1, 2, 99]
    assert items(ada.compared) == [0]


def test_without_calls_only_the_end_is_reported(blind):
    blind.add("verdict", 0, "Ada", label=1, prediction=0)

    (ada,) = reliance_report(blind.entries, QUESTION, TRUTH).readers

    assert (ada.before, ada.reliance, ada.gain) == (None, None, None)
    assert counts(ada.after.right) == (1, 1)


def test_an_unread_worklist_has_an_empty_report(blind):
    report = reliance_report([], QUESTION, TRUTH)

    assert (report.readers, report.together, report.pairs) == ((), None, ())


def test_a_reader_without_truth_has_no_figures_but_agreement(blind):
    blind.read(0, "Ada", 1, 1, 1)

    (ada,) = reliance_report(blind.entries, QUESTION, {}).readers

    assert counts(ada.after.right) == (0, 0)
    assert np.isnan(ada.gain.value)
