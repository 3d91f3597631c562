"""Published weights, fetched from a server of the test's own."""

import gc
import hashlib
import threading
import warnings
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from keras.src.applications import densenet, efficientnet_v2, mobilenet_v2, resnet

from app.core.errors import WeightsError
from model_training.networks.catalogue import PRESETS, ImageNet
from model_training.networks.pretrained import load_pretrained
from tests.model_training.networks.weight_files import (
    build,
    caffe_squeezenet,
    features,
    read_legacy,
)

# Networks with published sizes are built.
pytestmark = pytest.mark.slow


def test_imagenet_weights_come_from_where_keras_has_them():
    published = {name: preset.imagenet for name, preset in PRESETS.items() if preset.imagenet}

    assert published["densenet121"].url == densenet.DENSENET121_WEIGHT_PATH_NO_TOP
    assert published["mobilenetv2"].url.startswith(mobilenet_v2.BASE_WEIGHT_PATH)
    assert published["resnet50v2"] == ImageNet(
        f"{resnet.BASE_WEIGHTS_PATH}resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
        resnet.WEIGHTS_HASHES["resnet50v2"][1],
    )
    assert published["efficientnetv2b0"] == ImageNet(
        f"{efficientnet_v2.BASE_WEIGHTS_PATH}efficientnetv2-b0_notop.h5",
        efficientnet_v2.WEIGHTS_HASHES["b0"][1],
    )


@pytest.fixture
def published(squeezenet_file, monkeypatch, tmp_path):
    """A server that gives the small file, and an empty folder for what Keras keeps."""
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    handler = partial(SimpleHTTPRequestHandler, directory=squeezenet_file.parent)
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def publish(*, name=squeezenet_file.name, md5=None):
        imagenet = ImageNet(f"http://127.0.0.1:{server.server_port}/{name}", md5, bgr=True)
        monkeypatch.setitem(
            PRESETS, "squeezenet", replace(PRESETS["squeezenet"], imagenet=imagenet)
        )
        return imagenet.url

    yield publish
    server.shutdown()
    thread.join()
    server.server_close()
    # Keras leaves the answer of a failed download open; found later, it would fail another test.
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()


def test_imagenet_weights_are_fetched_once(published, squeezenet_file, colours, tmp_path, capsys):
    published(md5=hashlib.md5(squeezenet_file.read_bytes()).hexdigest())
    model = build("squeezenet")

    load_pretrained(model, "squeezenet", "imagenet")

    expected = caffe_squeezenet(read_legacy(squeezenet_file), colours)
    found = features(model, "squeezenet", colours)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    assert (tmp_path / "models" / squeezenet_file.name).exists()
    published(name=squeezenet_file.name + "?gone")
    assert capsys.readouterr().out == "", "the progress of the download belongs on stderr"


# Keras leaves the connection of a download that failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "change", [{"name": "gone.h5"}, {"md5": "0" * 32}], ids=["not there", "another file"]
)
def test_a_failed_download_says_what_to_fetch_and_how_to_pass_it(change, published):
    url = published(**change)

    with pytest.raises(WeightsError) as caught:
        load_pretrained(build("squeezenet"), "squeezenet", "imagenet")

    said = str(caught.value)
    assert said.startswith("The ImageNet weights of 'squeezenet' could not be downloaded.")
    assert url in said
    assert f"`--weights {url.rsplit('/')[-1]}`" in said


def test_a_network_without_a_backbone_has_no_imagenet_weights():
    with pytest.raises(WeightsError, match="for 'basic-cnn', only for squeezenet, mobile"):
        load_pretrained(build("basic-cnn", size=32, channels=1), "basic-cnn", "imagenet")
