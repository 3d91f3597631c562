"""The charts of the Performance page, on six films whose figures are worked out by hand.

Negatives score 0.1, 0.2, 0.3 and 0.8, positives 0.6 and 0.9. At 0.5 two of two positives are found
and one of four negatives is predicted positive.
"""

import numpy as np
import pytest

from app.charts import palette
from app.charts.performance import class_rocs, confusion_matrix, precision_recall, roc
from app.core.statistics.curves import precision_recall_curve, roc_curve
from app.core.statistics.metrics import Proportion, operating_point

TRUTH = [0, 0, 0, 0, 1, 1]
SCORE = [0.1, 0.2, 0.3, 0.8, 0.6, 0.9]
HALF = operating_point(TRUTH, SCORE, threshold=0.5)
HIGH = operating_point(TRUTH, SCORE, threshold=0.85)


def titles(figure):
    return figure.layout.xaxis.title.text, figure.layout.yaxis.title.text


def named(figure, name):
    [trace] = [trace for trace in figure.data if trace.name == name]
    return trace


def points(trace):
    return list(zip(trace.x, trace.y, strict=True))


def test_a_confusion_matrix_has_the_truth_in_rows_and_a_denominator_in_each_cell():
    figure = confusion_matrix(np.array([[3, 1], [0, 2]]), ["Normal", "Ill"], height=300)

    heat, cells = figure.data
    assert titles(figure) == ("Predicted", "Truth")
    assert list(figure.layout.xaxis.ticktext) == ["Normal", "Ill"]
    assert figure.layout.yaxis.autorange == "reversed"  # the first class on top
    np.testing.assert_allclose(heat.z, [[0.75, -0.25], [0.0, 1.0]])
    assert (heat.zmin, heat.zmax) == (-1, 1)
    assert points(cells) == [(0, 0), (1, 0), (0, 1), (1, 1)]
    counts = ["3</b>", "1</b>", "0</b>", "2</b>"]
    proportions = ["75.0 % of Normal", "25.0 % of Normal", "0.0 % of Ill", "100.0 % of Ill"]
    outcomes = ["True negative", "False positive", "False negative", "True positive"]
    for text, *facts in zip(cells.text, counts, proportions, outcomes, strict=True):
        assert all(fact in text for fact in facts)
    # Wilson's intervals of 3 of 4, 1 of 4, 0 of 2 and 2 of 2.
    wilson = ["30.1 to 95.4 %", "4.6 to 69.9 %", "0.0 to 65.8 %", "34.2 to 100.0 %"]
    for text, count, interval in zip(
        cells.hovertext, ["3 of 4", "1 of 4", "0 of 2", "2 of 2"], wilson, strict=True
    ):
        assert text.startswith(count)
        assert interval in text


def test_a_class_without_images_has_no_proportion():
    figure = confusion_matrix(np.array([[2, 0], [0, 0]]), ["Normal", "Ill"], height=300)

    heat, cells = figure.data
    np.testing.assert_array_equal(np.abs(heat.z), [[1, 0], [0, 0]])
    assert list(cells.text[2:]) == ["no images"] * 2


@pytest.mark.parametrize(("classes", "is_worded"), [(3, True), (9, False)])
def test_cells_of_many_classes_hold_the_count_alone(classes, is_worded):
    names = [f"class {number}" for number in range(classes)]

    cells = confusion_matrix(4 * np.eye(classes, dtype=np.int64), names, height=300).data[1]

    assert cells.text[0] == ("<b>4</b><br>100.0 %" if is_worded else "<b>4</b>")


def test_the_roc_curve_goes_through_every_score():
    figure = roc(roc_curve(TRUTH, SCORE), HALF, HALF, height=300)

    assert titles(figure) == ("1 − specificity", "Sensitivity")
    assert figure.layout.xaxis.range == figure.layout.yaxis.range == (-0.02, 1.02)
    assert points(named(figure, "chance")) == [(0, 0), (1, 1)]
    [curve] = [trace for trace in figure.data if trace.customdata is not None]
    assert points(curve) == [
        (0, 0), (0, 0.5), (0.25, 0.5), (0.25, 1), (0.5, 1), (0.75, 1), (1, 1)
    ]  # fmt: skip
    # Above every score stands no threshold, which is shown as 1.
    np.testing.assert_allclose(curve.customdata, [1, 0.9, 0.8, 0.6, 0.3, 0.2, 0.1])
    assert points(named(figure, "threshold 0.500")) == [(0.25, 1)]


def test_the_models_own_point_is_marked_only_where_the_threshold_was_moved():
    same = roc(roc_curve(TRUTH, SCORE), HALF, HALF, height=300)
    moved = roc(roc_curve(TRUTH, SCORE), HIGH, HALF, height=300)

    assert len(moved.data) == len(same.data) + 1
    assert points(named(moved, "model's threshold 0.500")) == [(0.25, 1)]
    assert points(named(moved, "threshold 0.850")) == [(0, 0.5)]
    symbols = {trace.marker.symbol for trace in moved.data if trace.mode == "markers"}
    assert symbols == {"circle-open", "diamond"}, "told apart without colour"


def test_precision_and_recall_by_hand_with_the_prevalence():
    figure = precision_recall(
        precision_recall_curve(TRUTH, SCORE), HALF, HALF, Proportion(2, 6), height=300
    )

    assert titles(figure) == ("Sensitivity (recall)", "PPV (precision)")
    assert points(named(figure, "prevalence 33.3 %")) == [(0, 2 / 6), (1, 2 / 6)]
    [curve] = [trace for trace in figure.data if trace.customdata is not None]
    assert curve.line.shape == "vh", "no threshold reaches what lies between two points"
    np.testing.assert_allclose(curve.x, [0, 0.5, 0.5, 1, 1, 1, 1])
    np.testing.assert_allclose(curve.y, [1, 1, 1 / 2, 2 / 3, 2 / 4, 2 / 5, 2 / 6])
    assert points(named(figure, "threshold 0.500")) == [(1, 2 / 3)]


def test_a_point_without_a_predictive_value_is_not_drawn():
    nothing_found = operating_point(TRUTH, SCORE, threshold=1.0)

    figure = precision_recall(
        precision_recall_curve(TRUTH, SCORE), nothing_found, nothing_found, Proportion(2, 6),
        height=300,
    )  # fmt: skip

    assert not [trace for trace in figure.data if trace.mode == "markers"]


def test_curves_of_classes_differ_without_colour():
    curve = roc_curve(TRUTH, SCORE)
    names = [f"class {number}" for number in range(7)]

    figure = class_rocs([curve] * 7, names, height=300)

    lines = figure.data[1:]
    assert [line.name for line in lines] == names
    assert all(points(line) == points(lines[0]) for line in lines)
    assert len({(line.line.color, line.line.dash) for line in lines}) == 7
    assert lines[0].line.color == palette.CLASS_COLOURS[0]
