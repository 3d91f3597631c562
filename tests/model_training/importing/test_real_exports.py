"""Networks that PyTorch and scikit-learn wrote themselves answer as they did there."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from app.core.backends.graph_backend import GraphBackend
from app.core.statistics.calibration import sigmoid, softmax
from model_training.importing.imported import Said, import_network
from model_training.importing.refusal import NotImportedError

FILES = Path(__file__).parent / "files"
FINDINGS = tuple(f"FINDING {number}" for number in range(14))


def known(name):
    with np.load(FILES / f"{name}.npz") as content:
        return dict(content)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnet", Said(("NORMAL", "PNEUMONIA"), scale="imagenet", head="softmax")),
        ("densenet", Said(FINDINGS, scale="imagenet")),
    ],
)
def test_networks_of_pytorch_answer_and_explain_as_there(name, said):
    expected = known(name)

    network = import_network(FILES / f"{name}.onnx", said).network
    scores = GraphBackend(network, workers=1).run(expected["films"].astype(np.float32))

    answers = sigmoid(scores.logits) if said.head is None else scores.logits
    assert np.abs(answers - expected["answers"]).max() < 1e-5
    assert np.abs(scores.maps[:1] - expected["evidence"]).max() < 1e-5
    assert network.takes_batches


def test_a_label_beside_the_logits_is_left_out_with_the_weights_in_a_file_of_their_own(tmp_path):
    for file in FILES.glob("resnet.onnx*"):
        shutil.copy(file, tmp_path)
    make, path, expected = onnx.helper, tmp_path / "resnet.onnx", known("resnet")
    model = onnx.load(path, load_external_data=False)
    logits = model.graph.output[0].name
    model.graph.node.append(make.make_node("ArgMax", [logits], ["label"], axis=1, keepdims=0))
    label = make.make_tensor_value_info("label", onnx.TensorProto.INT64, [None])
    model.graph.output.append(label)
    onnx.save(model, path)

    said = Said(("NORMAL", "PNEUMONIA"), scale="imagenet", head="softmax")
    network = import_network(path, said).network
    scores = GraphBackend(network, workers=1).run(expected["films"].astype(np.float32))

    assert np.abs(scores.logits - expected["answers"]).max() < 1e-5


def test_a_network_of_scikit_learn_answers_as_there():
    expected = known("mlp")

    said = Said(("A", "B", "C"), scale="0..1", size=(16, 20))
    network = import_network(FILES / "mlp.onnx", said).network
    scores = GraphBackend(network, workers=1).run(expected["films"].astype(np.float32))

    assert np.abs(softmax(scores.logits) - expected["answers"]).max() < 1e-5
    assert scores.maps is None


@pytest.mark.parametrize("as_dictionary", [False, True])
def test_two_classes_of_scikit_learn_are_one_sigmoid(tmp_path, as_dictionary):
    """As skl2onnx writes them: 1 - p and p, and by default a dictionary of both."""
    path = two_classes(tmp_path / "mlp.onnx", as_dictionary=as_dictionary)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 16, 20, 1)).astype(np.float32)

    said = Said(("NORMAL", "ILL"), scale="0..1", size=(16, 20), positive="ILL")
    network = import_network(path, said).network
    scores = GraphBackend(network, workers=1).run(pixels)

    weights = onnx.numpy_helper.to_array(onnx.load(path).graph.initializer[0])
    expected = sigmoid((pixels / 255).reshape(3, -1) @ weights)
    assert np.abs(sigmoid(scores.logits) - expected).max() < 1e-5


def two_classes(path, *, as_dictionary):
    make, kinds = onnx.helper, onnx.TensorProto
    nodes = [
        make.make_node("MatMul", ["X", "weights"], ["sums"]),
        make.make_node("Sigmoid", ["sums"], ["positive"]),
        make.make_node("Sub", ["one", "positive"], ["negative"]),
        make.make_node("Concat", ["negative", "positive"], ["both"], axis=1),
        make.make_node("ArgMax", ["both"], ["place"], axis=1),
        make.make_node(
            "ArrayFeatureExtractor", ["classes", "place"], ["label"], domain="ai.onnx.ml"
        ),
    ]
    probabilities = make.make_tensor_value_info("both", kinds.FLOAT, [None, 2])
    if as_dictionary:
        labels = {"classlabels_int64s": [0, 1]}
        nodes.append(make.make_node("ZipMap", ["both"], ["zip"], domain="ai.onnx.ml", **labels))
        element = make.make_map_type_proto(kinds.INT64, make.make_tensor_type_proto(1, []))
        probabilities = make.make_value_info("zip", make.make_sequence_type_proto(element))
    weights = np.random.default_rng(1).normal(0, 0.1, (320, 1)).astype(np.float32)
    graph = make.make_graph(
        nodes,
        "mlp",
        [make.make_tensor_value_info("X", kinds.FLOAT, [None, 320])],
        [make.make_tensor_value_info("label", kinds.INT64, [None]), probabilities],
        [
            onnx.numpy_helper.from_array(weights, "weights"),
            onnx.numpy_helper.from_array(np.float32([1]), "one"),
            onnx.numpy_helper.from_array(np.array([0, 1]), "classes"),
        ],
    )
    opsets = [make.make_opsetid("", 17), make.make_opsetid("ai.onnx.ml", 1)]
    onnx.save(make.make_model(graph, opset_imports=opsets), path)
    return path


def test_operations_of_scikit_learn_that_are_not_known_are_named(tmp_path):
    path = tmp_path / "log.onnx"
    make, kinds = onnx.helper, onnx.TensorProto
    node = make.make_node(
        "LinearClassifier", ["X"], ["label", "both"], domain="ai.onnx.ml", coefficients=[1.0] * 640,
        classlabels_ints=[0, 1],
    )  # fmt: skip
    graph = make.make_graph(
        [node],
        "log",
        [make.make_tensor_value_info("X", kinds.FLOAT, [None, 320])],
        [make.make_tensor_value_info("both", kinds.FLOAT, [None, 2])],
    )
    opsets = [make.make_opsetid("", 17), make.make_opsetid("ai.onnx.ml", 1)]
    onnx.save(make.make_model(graph, opset_imports=opsets), path)

    with pytest.raises(NotImportedError, match=r"operations: ai\.onnx\.ml\.LinearClassifier"):
        import_network(path, Said(("A", "B"), scale="0..1", size=(16, 20)))
