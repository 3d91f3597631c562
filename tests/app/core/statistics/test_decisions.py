import numpy as np
import pytest

from app.core.statistics.decisions import predicted_classes

BINARY = np.array([[0.7, 0.3], [0.3, 0.7], [0.75, 0.25]])


def test_the_decision_threshold_decides_and_not_the_argmax():
    assert predicted_classes(BINARY, 0.3).tolist() == [1, 1, 0]
    assert predicted_classes(BINARY, 0.8).tolist() == [0, 0, 0]


def test_without_a_threshold_two_classes_are_not_decided():
    with pytest.raises(ValueError, match="`threshold` must be given"):
        predicted_classes(BINARY)


def test_of_three_classes_the_likeliest_is_predicted():
    probabilities = np.array([[0.2, 0.5, 0.3], [0.4, 0.3, 0.3]])

    for threshold in (None, 0.0, 0.9):
        assert predicted_classes(probabilities, threshold).tolist() == [1, 0]
