"""Training on two devices, which are halves of this machine's processor."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from app.core.bundles.bundle import load_bundle
from app.core.errors import DatasetError
from app.core.networks.network import load_network
from model_training.cli import main
from model_training.training.distribution import choose_strategy, dtype_policy, require_one_machine

pytestmark = pytest.mark.slow

ON_TWO_DEVICES = """
import sys
import tensorflow as tf
processor = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
from model_training.training import distribution
assert distribution.choose_strategy().num_replicas_in_sync == 2
from model_training.cli import main
sys.exit(main(sys.argv[1:]))
"""

# Without batch normalisation, whose statistics each device takes from its own half of a batch.
SETTINGS = [
    "--preset", "custom-cnn", "--filters", "8", "16", "--normalisation", "none", "--epochs", "2",
    "--image-size", "32", "--batch-size", "8", "--validation-fraction", "0.4",
    "--augmentation", "none",
]  # fmt: skip


def test_two_devices_learn_what_one_learns(data, tmp_path):
    arguments = ["fit", str(data), *SETTINGS]
    done = subprocess.run(
        [sys.executable, "-c", ON_TWO_DEVICES, *arguments, "--out", str(tmp_path / "two")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert main([*arguments, "--out", str(tmp_path / "one")]) == 0

    two, one = load_bundle(tmp_path / "two"), load_bundle(tmp_path / "one")
    columns = ["loss", "val_loss", "val_auc"]
    np.testing.assert_allclose(two.history()[columns], one.history()[columns], rtol=1e-3)
    np.testing.assert_allclose(two.predictions()["logit"], one.predictions()["logit"], atol=1e-3)


def test_several_machines_are_refused_before_anything_is_decoded(
    data, tmp_path, monkeypatch, capsys
):
    workers = {"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(workers))
    cache = tmp_path / "cache"
    arguments = ["fit", str(data), *SETTINGS, "--cache", str(cache), "--out", str(tmp_path / "b")]

    assert main(arguments) == 1
    assert "TF_CONFIG names 2 machines" in capsys.readouterr().err
    assert not cache.exists()


@pytest.mark.parametrize("text", ["{}", '{"cluster": {"worker": ["a:1"]}}', ""])
def test_a_cluster_of_one_machine_counts_as_one_machine(text, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", text)

    require_one_machine()
    assert choose_strategy() is None


@pytest.mark.parametrize("text", ["no json", "[1]", '{"cluster": 3}'])
def test_a_cluster_that_cannot_be_read_is_named(text, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", text)

    with pytest.raises(DatasetError, match="TF_CONFIG is set but is not valid JSON"):
        require_one_machine()


def test_one_device_needs_no_strategy():
    assert choose_strategy() is None


@pytest.mark.parametrize(
    ("precision", "policy"), [("mixed", "mixed_float16"), ("float32", "float32")]
)
def test_precision_by_name(precision, policy):
    assert dtype_policy(precision).name == policy


def test_a_network_trained_in_mixed_precision_is_saved_in_float32(data, tmp_path):
    out = tmp_path / "mixed"
    arguments = ["fit", str(data), *SETTINGS, "--precision", "mixed", "--out", str(out)]

    assert main(arguments) == 0

    network = load_network(load_bundle(out))
    assert {layer.compute_dtype for layer in network.model.layers if layer.weights} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"
