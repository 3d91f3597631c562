"""RISE against its formula written out, and where its answer is known."""

import math

import numpy as np
import pytest

from app.core.explanations import rise as module
from app.core.explanations.class_activation import blurred
from app.core.explanations.rise import rise
from tests.app.core.explanations.small import logit_of, network


@pytest.fixture(scope="module")
def bent():
    """A network that is not linear: the mean of what is brighter than 90 in the first channel."""
    return network([[1.0], [0.2]], [-90], [[0.4]], activation="relu")


@pytest.fixture(scope="module")
def film():
    return np.random.default_rng(2).integers(0, 256, (30, 44, 2)).astype(np.uint8)


def plain_mask(generator, height, width):
    """A mask as the paper describes it, pixel by pixel."""
    cell = math.ceil(min(height, width) / 7)
    rows, columns = math.ceil(height / cell) + 1, math.ceil(width / cell) + 1
    kept = generator.random((rows, columns)) < 0.5
    top, left = generator.integers(0, cell, 2)
    mask = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            # Centre of the pixel, in cells from the centre of the first one.
            y = min(max((row + top + 0.5) / cell - 0.5, 0), rows - 1)
            x = min(max((column + left + 0.5) / cell - 0.5, 0), columns - 1)
            for j in (math.floor(y), math.floor(y) + 1):
                for i in (math.floor(x), math.floor(x) + 1):
                    if j < rows and i < columns and kept[j, i]:
                        mask[row, column] += (1 - abs(y - j)) * (1 - abs(x - i))
    return mask


def test_it_is_the_mean_logit_with_a_pixel_kept_less_that_over_all_masks(bent, film):
    logit = logit_of(bent)
    generator, hidden = np.random.default_rng(0), blurred(film)
    masks, answers = [], []
    for _ in range(20):
        mask = plain_mask(generator, 30, 44)
        seen = mask[:, :, None] * film + (1 - mask[:, :, None]) * hidden
        masks.append(mask)
        answers.append(logit.of(seen[None].astype(np.float32))[0])
    expected = np.zeros((30, 44))
    for row in range(30):
        for column in range(44):
            kept = [mask[row, column] for mask in masks]
            expected[row, column] = np.average(answers, weights=kept) - np.mean(answers)

    found = rise(logit, film, num_masks=20)

    assert found.dtype == np.float32
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_single_bright_spot_is_found_with_the_sign_of_the_class():
    """Hidden, the spot is spread over the film, and what is bright is lost to the ReLU."""
    film = np.full((35, 35, 1), 80, np.uint8)
    film[10:13, 22:25] = 255
    spot = network([[1.0]], [-100], [[1.0]], activation="relu")

    evidence, against = (rise(logit_of(spot, index), film, num_masks=400) for index in (1, 0))

    row, column = np.unravel_index(evidence.argmax(), evidence.shape)
    assert abs(row - 11) <= 2
    assert abs(column - 23) <= 2
    # Half of the masks keep it anyway, so that it adds at most half of what it is worth.
    assert 0.15 < evidence.max() < 0.5 * 155 * 9 / 35**2
    assert np.abs(evidence[20:, :15]).max() < 0.2 * evidence.max()
    np.testing.assert_allclose(against, -evidence, atol=1e-5)


def test_a_film_always_has_the_same_map_in_batches_of_eight(bent, film, monkeypatch):
    steps = []
    first = rise(logit_of(bent), film, num_masks=20, progress=lambda *done: steps.append(done))
    monkeypatch.setattr(module, "BATCH_SIZE", 7)

    assert steps == [(8, 20), (16, 20), (20, 20)]
    np.testing.assert_allclose(rise(logit_of(bent), film, num_masks=20), first, atol=1e-5)
