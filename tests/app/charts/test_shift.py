"""The distributions of a folder and of the reference."""

import numpy as np
import pytest

from app.charts.shift import AXES, distributions, written
from app.core.gate.comparisons import Distributions
from app.core.gate.image_statistics import NAMES

DRAWN = Distributions("mean", np.array([0.0, 1.0]), np.array([0.0, 0.0, 0.0, 0.5]))


def test_both_samples_are_drawn_in_per_cent_of_their_own_films():
    reference, folder = distributions(DRAWN, height=200).data

    assert (reference.name, folder.name) == ("films the model was tested on (4)", "these films (2)")
    assert folder.y[0] == folder.y[-2] == 50
    assert reference.y[0] == 75
    assert sum(folder.y) == sum(reference.y) == pytest.approx(100)
    assert list(folder.x) == list(reference.x)


def test_the_samples_differ_by_more_than_their_colour():
    reference, folder = distributions(DRAWN, height=200).data

    assert reference.line.dash != folder.line.dash
    assert (reference.fill, folder.fill) == (None, "tozeroy")


def test_every_figure_of_a_film_has_the_title_of_its_axis():
    assert set(AXES) == {"distance", "probability", *NAMES}
    title = distributions(DRAWN, height=200).layout.xaxis.title.text
    assert title.replace("<br>", " ") == AXES["mean"]


def test_a_part_of_the_film_is_said_in_per_cent():
    figure = distributions(Distributions("black", DRAWN.folder, DRAWN.reference), height=200)

    assert figure.data[0].customdata[-1] == "100 %"
    assert written("contrast", 0.25) == "0.25"


def test_figures_that_are_all_the_same_are_drawn():
    same = Distributions("size", np.full(50, 8.0), np.full(60, 8.0))

    reference, folder = distributions(same, height=200).data

    assert max(folder.y) == max(reference.y) == 100


def test_what_lies_along_a_logarithm_is_written_as_it_is():
    sizes = np.log2([256, 512, 1024])
    figure = distributions(Distributions("size", sizes, sizes - 1), height=200)

    ticks = dict(zip(figure.layout.xaxis.tickvals, figure.layout.xaxis.ticktext, strict=True))
    assert ticks[10] == "1,024"
    assert figure.data[0].customdata[0] == "128 pixels"
