"""Evidence as pictures."""

import cv2
import numpy as np
import pytest

from app.core.rendering.heatmaps import overlay_layer, screen_layer


def premultiplied(layer):
    """As a browser enlarges a picture: colours weighted by their opacity."""
    return layer[..., :3] * (layer[..., 3:] / 255.0)


def test_a_layer_for_the_screen_looks_as_one_as_large_as_the_film():
    evidence = np.random.default_rng(0).normal(0, 0.3, (6, 7)).astype(np.float32)
    shape = (1400, 1800)
    small = screen_layer(evidence, shape=shape, scale=0.34)

    stretched = cv2.resize(premultiplied(small), shape[::-1], interpolation=cv2.INTER_LINEAR)
    difference = np.abs(stretched - premultiplied(overlay_layer(evidence, shape=shape, scale=0.34)))

    assert small.shape == (398, 512, 4)
    assert difference.mean() < 0.5
    assert np.quantile(difference, 0.999) < 6


@pytest.mark.parametrize(
    ("cells", "film", "expected"),
    [
        ((6, 6), (300, 200), (300, 200)),  # a small film is not enlarged
        ((600, 600), (1200, 2400), (600, 1200)),  # no cell is left out
        ((6, 6), (2000, 20), (600, 6)),
        ((3000, 3000), (2048, 2048), (2048, 2048)),
    ],
)
def test_a_layer_for_the_screen_is_as_large_as_it_need_be(cells, film, expected):
    layer = screen_layer(np.zeros(cells, np.float32), shape=film, scale=1.0)

    assert layer.shape == (*expected, 4)
