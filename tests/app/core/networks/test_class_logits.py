"""One sigmoid tells both of two classes; several logits are one a class."""

import numpy as np
import pytest

from app.core.networks.class_logits import (
    class_logits,
    class_probabilities,
    class_weights,
    other_class,
    values_of_class,
)


def test_class_logits_of_a_sigmoid_are_zero_and_the_logit():
    np.testing.assert_array_equal(
        class_logits(np.array([[2.0], [-1.0]], np.float32)), [[0, 2], [0, -1]]
    )
    np.testing.assert_array_equal(class_logits(np.array([[1.0, 2, 3]])), [[1, 2, 3]])


def test_both_probabilities_add_up_to_one():
    np.testing.assert_array_equal(
        class_probabilities(np.array([0.25, 1.0])), [[0.75, 0.25], [0, 1]]
    )


def test_evidence_for_one_of_two_classes_is_evidence_against_the_other():
    maps = np.arange(6, dtype=np.float32).reshape(3, 2, 1)

    np.testing.assert_array_equal(values_of_class(maps, 1), maps[..., 0])
    np.testing.assert_array_equal(values_of_class(maps, 0), -maps[..., 0])
    np.testing.assert_array_equal(other_class(values_of_class(maps, 1)), values_of_class(maps, 0))


@pytest.mark.parametrize("class_index", [0, 1, 2])
def test_with_a_logit_a_class_each_has_its_own(class_index):
    maps = np.arange(18, dtype=np.float32).reshape(3, 2, 3)

    np.testing.assert_array_equal(values_of_class(maps, class_index), maps[..., class_index])


@pytest.mark.parametrize(("num_logits", "class_index"), [(1, 0), (1, 1), (3, 0), (3, 2)])
def test_weights_give_the_logit_of_a_class(num_logits, class_index):
    logits = np.array([1.5, -2.0, 4.0], np.float32)[:num_logits]

    weights = class_weights(class_index, num_logits=num_logits)

    assert weights.dtype == np.float32
    assert logits @ weights == values_of_class(logits, class_index)
