"""Networks that are not Keras answer in a bundle as in their own framework."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnxruntime.transformers.float16 import convert_float_to_float16

from app.core.backends.running import logits_function, scores_function
from app.core.statistics.calibration import sigmoid, softmax
from model_training.importing.imported import Said, import_network
from model_training.importing.refusal import NotImportedError
from tests.model_training.importing import graph_files
from tests.model_training.importing.graph_files import films, normalised, onnx_answers, torch_like

CLASSES = ("NORMAL", "PNEUMONIA")


def said(**more):
    return Said(**({"classes": CLASSES, "scale": "imagenet", "head": "softmax"} | more))


@pytest.mark.parametrize("batch", ["batch", 1])
def test_a_network_of_pytorch_answers_as_onnx_does(tmp_path, batch):
    path = torch_like(tmp_path / "model.onnx", batch=batch)
    pixels = films()

    imported = import_network(path, said())

    expected = np.concatenate(
        [onnx_answers(path, normalised(pixels[at : at + 1])) for at in range(3)]
    )
    assert np.abs(logits_function(imported.network)(pixels) - expected).max() < 1e-5
    assert imported.network.heatmap_layer
    assert imported.network.takes_batches == (batch == "batch")
    assert imported.is_graph
    assert imported.kind == "ONNX"


def test_a_softmax_is_recognised_and_its_classes_put_in_order(tmp_path):
    path = torch_like(tmp_path / "model.onnx", ending="Softmax")
    pixels = films()

    imported = import_network(path, said(head=None, classes=("PNEUMONIA", "NORMAL")))

    expected = onnx_answers(path, normalised(pixels))
    found = softmax(logits_function(imported.network)(pixels))
    assert imported.classes == CLASSES
    assert np.abs(found - expected[:, ::-1]).max() < 1e-5


def test_the_other_class_of_one_sigmoid_is_its_complement(tmp_path):
    path = torch_like(tmp_path / "model.onnx", units=1, ending="Sigmoid", channels=1)
    pixels = films(channels=1)

    imported = import_network(path, said(head=None, scale="0..1", classes=("PNEUMONIA", "NORMAL")))

    expected = onnx_answers(path, pixels.transpose(0, 3, 1, 2) / np.float32(255))
    found = sigmoid(logits_function(imported.network)(pixels))
    assert np.abs(found - (1 - expected)).max() < 1e-5


def test_several_sigmoids_are_findings(tmp_path):
    path = torch_like(tmp_path / "model.onnx", units=14, ending="Sigmoid")
    names = tuple(f"FINDING {number}" for number in range(14))

    imported = import_network(path, said(head=None, classes=names))

    expected = onnx_answers(path, normalised(films()))
    assert imported.task == "any-of"
    assert np.abs(sigmoid(logits_function(imported.network)(films())) - expected).max() < 1e-5


def test_a_network_of_scikit_learn_has_scores_and_no_heatmap(tmp_path):
    path = graph_files.scikit_like(tmp_path / "mlp.onnx", features=16 * 20)
    pixels = films(channels=1, size=(16, 20))

    imported = import_network(path, Said(classes=("A", "B", "C"), scale="0..1", size=(16, 20)))

    expected = onnx_answers(path, (pixels / 255).reshape(3, -1))
    assert np.abs(softmax(logits_function(imported.network)(pixels)) - expected).max() < 1e-5
    assert imported.network.heatmap_layer == ""
    assert any("without heatmaps" in note for note in imported.notes)


@pytest.mark.parametrize("scale", ["0..255", "0..1", "-1..1", "imagenet", "caffe", "per-image"])
@pytest.mark.parametrize("blue_first", [False, True])
def test_pixels_are_scaled_as_in_keras(tmp_path, scale, blue_first):
    import keras

    from model_training.importing.scaling import scaled

    path = torch_like(tmp_path / "model.onnx")
    pixels = films()
    entrance = keras.Input((32, 48, 3))
    front = keras.Model(entrance, scaled(entrance, scale, blue_first=blue_first))

    imported = import_network(path, said(scale=scale, blue_first=blue_first))

    wanted = np.asarray(front(pixels)).transpose(0, 3, 1, 2)
    expected = onnx_answers(path, wanted)
    size = np.abs(expected).max()
    assert np.abs(logits_function(imported.network)(pixels) - expected).max() < 1e-5 * max(size, 1)


def test_weights_beside_the_model_are_read(tmp_path):
    path = torch_like(tmp_path / "model.onnx")
    expected = onnx_answers(path, normalised(films()))
    onnx.save(
        onnx.load(path), path, save_as_external_data=True, location="weights.bin", size_threshold=0
    )

    imported = import_network(path, said())

    assert np.abs(logits_function(imported.network)(films()) - expected).max() < 1e-5


def _pointing_to(location):
    def make(path):
        torch_like(path)
        model = onnx.load(path)
        onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
        model = onnx.load(path, load_external_data=False)
        for tensor in model.graph.initializer:
            for entry in tensor.external_data:
                if entry.key == "location":
                    entry.value = location
        path.write_bytes(model.SerializeToString())

    return make


def _truncated(path):
    torch_like(path)
    path.write_bytes(path.read_bytes()[:-700])


def _without_numbers(path):
    torch_like(path, weights={"b1": onnx.numpy_helper.from_array(np.full(8, np.nan, "f4"), "b1")})


def _own_operation(path):
    torch_like(path)
    model = onnx.load(path)
    model.graph.node[1].op_type, model.graph.node[1].domain = "Mystery", "com.example"
    model.opset_import.append(onnx.helper.make_opsetid("com.example", 1))
    onnx.save(model, path)


@pytest.mark.parametrize(
    ("make", "more", "words"),
    [
        (_pointing_to("missing.bin"), {}, "missing.bin, which is not beside it"),
        (_pointing_to("../../../etc/passwd"), {}, "outside its folder"),
        (_pointing_to("/etc/passwd"), {}, "outside its folder"),
        (_truncated, {}, "damaged"),
        (_without_numbers, {}, "not numbers"),
        (_own_operation, {}, "Mystery"),
        (lambda path: torch_like(path, size=("h", "w")), {}, "images of any size"),
        (lambda path: torch_like(path, size=("h", "w")), {"size": (8, 9)}, "16 to 4,096"),
        (lambda path: torch_like(path, size=("h", 48)), {"size": (32, 32)}, "whose width is 48"),
        (lambda path: torch_like(path), {"size": (64, 64)}, "Leave --size out"),
        (lambda path: torch_like(path, inputs=2, units=8), {}, "2 inputs"),
        (lambda path: torch_like(path, channels=4), {}, "1 channel for grey or 3"),
        (lambda path: torch_like(path), {"head": None}, "without activation"),
        (lambda path: torch_like(path), {"scale": None}, "how pixels were scaled"),
        (lambda path: torch_like(path), {"classes": ("A",)}, "2 classes; received 1"),
        (lambda path: torch_like(path, channels=1), {}, "mean for red"),
        (lambda path: graph_files.scikit_like(path, features=99), {}, "row of 99 numbers"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_what_to_do(tmp_path, make, more, words):
    path = tmp_path / "model.onnx"
    make(path)

    with pytest.raises(NotImportedError, match=words):
        import_network(path, said(**more))


def test_a_network_of_any_size_takes_the_one_that_is_said(tmp_path):
    path = torch_like(tmp_path / "model.onnx", size=("h", "w"))
    pixels = films(size=(24, 40))

    imported = import_network(path, said(size=(24, 40)))

    expected = onnx_answers(path, normalised(pixels))
    assert np.abs(logits_function(imported.network)(pixels) - expected).max() < 1e-5


def test_a_network_in_half_precision_has_its_heatmaps(tmp_path):
    path = torch_like(tmp_path / "model.onnx")
    full = import_network(path, said())
    onnx.save(convert_float_to_float16(onnx.load(path)), path)

    half = import_network(path, said())

    (logits, maps, _), (expected, seen, _) = (
        scores_function(one.network)(films()) for one in (half, full)
    )
    assert np.abs(logits - expected).max() < 0.01
    assert np.abs(maps - seen).max() < 0.01 * np.abs(seen).max()


def test_whole_numbers_are_not_given_fractions(tmp_path):
    path = torch_like(tmp_path / "model.onnx")
    model = onnx.load(path)
    model.graph.node[0].input[0] = "real"
    cast = onnx.helper.make_node("Cast", ["image"], ["real"], to=onnx.TensorProto.FLOAT)
    model.graph.node.insert(0, cast)
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8
    onnx.save(model, path)

    with pytest.raises(NotImportedError, match="takes whole numbers"):
        import_network(path, said(scale="0..1"))
    assert import_network(path, said(scale="0..255")).network.heatmap_layer


@pytest.mark.parametrize("head", ["softmax", "findings"])
def test_probabilities_that_are_called_logits(tmp_path, head):
    path = torch_like(tmp_path / "model.onnx", ending="Softmax" if head == "softmax" else "Sigmoid")
    model = onnx.load(path)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.float32(1), "one"))
    model.graph.node.append(onnx.helper.make_node("Mul", ["answer", "one"], ["last"]))
    model.graph.node.append(onnx.helper.make_node("Clip", ["last"], ["clipped"]))
    model.graph.output[0].name = "clipped"
    onnx.save(model, path)

    if head == "softmax":
        with pytest.raises(NotImportedError, match="are not logits: they are positive and add up"):
            import_network(path, said(head=head))
    else:
        notes = import_network(path, said(head=head)).notes
        assert any("lie between 0 and 1, as probabilities do" in note for note in notes)


def test_old_operators_are_read(tmp_path):
    path = torch_like(tmp_path / "model.onnx", opset=7)

    imported = import_network(path, said())

    expected = onnx_answers(path, normalised(films()))
    assert np.abs(logits_function(imported.network)(films()) - expected).max() < 1e-5


def test_a_network_that_answers_all_alike_is_called_odd(tmp_path):
    nothing = onnx.numpy_helper.from_array(np.zeros((2, 8), np.float32), "w3")

    imported = import_network(torch_like(tmp_path / "m.onnx", weights={"w3": nothing}), said())

    assert any("have the same answer" in note for note in imported.notes)


def test_a_thousand_classes(tmp_path):
    path = torch_like(tmp_path / "model.onnx", units=1000, ending="Softmax")
    names = tuple(f"CLASS {number}" for number in range(1000))

    imported = import_network(path, said(head=None, classes=names))

    found = softmax(logits_function(imported.network)(films()))
    assert np.abs(found - onnx_answers(path, normalised(films()))).max() < 1e-5
