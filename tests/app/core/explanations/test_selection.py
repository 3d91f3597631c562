"""What is asked for and on which scale it is drawn, in numbers and in words."""

from io import BytesIO

import numpy as np
import pytest

from app.core.bundles.heatmap import Heatmap
from app.core.explanations.methods import METHODS
from app.core.explanations.selection import (
    Choice,
    Scale,
    default_choice,
    describe_scale,
    format_evidence,
    format_ticks,
    npy,
    scale_of,
)

HEATMAP = Heatmap(layer="conv5", scale=0.34)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layer", ["conv5", "conv3", None])
def test_the_bundles_scale_fits_only_what_it_was_fixed_for(method, layer):
    evidence = np.array([[-3.0, 2.0]], np.float32)

    scale = scale_of(evidence, Choice(method, layer, 1), HEATMAP)

    shared = method in ("grad_cam", "hires_cam") and layer == "conv5"
    assert scale == (Scale(0.34, is_shared=True) if shared else Scale(2.0, is_shared=False))


def test_each_finding_has_a_scale_of_its_own():
    heatmap = Heatmap(layer="conv5", scale={"EFFUSION": 0.5, "NODULE": 1.5})

    scales = [
        scale_of(np.zeros((1, 1), np.float32), Choice("grad_cam", "conv5", index), heatmap)
        for index in range(2)
    ]

    assert scales == [Scale(0.5, is_shared=True), Scale(1.5, is_shared=True)]


def test_without_films_to_choose_a_scale_on_each_has_its_own():
    """Or films of a network with small logits would be said to have no evidence at all."""
    heatmap, choice = Heatmap(layer="conv5", scale=None), Choice("grad_cam", "conv5", 0)

    assert scale_of(np.array([[0.01, -2.0]], np.float32), choice, heatmap) == Scale(
        pytest.approx(0.01), is_shared=False
    )
    assert scale_of(np.array([[-1.0]], np.float32), choice, heatmap).top > 0


@pytest.mark.parametrize("peak", [0.0, -1.0])
def test_a_map_without_positive_evidence_has_a_scale_above_it(peak):
    evidence = np.full((2, 2), peak, np.float32)

    assert scale_of(evidence, Choice("occlusion", None, 0), HEATMAP).top > 0


def test_the_description_of_a_scale_has_number_unit_and_scope():
    assert describe_scale(Scale(0.34, is_shared=True), "logits") == (
        "Colours up to 0.34 logits, the same for every film."
    )
    assert describe_scale(Scale(1545.2, is_shared=False), "logits × activation") == (
        "Colours up to 1,545 logits × activation, the maximum of this film; not comparable between "
        "films."
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (0.08749, "0.0875"), (12.34, "12.3"), (999.6, "1,000"), (88881.2, "88,881")],
)
def test_evidence_has_three_significant_digits_or_is_an_integer(value, words):
    assert format_evidence(value) == words


@pytest.mark.parametrize(
    ("top", "ticks"),
    [
        (0.301, ["0", "0.075", "0.150", "0.226", "0.301"]),
        (3.2, ["0", "0.80", "1.60", "2.40", "3.20"]),
        (1545.2, ["0", "386", "773", "1,159", "1,545"]),
        (1e-6, ["0", "0.00000025", "0.00000050", "0.00000075", "0.00000100"]),
    ],
)
def test_the_ticks_of_a_colour_bar_have_as_many_digits_as_its_top(top, ticks):
    assert format_ticks(top) == ticks


def test_every_choice_has_its_own_name():
    choices = [
        Choice(method, layer, index)
        for method in METHODS
        for layer in ("conv3", None)
        for index in (0, 1)
    ]

    assert len({choice.name for choice in choices}) == len(choices)
    assert default_choice(HEATMAP, 1).description == "Grad-CAM at conv5"
    assert Choice("occlusion", None, 1).description == "Occlusion"


def test_values_come_back_as_they_were():
    evidence = np.array([[1.5, -2.0]], np.float32)

    np.testing.assert_array_equal(np.load(BytesIO(npy(evidence))), evidence)
