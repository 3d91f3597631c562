"""Bars of vectors, outputs and contributions."""

import numpy as np
import pytest

from app.charts import palette
from app.charts.activations import (
    MAX_BARS,
    MAX_CONTRIBUTIONS,
    contribution_bars,
    output_bars,
    value_bars,
)
from app.core.networks.contributions import Contributions


def test_values_fall_from_the_left_and_keep_their_number():
    figure = value_bars(np.array([0.5, -1.0, 2.0], np.float32), noun="channel")

    [bars] = figure.data
    assert bars.type == "bar"
    assert list(bars.x) == [1, 2, 3]
    assert list(bars.y) == [2.0, 0.5, -1.0]
    assert list(bars.customdata) == [2, 0, 1]
    assert figure.layout.xaxis.title.text.startswith("channels")


@pytest.mark.parametrize(("units", "kind"), [(MAX_BARS, "bar"), (MAX_BARS + 1, "scatter")])
def test_more_values_than_pixels_are_an_outline(units, kind):
    [trace] = value_bars(np.arange(units, dtype=np.float32), noun="unit").data

    assert trace.type == kind
    assert len(trace.y) == units


def test_outputs_are_in_class_order():
    figure = output_bars([0.25, 0.75], ["Normal", "Ill"])

    [bars] = figure.data
    assert list(zip(bars.y, bars.x, bars.text, strict=True)) == [
        ("Normal", 0.25, "0.250"), ("Ill", 0.75, "0.750")
    ]  # fmt: skip
    assert figure.layout.xaxis.range == (0, 1)
    assert figure.layout.yaxis.autorange == "reversed"


@pytest.mark.parametrize(("pooled", "noun"), [("last", "channel"), (None, "input")])
def test_contributions_are_ordered_by_size_and_signed(pooled, noun):
    values = np.array([0.1, -0.5, 0.3], np.float32)

    figure = contribution_bars(Contributions(values, 0.2, pooled))

    [bars] = figure.data
    assert list(bars.y) == [f"{noun} {number}" for number in (1, 2, 0)]
    assert list(bars.x) == pytest.approx([-0.5, 0.3, 0.1])
    assert list(bars.text) == ["−0.500", "+0.300", "+0.100"]
    assert list(bars.marker.color) == [palette.CONTRAST, palette.ACCENT, palette.ACCENT]
    assert figure.layout.xaxis.range == pytest.approx((-0.7, 0.7))  # zero in the middle
    assert "logits" in figure.layout.xaxis.title.text


def test_only_the_largest_contributions_are_drawn():
    values = np.arange(1, MAX_CONTRIBUTIONS + 9, dtype=np.float32)

    [bars] = contribution_bars(Contributions(values, 0.0, None)).data

    assert len(bars.x) == MAX_CONTRIBUTIONS
    assert min(bars.x) == 9
