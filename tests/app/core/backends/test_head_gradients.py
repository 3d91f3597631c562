"""Going back through a head gives what nudging each of its features does."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.backends.head_gradients import gradient_graph
from app.core.backends.openvino_cpu import compile_for_cpu, load_openvino

SHAPE = (4, 5, 7)


@pytest.fixture
def ops():
    return load_openvino().opset13


@pytest.fixture
def features(ops):
    return ops.parameter([-1, *SHAPE], np.float32)


def random(*shape):
    return np.random.default_rng(shape).normal(0, 1, shape).astype(np.float32)


def answer(model, start):
    return np.array(compile_for_cpu(model, streams=1)(start)[0])


def nudged(head, start, step=1e-3):
    one = head.clone()
    one.reshape([1, *SHAPE])
    compiled = compile_for_cpu(one, streams=1)
    steps = step * np.eye(start.size, dtype=np.float32).reshape(-1, 1, *SHAPE)
    differences = [
        compiled(start + nudge)[0][0].astype(np.float64) - compiled(start - nudge)[0][0]
        for nudge in steps
    ]
    return np.stack(differences, axis=1).reshape(-1, *SHAPE) / (2 * step)


def model_of(features, logits):
    return load_openvino().Model([logits.output(0)], [features])


def test_what_pytorch_flattens_and_makes_dense(ops, features):
    pooled = ops.max_pool(features, [1, 1], [1, 1], [1, 0], [1, 0], [3, 4]).output(0)
    pooled = ops.avg_pool(pooled, [1, 2], [0, 0], [0, 0], [1, 2], False)
    # A shape that is written for one image.
    flat = ops.reshape(pooled, np.array([1, -1]), False)
    dense = ops.relu(ops.add(ops.matmul(flat, random(40, 12), False, False), random(12)))
    square = ops.relu(ops.subtract(random(1, 12), ops.matmul(dense, random(12, 12), False, True)))
    scaled = ops.divide(ops.multiply(square, random(12)), np.float32(2))
    head = model_of(features, ops.matmul(scaled, random(3, 12), False, True))
    start = random(1, *SHAPE)

    found = answer(gradient_graph(head.clone()), start)

    expected = nudged(head, start)
    assert np.abs(found - expected).max() < 2e-3 * np.abs(expected).max()


def test_axes_that_are_moved_and_added(ops, features):
    last = ops.unsqueeze(ops.transpose(features, [0, 2, 3, 1]), np.array([1]))
    flat = ops.reshape(ops.squeeze(last, np.array([1])), np.array([0, -1]), True)
    head = model_of(features, ops.matmul(flat, random(140, 2), False, False))
    start = random(1, *SHAPE)

    found = answer(gradient_graph(head.clone()), start)

    assert np.abs(found - nudged(head, start)).max() < 1e-2


@pytest.mark.parametrize("kind", ["curved", "two ways"])
def test_other_heads_are_left_to_nudging(ops, features, kind):
    flat = ops.reshape(features, np.array([0, -1]), True)
    kinds = {"curved": lambda: ops.tanh(flat), "two ways": lambda: ops.add(flat, ops.relu(flat))}

    head = model_of(features, ops.matmul(kinds[kind](), random(140, 2), False, False))

    assert gradient_graph(head) is None
