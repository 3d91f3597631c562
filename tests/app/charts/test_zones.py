"""The labelled films of a place, over the zones."""

import numpy as np

from app.charts.zones import describe, zones
from app.core.adaptation.picture import Placed, PlacedZone
from app.core.statistics.metrics import Proportion

PLACED = Placed(
    (("Pneumonia", np.array([0.9, 0.91, 0.3])), ("Normal", np.array([0.05]))),
    (
        PlacedZone("ruled out", 0.0, 0.2, Proportion(1, 4)),
        PlacedZone("to be read", 0.2, 0.8, Proportion(1, 4)),
        PlacedZone("ruled in", 0.8, 1.0, Proportion(2, 4)),
    ),
    "Probability of Pneumonia",
)


def test_each_truth_has_its_histogram():
    positive, negative = zones(PLACED, height=300).data

    assert (positive.name, sum(positive.y)) == ("Pneumonia", 3)
    assert (negative.name, sum(negative.y)) == ("Normal", 1)
    assert negative.y[1] == 1  # 0.05, in bins of 0.04


def test_truths_differ_by_more_than_their_colour():
    positive, negative = zones(PLACED, height=300).data

    assert positive.marker.pattern.shape != negative.marker.pattern.shape
    assert (positive.yaxis, negative.yaxis) == ("y", "y2")


def test_zones_are_named_with_their_share_and_edges_are_lines():
    layout = zones(PLACED, height=300).layout

    texts = [one.text for one in layout.annotations]
    assert texts == [
        "<b>ruled out</b><br>25.0 % (1 of 4)",
        "<b>to be read</b><br>25.0 % (1 of 4)",
        "<b>ruled in</b><br>50.0 % (2 of 4)",
    ]
    lines = {one.x0 for one in layout.shapes if one.type == "line"}
    areas = {(one.x0, one.x1) for one in layout.shapes if one.type == "rect"}
    assert (lines, areas) == ({0.2, 0.8}, {(0.2, 0.8)})


def test_the_words_have_all_that_is_drawn():
    assert describe(PLACED) == (
        "Histograms of probability of pneumonia of 3 Pneumonia and 1 Normal. Zones: ruled out from "
        "0.000 to 0.200: 1 of 4 films; to be read from 0.200 to 0.800: 1 of 4 films; ruled in from "
        "0.800 to 1.000: 2 of 4 films"
    )
