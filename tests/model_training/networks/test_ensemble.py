from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from app.core.backends.openvino_cpu import compile_for_cpu, load_openvino
from app.core.backends.scoring_graph import scoring_function
from app.core.networks.network import Network
from model_training.networks.blocks import with_independent_outputs
from model_training.networks.catalogue import PRESETS
from model_training.networks.ensemble import FEATURES, merge

pytestmark = pytest.mark.slow

FILMS = np.random.default_rng(0).uniform(0, 255, (3, 64, 64, 1)).astype(np.float32)


def member(preset, *, outputs=1, seed=0, **settings):
    keras.utils.set_random_seed(seed)
    model = PRESETS[preset].build(
        input_shape=(64, 64, 1),
        output_bias=np.full(outputs, 0.1 * seed, np.float32),
        **settings,
    )
    for layer in model.layers:  # statistics as training leaves them, other for each member
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights([gamma + 0.3, beta, mean + 0.1 * seed, variance * (1 + seed)])
    return Network(model, PRESETS[preset].heatmap_layer)


def logits(network):
    return np.asarray(network.logits_model(FILMS, training=False)[1])


def in_openvino(network):
    """Probabilities of the films, from the network converted as for scoring."""
    signature = [tf.TensorSpec((None, *FILMS.shape[1:]), tf.float32)]
    score = tf.function(lambda pixels: network.model(pixels, training=False), signature)
    frozen = convert_variables_to_constants_v2(score.get_concrete_function())
    return compile_for_cpu(load_openvino().convert_model(frozen.graph), streams=1)(FILMS)[0]


@pytest.mark.parametrize(
    ("preset", "outputs", "seeds"),
    [
        ("basic-cnn", 1, (1, 2, 3)),
        ("probreathe", 3, (1, 2)),
        ("residual", 1, (1, 2)),
    ],
)
def test_the_logit_is_the_mean_of_the_members(preset, outputs, seeds, tmp_path):
    members = [member(preset, outputs=outputs, seed=seed) for seed in seeds]
    expected = np.mean([logits(one) for one in members], axis=0)

    merged = merge(members)
    np.testing.assert_allclose(logits(merged), expected, rtol=1e-4, atol=1e-5)

    merged.model.save(tmp_path / "model.keras")
    reloaded = Network(keras.models.load_model(tmp_path / "model.keras"), FEATURES)
    np.testing.assert_allclose(logits(reloaded), expected, rtol=1e-4, atol=1e-5)
    shares = np.asarray(reloaded.model(FILMS))
    if outputs == 1:
        np.testing.assert_allclose(shares, 1 / (1 + np.exp(-expected)), rtol=1e-4)
    else:
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert not [layer for layer in reloaded.model.layers if isinstance(layer, keras.Model)]


def test_networks_of_several_reductions_are_one_that_openvino_runs_alike():
    small = {"filters": (8, 8, 16, 16, 24)}
    members = [member("residual", seed=n, reduction=n, **small) for n in (1, 2)]
    expected = np.mean([logits(one) for one in members], axis=0)

    merged = merge(members)

    np.testing.assert_allclose(logits(merged), expected, rtol=1e-4, atol=1e-5)
    assert merged.model.get_layer(FEATURES).output.shape == (None, 4, 4, 48)
    np.testing.assert_allclose(in_openvino(merged), merged.model(FILMS), atol=1e-5)


def test_the_heatmap_is_the_mean_of_the_members():
    members = [member("probreathe", seed=seed) for seed in (1, 2)]
    merged = merge(members)

    def evidence(network):
        return np.asarray(scoring_function(network)(FILMS)[1])

    expected = np.mean([evidence(network) for network in members], axis=0)
    assert np.abs(expected).max() > 1e-4
    np.testing.assert_allclose(evidence(merged), expected, rtol=1e-3, atol=1e-6)


def test_the_members_are_left_as_they_were():
    members = [member("basic-cnn", seed=seed) for seed in (1, 2)]
    before = [logits(one) for one in members]

    merge(members)

    for network, expected in zip(members, before, strict=True):
        np.testing.assert_array_equal(logits(network), expected)


def test_one_network_or_unlike_ones_are_refused():
    with pytest.raises(ValueError, match=r"at least 2 networks\. Received 1"):
        merge([member("basic-cnn")])
    with pytest.raises(ValueError, match="same input, outputs and heatmap layer"):
        merge([member("basic-cnn"), member("residual")])


def test_independent_outputs_stay_independent():
    members = [
        Network(with_independent_outputs(one.model), one.heatmap_layer)
        for one in (member("basic-cnn", outputs=3, seed=seed) for seed in (1, 2))
    ]

    merged = merge(members)

    expected = 1 / (1 + np.exp(-np.mean([logits(one) for one in members], axis=0)))
    np.testing.assert_allclose(merged.model(FILMS), expected, rtol=1e-4, atol=1e-5)
