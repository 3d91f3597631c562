import numpy as np
import pytest

from model_training.training.class_imbalance import (
    class_frequencies,
    class_weights,
    initial_output_bias,
)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((1, 3), [1.0986123]), ((30, 10), [-1.0986123]), ((5, 5), [0.0]),
     ((10, 30, 60), [-2.3025851, -1.2039728, -0.5108256])],
)  # fmt: skip
def test_initial_bias_by_hand(counts, expected):
    bias = initial_output_bias(counts)

    assert bias.dtype == np.float32
    np.testing.assert_allclose(bias, expected, atol=1e-6)


@pytest.mark.parametrize("imbalance", ["weights", "oversample", "both"])
@pytest.mark.parametrize("counts", [(30, 10), (1, 99), (10, 30, 60)])
def test_drawing_and_weighting_together_make_classes_count_alike(counts, imbalance):
    drawn = np.array(counts) * class_frequencies(counts, imbalance)
    weights = class_weights(counts, imbalance)

    assert drawn.sum() == pytest.approx(sum(counts))
    assert (weights * drawn).sum() == pytest.approx(sum(counts))
    np.testing.assert_allclose(weights * drawn, sum(counts) / len(counts))


@pytest.mark.parametrize(
    ("counts", "expected"), [((30, 10), (2 / 3, 2.0)), ((10, 30, 60), (10 / 3, 10 / 9, 5 / 9))]
)
def test_class_weights_by_hand(counts, expected):
    np.testing.assert_allclose(class_weights(counts, "weights"), expected)
    np.testing.assert_allclose(class_weights(counts, "none"), 1)
