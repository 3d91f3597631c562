"""What the start of a graph says of its pixels: their scaling, and how many images at once."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from app.core.backends.graph_backend import GraphBackend
from app.core.backends.running import logits_function
from model_training.importing.imported import Said, import_network
from model_training.importing.refusal import NotImportedError
from tests.model_training.importing.graph_files import films, normalised, onnx_answers, torch_like

CLASSES = ("NORMAL", "PNEUMONIA")


def said(**more):
    return Said(**({"classes": CLASSES, "scale": "imagenet", "head": "softmax"} | more))


def _with(path, *, before=(), reshaped=False):
    """The network of PyTorch with arithmetic before it, or with a batch of 1 written into it."""
    torch_like(path, batch=1 if reshaped else "batch")
    model = onnx.load(path)
    name = "image"
    for number, (operation, value) in enumerate(before):
        constant = onnx.numpy_helper.from_array(np.float32(value), f"k{number}")
        model.graph.initializer.append(constant)
        node = onnx.helper.make_node(operation, [name, f"k{number}"], [f"s{number}"])
        model.graph.node.insert(number, node)
        name = f"s{number}"
    model.graph.node[len(before)].input[0] = name
    if reshaped:
        shape = onnx.numpy_helper.from_array(np.array([1, 8], np.int64), "shape")
        model.graph.initializer.append(shape)
        flat = next(one for one in model.graph.node if one.op_type == "Flatten")
        model.graph.node.remove(flat)
        new = onnx.helper.make_node("Reshape", ["mean", "shape"], ["flat"])
        model.graph.node.insert(len(model.graph.node) - 1, new)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize(
    "before",
    [
        [("Mul", 1 / 255)],
        [("Div", 255.0), ("Sub", 0.5)],
        [("Sub", 127.5), ("Mul", 1 / 127.5)],
        [("Add", -127.5)],
    ],
)
def test_a_network_that_scales_raw_pixels_is_recognised(tmp_path, before):
    path = _with(tmp_path / "model.onnx", before=before)
    pixels = films()

    imported = import_network(path, said(scale=None))

    expected = onnx_answers(path, pixels.transpose(0, 3, 1, 2))
    found = logits_function(imported.network)(pixels)
    assert np.abs(found - expected).max() < 1e-5 * max(np.abs(expected).max(), 1)
    assert imported.scale == "0..255"
    with pytest.raises(NotImportedError, match="would scale them twice"):
        import_network(path, said(scale="0..1"))


def test_arithmetic_on_pixels_from_0_to_1_is_not_taken_for_the_whole_scaling(tmp_path):
    path = _with(tmp_path / "model.onnx", before=[("Sub", 0.485), ("Div", 0.229)])
    pixels = films()

    with pytest.raises(NotImportedError, match="does not say how pixels were scaled"):
        import_network(path, said(scale=None))
    imported = import_network(path, said(scale="0..1"))

    expected = onnx_answers(path, pixels.transpose(0, 3, 1, 2) / np.float32(255))
    assert np.abs(logits_function(imported.network)(pixels) - expected).max() < 1e-4


def test_a_network_that_takes_images_one_by_one_is_given_them_so(tmp_path):
    path = _with(tmp_path / "model.onnx", reshaped=True)
    pixels = films()

    imported = import_network(path, said())

    assert not imported.network.takes_batches
    scores = GraphBackend(imported.network, workers=1).run(pixels)
    expected = np.concatenate([onnx_answers(path, normalised(one[np.newaxis])) for one in pixels])
    assert np.abs(scores.logits - expected).max() < 1e-5
    assert scores.maps.shape == (3, 16, 24, 2)
