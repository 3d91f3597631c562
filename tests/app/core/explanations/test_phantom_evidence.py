"""Explanations of phantoms, whose consolidations are known: the evidence lies on them."""

import functools

import cv2
import numpy as np
import pytest

from app.core.explanations.explainer import Explainer
from app.core.explanations.methods import METHODS
from app.core.images import decoding
from app.core.scoring.engine import Engine
from model_training.phantoms.dataset import PlannedFilm, draw

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def on_phantoms(phantom_bundle):
    """The evidence for pneumonia in a sample, by its path and the method, each computed once.

    As the app does it: Score-CAM and occlusion take their logits from the scoring backend.
    """
    engine = Engine(phantom_bundle)
    explainer = Explainer(
        engine.network,
        phantom_bundle.manifest.input,
        logits_of=lambda pixels: engine.backend.run(pixels)[0],
    )

    @functools.cache
    def evidence(path, key):
        film = decoding.decode(path.read_bytes())
        return explainer.explain(film, method=key, class_index=1).evidence

    return evidence


ABNORMAL = ["phantom0112_1", "phantom0120_2"]


@pytest.mark.parametrize("sample", ABNORMAL)
def test_on_phantoms_the_evidence_lies_on_the_consolidations(sample, phantom_bundle, on_phantoms):
    """The samples are drawn from a seed, so where their consolidations are is known."""
    path = next(path for path in phantom_bundle.samples if path.stem == sample)
    film = decoding.decode(path.read_bytes())
    patient, number = int(sample[7:11]) - 1, int(sample[12:]) - 1
    drawn, _ = draw(PlannedFilm(patient, number, "test"), seed=8, size=512)
    np.testing.assert_array_equal(film.pixels, drawn.pixels)
    inside = np.any(drawn.consolidations, axis=0)

    for key in METHODS:
        enlarged = cv2.resize(on_phantoms(path, key), (512, 512), interpolation=cv2.INTER_LINEAR)
        positive = np.maximum(enlarged, 0)
        # From 2 times, for the grain of SmoothGrad, to 11 times, for occlusion.
        assert positive[inside].mean() > 2 * positive[~inside].mean(), key


def test_the_scale_separates_abnormal_from_normal_phantoms(phantom_bundle, on_phantoms):
    """Which maps drawn each on a scale of its own cannot; nor does SmoothGrad, a slope."""
    normal = [path for path in phantom_bundle.samples if path.parent.name == "NORMAL"][:2]
    abnormal = [path for path in phantom_bundle.samples if path.stem in ABNORMAL]

    for key in ("grad_cam", "layer_cam", "score_cam", "occlusion"):
        lowest = min(on_phantoms(path, key).max() for path in abnormal)
        assert lowest > max(on_phantoms(path, key).max() for path in normal), key
