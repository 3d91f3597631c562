"""Networks converted once, kept by digest, and refused where OpenVINO computes something else."""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openvino
import pytest

from app.core.backends import conversion
from app.core.backends.backend import open_backend
from app.core.backends.conversion import MODEL_FILE, UnsupportedNetworkError, converted
from app.core.bundles.bundle import load_bundle
from app.core.bundles.reference_section import FeatureLayer
from app.core.errors import BundleError
from app.core.networks.class_logits import class_logits
from app.core.networks.feature_pooling import feature_function
from app.core.networks.network import load_network
from app.core.settings import read_settings
from app.core.statistics.calibration import sigmoid, softmax
from tests.bundles import make_bundle, with_feature_layers

pytestmark = pytest.mark.slow

MODELS = Path(__file__).parents[4] / "models"


# One of each kind. What is converted is compared with Keras, or refused, whatever the bundle, and
# tests/test_shipped_models.py scores with all of them.
@pytest.mark.parametrize("name", ["phantom-chest", "phantom-findings"])
def test_both_backends_give_a_shipped_bundle_one_probability(name):
    bundle = load_bundle(MODELS / name)
    size = bundle.manifest.input
    shape = (6, size.height, size.width, size.channels)
    films = np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)
    films[3:] = np.linspace(0, 255, size.width)[None, None, :, None]

    first, second = (
        open_backend(bundle, choice, cache=read_settings().converted, workers=2).run(films)
        for choice in ("openvino", "tensorflow")
    )

    probabilities = sigmoid if bundle.manifest.task.any_of else softmax
    shares = [probabilities(class_logits(one[0])) for one in (first, second)]
    np.testing.assert_allclose(shares[0], shares[1], atol=1e-4)
    scale = bundle.manifest.heatmap.scale
    lowest = min(scale.values()) if isinstance(scale, Mapping) else scale
    np.testing.assert_allclose(first[1], second[1], atol=1e-3 * lowest)


def test_it_is_converted_once(bundle, tmp_path, monkeypatch):
    folder = converted(bundle, tmp_path)
    written = (folder / MODEL_FILE).stat().st_mtime_ns
    monkeypatch.setattr(conversion, "write", None)

    assert converted(bundle, tmp_path) == folder
    assert (folder / MODEL_FILE).stat().st_mtime_ns == written
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


@pytest.mark.parametrize("name", ["bundle", "three_class_bundle"])
def test_both_backends_give_the_features_of_a_reference(name, request, tmp_path):
    bundle = request.getfixturevalue(name)
    layers = (
        FeatureLayer(layer="pixels", grid=4, spread=True),
        FeatureLayer(layer=bundle.manifest.heatmap.layer, spread=True),
    )
    referenced = with_feature_layers(bundle, tmp_path / "with", layers)
    size = bundle.manifest.input
    shape = (3, size.height, size.width, size.channels)
    films = np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)

    network = load_network(referenced)
    expected = np.asarray(feature_function(network.model, layers)(films))
    for choice in ("openvino", "tensorflow"):
        with_them = open_backend(referenced, choice, cache=tmp_path / "kept", workers=1).run(films)
        without = open_backend(bundle, choice, cache=read_settings().converted, workers=1).run(
            films
        )
        np.testing.assert_allclose(with_them.features, expected, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(with_them.logits, without.logits, atol=1e-5)
        np.testing.assert_allclose(with_them.maps, without.maps, atol=1e-5)
        assert without.features is None


def test_layers_that_do_not_fit_the_network(bundle, tmp_path):
    referenced = with_feature_layers(bundle, tmp_path / "with", [FeatureLayer(layer="nowhere")])
    with pytest.raises(BundleError, match="does not fit its network: there is no layer 'nowhere'"):
        load_network(referenced)


# Python imports this as `sitecustomize`; the process that converts writes down how it ends.
NOTES_OF_CONVERSION = """
import atexit, gc, sys
from importlib.util import find_spec
from pathlib import Path

def note():
    loaded = {"matplotlib", "sklearn"} & set(sys.modules)
    # Nothing of that size can be imported this late; what is barred has no specification either.
    told = sys.modules["openvino_telemetry"], loaded, gc.isenabled(), bool(find_spec("sklearn"))
    Path(__file__).with_name("notes.txt").write_text(repr(told))

if "app.core.backends.conversion" in sys.orig_argv:
    atexit.register(note)
"""


def test_scoring_loads_no_tensorflow_and_the_conversion_no_more_than_it_needs(bundle, tmp_path):
    """A process of its own converts, before the first film is scored.

    OpenVINO's converter writes a client's number into the home folder and reports to a server.
    Keras loads what it would plot with; without that, TensorFlow is there in two thirds the time.
    """
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from app.core.bundles.bundle import load_bundle\n"
        "from app.core.scoring.engine import Engine\n"
        "from app.core.sources.sources import from_paths\n"
        "engine = Engine(load_bundle(Path(sys.argv[1])), cache=Path(sys.argv[2]))\n"
        "print([result.status for result in engine.score(from_paths([Path(sys.argv[3])]))])\n"
        "print({'keras', 'tensorflow'} & set(sys.modules))"
    )
    film = next((MODELS / "phantom-chest" / "samples").rglob("*.png"))
    (tmp_path / "sitecustomize.py").write_text(NOTES_OF_CONVERSION)
    path = os.pathsep.join([str(tmp_path), str(MODELS.parent)])
    done = subprocess.run(
        [sys.executable, "-c", code, str(bundle.path), str(tmp_path / "kept"), str(film)],
        env=os.environ | {"HOME": str(tmp_path / "home"), "PYTHONPATH": path},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.splitlines() == ["['ok']", "set()"]
    assert (tmp_path / "notes.txt").read_text() == "(None, set(), True, True)"
    assert list((tmp_path / "kept").glob(f"*/{MODEL_FILE}"))
    assert not (tmp_path / "home" / "intel").exists()


def test_a_network_that_openvino_computes_otherwise_is_left_to_tensorflow(
    bundle, tmp_path, monkeypatch
):
    monkeypatch.setattr(conversion, "TOLERANCE", -1.0)

    with pytest.raises(UnsupportedNetworkError, match="differ from"):
        converted(bundle, tmp_path)
    monkeypatch.undo()
    with pytest.raises(UnsupportedNetworkError, match="differ from"):  # remembered
        converted(bundle, tmp_path)
    chosen = open_backend(bundle, "auto", cache=tmp_path, workers=1)
    assert chosen.description.startswith("TensorFlow")
    assert "differ from" in chosen.description
    with pytest.raises(BundleError, match="auto or tensorflow"):
        open_backend(bundle, "openvino", cache=tmp_path, workers=1)


def test_overlapping_pools_behind_the_heatmap_layer_are_left_to_tensorflow(tmp_path, monkeypatch):
    """MaxPoolGrad has no counterpart; the network scores all the same."""
    import keras
    from keras import layers

    from model_training.networks import catalogue

    def build(*, input_shape, output_bias):
        pixels = keras.Input(input_shape)
        features = layers.Conv2D(4, 3, name="last_conv")(pixels)
        pooled = layers.Flatten()(layers.MaxPooling2D(3, strides=2)(features))
        return keras.Model(pixels, layers.Dense(1, activation="sigmoid")(pooled))

    from types import SimpleNamespace

    monkeypatch.setitem(
        catalogue.PRESETS, "basic-cnn", SimpleNamespace(build=build, heatmap_layer="last_conv")
    )
    bundle = make_bundle(tmp_path)

    root = logging.getLogger()
    before = root.level, list(root.filters), list(root.handlers)

    backend = open_backend(bundle, "auto", cache=tmp_path / "kept", workers=1)

    assert backend.description.startswith("TensorFlow")
    # OpenVINO turns the root logger down, and where it fails leaves it so.
    assert (root.level, root.filters, root.handlers) == before
    logits, maps, _ = backend.run(np.zeros((2, 48, 48, 1), np.float32))
    assert logits.shape == (2, 1)
    assert maps.shape == (2, 46, 46, 1)


def test_without_a_cache_it_is_converted_once_per_process(bundle, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file, not a folder")

    folder = converted(bundle, blocked / "cache")

    assert (folder / MODEL_FILE).is_file()
    assert converted(bundle, blocked / "cache") == folder


def test_a_disk_that_is_full_for_a_while_is_not_remembered(bundle, tmp_path, monkeypatch):
    def full(*arguments, **settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(openvino, "save_model", full)
    with pytest.raises(BundleError, match=r"could not be prepared for scoring \(OSError\)"):
        open_backend(bundle, "auto", cache=tmp_path, workers=1)
    monkeypatch.undo()

    assert open_backend(bundle, "auto", cache=tmp_path, workers=1).description.startswith(
        "OpenVINO"
    )


def test_a_bundle_replaced_after_it_was_opened_is_not_cached_under_the_old_digest(bundle, tmp_path):
    opened = load_bundle(shutil.copytree(bundle.path, tmp_path / "models" / bundle.name))
    shutil.rmtree(opened.path)
    make_bundle(tmp_path / "models", seed=2)

    with pytest.raises(BundleError, match="was changed after it was opened"):
        converted(opened, tmp_path / "kept")
    in_another_process = subprocess.run(
        [sys.executable, "-m", "app.core.backends.conversion",
         str(opened.path), opened.sha256, str(tmp_path)],
        capture_output=True, text=True,
    )  # fmt: skip

    assert "was changed" in in_another_process.stdout
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_bundle_that_does_not_fit_says_so_from_the_other_process(bundle, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "app.core.backends.conversion", str(tmp_path), "", str(tmp_path)],
        capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 3
    assert done.stdout.startswith("There is no bundle in the folder")


def test_only_the_most_recently_used_networks_are_kept(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(conversion, "_MAX_KEPT", 3)
    for number in range(4):
        (tmp_path / f"old{number}").mkdir()
        os.utime(tmp_path / f"old{number}", (number, number))

    folder = converted(bundle, tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {folder.name, "old3", "old2"}
