"""SavedModels, TensorFlow Lite and OpenVINO answer in a bundle as the network they are of."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from app.core.backends.running import logits_function
from app.core.statistics.calibration import softmax
from model_training.importing.imported import Said, import_network
from model_training.importing.refusal import NotImportedError
from tests.model_training.importing import graph_files
from tests.model_training.importing.graph_files import films


@pytest.fixture(scope="module")
def of_tensorflow(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tensorflow")
    with pytest.MonkeyPatch.context():
        model = graph_files.write_tensorflow(folder)
    return folder, model


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("saved_model", "a TensorFlow SavedModel"),
        ("plain_model", "a TensorFlow SavedModel"),
        ("model.tflite", "TensorFlow Lite"),
        ("model.xml", "OpenVINO IR"),
    ],
)
def test_other_formats_of_one_network_answer_as_keras_does(of_tensorflow, name, kind):
    folder, model = of_tensorflow
    pixels = films()

    imported = import_network(folder / name, Said(classes=("A", "B", "C"), scale="0..1"))

    expected = np.asarray(model(pixels / 255))
    assert imported.kind == kind
    assert imported.network.heatmap_layer
    assert imported.network.takes_batches
    assert np.abs(softmax(logits_function(imported.network)(pixels)) - expected).max() < 1e-5


@pytest.mark.filterwarnings("ignore")
def test_files_of_other_formats_that_are_damaged(of_tensorflow, tmp_path):
    folder, _ = of_tensorflow
    shutil.copytree(folder / "saved_model", tmp_path / "linked")
    (tmp_path / "linked" / "assets" / "passwd").symlink_to("/etc/passwd")
    shutil.copytree(folder / "saved_model", tmp_path / "cut")
    graph = tmp_path / "cut" / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:300])
    lite = (folder / "model.tflite").read_bytes()
    (tmp_path / "cut.tflite").write_bytes(lite[: len(lite) // 2])
    shutil.copy(folder / "model.xml", tmp_path / "alone.xml")

    for name, words in (
        ("linked", "has a link in it, passwd"),
        ("cut", "cannot be read as a TensorFlow SavedModel"),
        ("cut.tflite", "cannot be read as TensorFlow Lite"),
        ("alone.xml", "alone.bin is missing"),
    ):
        with pytest.raises(NotImportedError, match=words):
            import_network(tmp_path / name, Said(classes=("A", "B", "C"), scale="0..1"))


@pytest.mark.filterwarnings("ignore")
def test_a_model_of_integers_is_refused_and_one_of_quantised_weights_is_not(
    of_tensorflow, tmp_path
):
    _, model = of_tensorflow
    said, pixels = Said(classes=("A", "B", "C"), scale="0..1"), films()
    whole, inside, weights = (
        graph_files.quantised(model, tmp_path / f"{kind}.tflite", kind, pixels / 255)
        for kind in ("whole", "inside", "weights")
    )

    for path in (whole, inside):
        with pytest.raises(NotImportedError, match="answers in whole numbers"):
            import_network(path, said)
    imported = import_network(weights, said)

    expected = np.asarray(model(pixels / 255))
    assert np.abs(softmax(logits_function(imported.network)(pixels)) - expected).max() < 5e-3


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("inside", ["", "folder/model"])
def test_a_saved_model_comes_as_a_zip(of_tensorflow, tmp_path, inside):
    folder, model = of_tensorflow
    shutil.copytree(folder / "saved_model", tmp_path / "root" / inside)
    path = Path(shutil.make_archive(str(tmp_path / "model"), "zip", tmp_path / "root"))
    (tmp_path / "temporary").mkdir()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
        imported = import_network(path, Said(classes=("A", "B", "C"), scale="0..1"))

    expected = np.asarray(model(films() / 255))
    assert np.abs(softmax(logits_function(imported.network)(films())) - expected).max() < 1e-5
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["saved_model.pb", "../variables/variables.index"], "leads outside"),
        (["a/saved_model.pb", "b/saved_model.pb"], "2 SavedModels"),
        (["saved_model.pb"], "model.zip cannot be read as a TensorFlow SavedModel"),
    ],
)
def test_a_zip_of_a_saved_model_that_is_none(tmp_path, names, words):
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"nothing")

    with pytest.raises(NotImportedError, match=words):
        import_network(tmp_path / "model.zip", Said(classes=("A", "B"), scale="imagenet"))
