"""The figures that reports share, by hand."""

import numpy as np
import pytest

from app.core.statistics.calibration import ReliabilityBin
from app.core.statistics.curves import roc_curve
from app.core.statistics.metrics import Proportion, operating_point
from model_training.reports.plots import NamedRoc, line_style, reliability_figure, roc_figure

# Of two positives, above 0.5, one negative of four lies as high.
TRUTH, SCORE = [0, 0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.8, 0.6, 0.9]


def test_roc_curves_lie_over_each_other_with_their_thresholds():
    curve = roc_curve(TRUTH, SCORE)
    point = operating_point(TRUTH, SCORE, threshold=0.5)

    figure = roc_figure([NamedRoc("one", curve, point), NamedRoc("two", curve)])

    chance, one, threshold, two = figure.data
    assert list(chance.x) == list(chance.y) == [0, 1]
    np.testing.assert_allclose(one.x, [0, 0, 0.25, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(one.y, [0, 0.5, 0.5, 1, 1, 1, 1])
    assert (threshold.x, threshold.y) == ((0.25,), (1.0,))
    assert threshold.marker.color == one.line.color
    assert [one.name, threshold.name, two.name] == ["one", "one, at its threshold", "two"]
    assert one.line.dash != two.line.dash
    assert figure.layout.xaxis.title.text == "1 − specificity"
    assert figure.layout.yaxis.title.text == "Sensitivity"


def test_lines_differ_without_colour():
    assert len({line_style(index)["dash"] for index in range(5)}) == 5


def test_reliability_leaves_empty_bins_out():
    figure = reliability_figure(
        [
            ReliabilityBin(0.0, 0.1, 0.05, Proportion(0, 4)),
            ReliabilityBin(0.1, 0.2, float("nan"), Proportion(0, 0)),
            ReliabilityBin(0.5, 0.6, 0.55, Proportion(3, 4)),
        ]
    )

    observed = figure.data[1]
    assert list(zip(observed.x, observed.y, observed.customdata, strict=True)) == [
        (0.05, 0.0, 4), (0.55, 0.75, 4)
    ]  # fmt: skip
    assert list(observed.error_y.array) == pytest.approx([0.4899, 0.9544 - 0.75], abs=1e-4)
    assert list(observed.error_y.arrayminus) == pytest.approx([0, 0.75 - 0.3006], abs=1e-4)
