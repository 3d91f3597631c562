"""Model files of other frameworks, and what the frameworks answer themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# What `torchvision.transforms.Normalize` and `ToTensor` make of pixels.
_MEANS, _DEVIATIONS = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def weight(name: str, *shape: int, seed: int = 0) -> Any:
    """Random weights as large as trained ones."""
    rng = np.random.default_rng([seed, *name.encode()])
    scale = np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 0.1
    return numpy_helper.from_array(rng.normal(0, scale, shape).astype(np.float32), name)


def torch_like(
    path: Path,
    *,
    channels: int = 3,
    units: int = 2,
    size: tuple[Any, Any] = (32, 48),
    batch: Any = "batch",
    ending: str | None = None,
    opset: int = 17,
    inputs: int = 1,
    weights: dict[str, Any] | None = None,
) -> Path:
    """A small residual network as PyTorch exports it: channels first, `Gemm` at the end."""
    nodes = [
        helper.make_node("Conv", ["image", "w1", "b1"], ["c1"], pads=[1] * 4, strides=[2, 2]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], pads=[1] * 4),
        helper.make_node("Add", ["c2", "r1"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["last_map"]),
        helper.make_node("GlobalAveragePool", ["last_map"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "w3", "b3"], ["logits"], transB=1),
    ]
    output = "logits"
    if ending:
        nodes.append(helper.make_node(ending, ["logits"], ["answer"]))
        output = "answer"
    given = {
        "w1": weight("w1", 8, channels, 3, 3),
        "b1": weight("b1", 8),
        "w2": weight("w2", 8, 8, 3, 3),
        "b2": weight("b2", 8),
        "w3": weight("w3", units, 8),
        "b3": weight("b3", units),
    } | (weights or {})
    shape = [batch, channels, *size]
    takes = [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)]
    for number in range(1, inputs):
        takes.append(helper.make_tensor_value_info(f"age{number}", TensorProto.FLOAT, [batch, 8]))
        nodes[-1] = helper.make_node("Add", ["flat", f"age{number}"], ["logits"])
        output = "logits"
    graph = helper.make_graph(
        nodes,
        "main_graph",
        takes,
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        list(given.values()),
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]), path)
    return path


def scikit_like(path: Path, *, features: int) -> Path:
    """A network on rows of numbers as skl2onnx writes it: the class, and its probabilities."""
    nodes = [
        helper.make_node("MatMul", ["float_input", "w1"], ["m1"]),
        helper.make_node("Relu", ["m1"], ["r1"]),
        helper.make_node("MatMul", ["r1", "w2"], ["m2"]),
        helper.make_node("Softmax", ["m2"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "mlp",
        [helper.make_tensor_value_info("float_input", TensorProto.FLOAT, [None, features])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 3]),
        ],
        [weight("w1", features, 16), weight("w2", 16, 3)],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


def onnx_answers(path: Path, images: np.ndarray) -> np.ndarray:
    """What the reference implementation of ONNX answers to inputs as the model wants them."""
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(str(path))
    return session.run([session.output_names[-1]], {session.input_names[0]: images})[0]


def normalised(films: np.ndarray) -> np.ndarray:
    """Films as torchvision's ToTensor and Normalize make them."""
    scaled = (films / 255 - _MEANS) / _DEVIATIONS
    return scaled.transpose(0, 3, 1, 2).astype(np.float32)


def write_tensorflow(folder: Path) -> Any:
    """One network as SavedModels of Keras and of plain TensorFlow, TensorFlow Lite and IR.

    Its three probabilities are those of pixels from 0 to 1.
    """
    import keras
    import tensorflow as tf

    from app.core.backends.openvino_cpu import load_openvino

    keras.utils.set_random_seed(0)
    layers = keras.layers
    x = pixels = keras.Input((32, 48, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(pixels, layers.Dense(3, activation="softmax")(x))
    model.export(folder / "saved_model", verbose=False)
    plain = tf.Module()
    plain.model = model
    plain.answer = tf.function(
        lambda images: {"scores": model(images, training=False)},
        input_signature=[tf.TensorSpec((None, 32, 48, 3), tf.float32, name="images")],
    )
    tf.saved_model.save(plain, str(folder / "plain_model"), signatures=plain.answer)
    (folder / "model.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    openvino = load_openvino()
    read = openvino.Core().read_model(folder / "saved_model")
    openvino.save_model(read, folder / "model.xml", compress_to_fp16=False)
    return model


def quantised(model: Any, path: Path, kind: str, pixels: np.ndarray) -> Path:
    """A network of Keras as TensorFlow Lite has it on small devices.

    Args:
        model: The network.
        path: The file to write.
        kind: `whole` takes and gives integers, `inside` floats but computes in integers, `weights`
            has integers for its weights alone.
        pixels: What it is fitted to, as it takes them.
    """
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind != "weights":
        converter.representative_dataset = lambda: ([one[np.newaxis]] for one in pixels)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    if kind == "whole":
        converter.inference_input_type = converter.inference_output_type = tf.int8
    path.write_bytes(converter.convert())
    return path


def films(channels: int = 3, size: tuple[int, int] = (32, 48), number: int = 3) -> np.ndarray:
    """Random pixels, float32 `(number, height, width, channels)` in [0, 255]."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (number, *size, channels)).astype(np.float32)
