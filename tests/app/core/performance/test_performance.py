import hashlib
import math

import numpy as np
import pandas as pd
import pytest

from app.core.bundles.task import Task
from app.core.performance import (
    calibration_check,
    classifications,
    formatting,
    performance,
    predictions,
)
from app.core.performance.learning import best_epoch, learning_curves
from app.core.sources.lookup import locate
from app.core.statistics.bootstrap import Interval
from app.core.statistics.metrics import F1, Proportion
from tests.app.views.light_bundles import drawn_table, table

TASK = Task(title="t", classes=("NORMAL", "PNEUMONIA"), positive="PNEUMONIA")
THREE = Task(title="t", classes=("A", "B", "C"))

# (split, patient, subgroup, truth, probability), small enough to count by hand.
ROWS = [
    ("test", "p1", "", 0, 0.10),
    ("test", "p1", "", 0, 0.80),
    ("test", "p2", "", 0, 0.20),
    ("test", "p3", "bacteria", 1, 0.90),
    ("test", "p3", "bacteria", 1, 0.30),
    ("test", "", "virus", 1, 0.60),
    ("test", "", "virus", 1, 0.50),
    ("val", "p4", "", 0, 0.40),
    ("val", "p5", "bacteria", 1, 0.80),
]


def held_out(split="test", rows=ROWS):
    return predictions.select(table(rows), TASK, split=split)


def test_the_test_split_is_listed_first():
    rows = [("val", "a", "", 0, 0.1), ("external", "b", "", 0, 0.1), ("test", "c", "", 0, 0.1)]

    assert predictions.splits(table(rows)) == ("test", "val", "external")
    assert predictions.splits(table(ROWS).head(0)) == ()


def test_counts_by_class_and_patient():
    counts = predictions.count_classes(held_out())

    # p1 and p2; p3 and two images that stand for themselves.
    assert [(c.num_images, c.num_patients) for c in counts] == [(3, 2), (4, 3)]
    assert predictions.count_patients(held_out()) == 5


def test_an_image_without_a_patient_is_not_taken_for_a_patient_of_that_name():
    frame = table([("test", "", "", 0, 0.1), ("test", "x", "", 1, 0.9)])
    frame.loc[1, "patient_id"] = frame.loc[0, "image_id"]

    assert predictions.count_patients(predictions.select(frame, TASK, split="test")) == 2


def test_a_probability_equal_to_the_threshold_is_positive():
    assert held_out().predicted(0.5).tolist() == [0, 1, 0, 1, 0, 1, 1]


def test_near_duplicates_without_a_patient_stand_together():
    frame = table([("test", "", "", n % 2, 0.1) for n in range(7)])
    frame["group_id"] = [3, 3, 4, 5, 6, 7, 7]
    together = predictions.select(frame, TASK, split="test")
    alone = predictions.select(frame.drop(columns="group_id"), TASK, split="test")

    known = [row for row in ROWS if row[1]]
    assert (together.unit, held_out().unit) == ("group", "group")
    assert held_out(rows=known).unit == "patient"
    assert predictions.count_patients(together) == 5
    assert predictions.count_patients(alone) == 7


def test_areas_rest_on_images_and_patients():
    result = performance.evaluate_binary(held_out())

    # Pairs won by positives: 0.90 3, 0.30 2, 0.60 2, 0.50 2 of 3 each.
    assert result.auc.value == pytest.approx(9 / 12)
    assert (result.auc.num_cases, result.auc.num_groups) == (7, 5)
    assert result.average_precision.num_groups == 5
    assert result.prevalence == Proportion(4, 7)
    assert result.auc.low < result.auc.value < result.auc.high


def test_a_split_of_one_class_has_no_auc_and_does_not_fail():
    result = performance.evaluate_binary(held_out(rows=[r for r in ROWS if r[3] == 1]))

    assert math.isnan(result.auc.value)
    assert result.prevalence == Proportion(4, 4)


def test_perfect_separation_is_marked_as_having_no_interval():
    rows = [("test", f"p{i}", "", i % 2, 0.1 + 0.8 * (i % 2)) for i in range(12)]

    assert performance.evaluate_binary(held_out(rows=rows)).auc.degenerate


def test_misclassified_films_are_sorted_by_the_probability_of_the_true_class():
    misclassified = classifications.misclassified(held_out(), threshold=0.5)

    # 0.80 on a negative leaves 0.20 for the truth, 0.30 on a positive leaves 0.30.
    assert [(m.truth, m.predicted, m.probability) for m in misclassified] == [
        (0, 1, 0.8),
        (1, 0, 0.3),
    ]
    assert [m.true_class_probability for m in misclassified] == pytest.approx([0.2, 0.3])
    assert misclassified[0].patient == "p1"
    fewer = classifications.misclassified(held_out(), threshold=0.25)
    assert list(fewer) == list(misclassified[:1])


def test_subgroups_of_one_class_show_how_many_were_predicted_correctly():
    results = classifications.subgroup_results(held_out(), threshold=0.5)

    assert [
        (r.subgroup, r.label, r.right.successes, r.right.total, r.right.num_patients)
        for r in results
    ] == [("bacteria", 1, 1, 2, 1), ("virus", 1, 2, 2, 2), ("", 0, 2, 3, 2)]


def test_a_subgroup_of_both_classes_gets_a_row_for_each():
    rows = [("test", "a", "x", 0, 0.1), ("test", "b", "x", 1, 0.1), ("test", "c", "", 0, 0.9)]

    assert [
        (r.subgroup, r.label, r.right.successes, r.right.total)
        for r in classifications.subgroup_results(held_out(rows=rows), threshold=0.5)
    ] == [("x", 0, 1, 1), ("x", 1, 0, 1), ("", 0, 0, 1)]


def test_without_subgroups_there_is_no_table_of_them():
    assert classifications.subgroup_results(held_out(rows=[ROWS[0]]), threshold=0.5) == ()


def test_histograms_count_right_and_wrong_of_each_class():
    normal, pneumonia = classifications.histograms(held_out(), threshold=0.5, num_bins=2)

    assert (normal.right.tolist(), normal.wrong.tolist()) == ([2, 0], [0, 1])
    assert (pneumonia.right.tolist(), pneumonia.wrong.tolist()) == ([0, 3], [1, 0])


def test_only_probabilities_that_are_off_show_a_calibration_error():
    random = np.random.default_rng(0)
    share = random.random(400).round(6)
    honest = (random.random(400) < share).astype(int)
    rows = [
        ("test", f"p{i}", "", int(y), p) for i, (y, p) in enumerate(zip(honest, share, strict=True))
    ]
    squeezed = [(*row[:4], 0.5 + (row[4] - 0.5) / 10) for row in rows]

    good = calibration_check.check_calibration(held_out(rows=rows))
    bad = calibration_check.check_calibration(held_out(rows=squeezed))

    assert good.error.corrected.low == 0
    assert bad.error.corrected.low > 0.1
    assert good.brier.low < good.brier.value < good.brier.high
    assert good.num_images == sum(bin_.observed.total for bin_ in good.bins) == 400


def test_more_classes_than_two():
    frame = drawn_table(THREE.classes, per_class=30)
    held = predictions.select(frame, THREE, split="test")
    result = performance.evaluate_multiclass(held)
    wrong = classifications.misclassified(held)
    check = calibration_check.check_calibration(held)

    assert [area.num_cases for area in result.auc] == [90, 90, 90]
    assert result.macro_auc.value == pytest.approx(np.mean([area.value for area in result.auc]))
    assert (
        held.predicted().tolist()
        == frame[frame["split"] == "test"][list("ABC")].to_numpy().argmax(axis=1).tolist()
    )
    assert len(wrong) == (held.predicted() != held.y_true).sum() > 0
    assert all(film.true_class_probability < film.probability for film in wrong)
    assert sum(bin_.observed.successes for bin_ in check.bins) == 90 - len(wrong)
    (only,) = classifications.histograms(held)
    assert only.wrong.sum() == len(wrong)


def test_learning_curves_leave_out_what_the_history_lacks():
    history = pd.DataFrame({"epoch": [1, 2], "val_loss": [0.5, 0.4], "auc": [0.7, 0.8]})
    loss, auc = learning_curves(history)

    assert (loss.name, loss.training, auc.name) == ("Loss", None, "AUC")
    assert loss.validation is not None
    assert loss.validation.tolist() == [0.5, 0.4]
    assert best_epoch({"best_epoch": 2}) == 2
    assert best_epoch({"best_epoch": True}) is None


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "root" / "test" / "film.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"pixels")
    return path, hashlib.sha256(b"pixels").hexdigest()


def test_a_film_is_found_below_the_data_root(film, tmp_path):
    path, image_id = film

    assert locate(image_id, ["test/film.png"], data_root=tmp_path / "root", samples=[]) == path


def test_another_film_under_the_same_name_is_not_taken(film, tmp_path):
    path, image_id = film
    path.write_bytes(b"other pixels")

    assert locate(image_id, ["test/film.png"], data_root=tmp_path / "root", samples=[]) is None


@pytest.mark.parametrize("name", ["../outside.png", "/etc/hostname", "gone.png", "a\0b"])
def test_nothing_outside_the_root_is_looked_at(film, tmp_path, name):
    (tmp_path / "outside.png").write_bytes(b"pixels")

    assert locate(film[1], [name], data_root=tmp_path / "root", samples=[]) is None


def test_a_sample_is_found_by_its_bytes_and_not_its_name(film, tmp_path):
    sample = tmp_path / "sample.png"
    sample.write_bytes(b"pixels")

    assert locate(film[1], ["gone.png"], data_root=None, samples=[film[0].parent, sample]) == sample


def interval(value, low, high):
    return Interval(value, low, high, num_cases=45, num_groups=1, num_resamples=9, num_skipped=0)


@pytest.mark.parametrize(
    ("made", "value", "bounds"),
    [
        (interval(0.66304, 0.4907, 0.8211), "0.663", "0.491 to 0.821"),
        (interval(0.99951, 0.9990, 0.9999), "0.9995", "0.9990 to 0.9999"),
        (interval(1.0, 1.0, 1.0), "1.000", "no interval"),
        (interval(math.nan, math.nan, math.nan), "none", "no interval"),
        (interval(0.99999, 0.99998, 0.999995), "> 0.9999", "under 0.0001 wide"),
        (interval(0.9981, 0.9951, 0.9999), "0.998", "0.995 to > 0.999"),
    ],
)
def test_figures_claim_no_more_digits_than_they_have(made, value, bounds):
    assert formatting.figure(made) == value
    assert formatting.figure_interval(made) == bounds


def test_proportions_have_interval_and_count():
    assert formatting.proportion_in_full(Proportion(8, 10)) == "80.0 % (49.0 to 94.3 %; 8 of 10)"
    assert formatting.proportion_in_full(Proportion(0, 0)) == "none (no interval; 0 of 0)"
    assert formatting.count_of_total(F1(Proportion(13, 28))) == "26 of 41"
    assert formatting.percent(F1(Proportion(13, 28))) == "63.4 %"
    assert formatting.sample_text(interval(0.5, 0.4, 0.6), "patient") == "45 images of 1 patient"
