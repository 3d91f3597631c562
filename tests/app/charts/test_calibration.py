"""Reliability diagram and histograms, by hand."""

import numpy as np
import pytest

from app.charts import palette
from app.charts.calibration import probability_histograms, reliability
from app.core.performance.classifications import Histogram
from app.core.statistics.calibration import ReliabilityBin
from app.core.statistics.metrics import Proportion

BINS = [
    ReliabilityBin(0.0, 0.1, 0.05, Proportion(0, 4)),
    ReliabilityBin(0.1, 0.2, float("nan"), Proportion(0, 0)),
    ReliabilityBin(0.5, 0.6, 0.55, Proportion(3, 4)),
]
EDGES = np.array([0.0, 0.5, 1.0])
HISTOGRAMS = [
    Histogram(0, EDGES, right=np.array([3, 0]), wrong=np.array([0, 1])),
    Histogram(1, EDGES, right=np.array([0, 1200]), wrong=np.array([2, 0])),
]


def test_reliability_has_a_point_an_interval_and_a_count_for_each_bin_with_images():
    figure = reliability(BINS, x_title="Probability", y_title="Proportion ill", height=300)

    perfect, observed = figure.data
    assert list(zip(perfect.x, perfect.y, strict=True)) == [(0, 0), (1, 1)]
    assert list(observed.x) == [0.05, 0.55]
    assert list(observed.y) == [0, 0.75]
    # Wilson: 0 of 4 is 0 to 0.490, 3 of 4 is 0.301 to 0.954.
    assert list(observed.error_y.array) == pytest.approx([0.4899, 0.9544 - 0.75], abs=1e-4)
    assert list(observed.error_y.arrayminus) == pytest.approx([0, 0.75 - 0.3006], abs=1e-4)
    assert list(observed.customdata) == ["0 of 4 (0.0 to 49.0 %)", "3 of 4 (30.1 to 95.4 %)"]
    assert [(note.x, note.text) for note in figure.layout.annotations] == [(0.05, "4"), (0.55, "4")]
    assert figure.layout.xaxis.title.text == "Probability"
    assert figure.layout.yaxis.title.text == "Proportion ill"


def test_histograms_stack_what_is_right_and_wrong_in_a_panel_each():
    figure = probability_histograms(
        HISTOGRAMS, ["Normal", "Ill"], axis="Probability of Ill", threshold=0.5, height=400
    )

    bars = figure.data
    assert [list(bar.y) for bar in bars] == [[3, 0], [0, 1], [0, 1200], [2, 0]]
    assert all(list(bar.x) == [0.25, 0.75] and bar.width == 0.5 for bar in bars)
    assert [bar.marker.color for bar in bars] == [palette.RIGHT, palette.WRONG] * 2
    assert [bool(bar.marker.pattern.shape) for bar in bars] == [False, True] * 2
    assert [bar.showlegend for bar in bars] == [True, True, False, False]
    assert list(bars[1].text) == ["", "1"]
    assert figure.layout.barmode == "stack"
    assert figure.layout.yaxis.title.text == "Images, Normal"
    assert figure.layout.yaxis2.title.text == "Images, Ill"
    assert figure.layout.xaxis2.title.text == "Probability of Ill"
    assert [line.x0 for line in figure.layout.shapes] == [0.5, 0.5]
    assert figure.layout.annotations[-1].text == "threshold 0.500"


def test_without_a_threshold_no_line_is_drawn():
    figure = probability_histograms(
        HISTOGRAMS[:1], ["All"], axis="Probability", threshold=None, height=400
    )

    assert not figure.layout.shapes
    assert not figure.layout.annotations
