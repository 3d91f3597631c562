"""Writes a bundle's network for other programs, with test vectors and an example of its use."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tempfile
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.core.backends.backend import open_backend
from app.core.backends.export_example import example
from app.core.backends.graph import load_graph
from app.core.backends.openvino_cpu import compile_for_cpu, load_openvino
from app.core.bundles.bundle import Bundle
from app.core.errors import BundleError, ImageError, missing_package
from app.core.images.preparation import Prepared, prepare
from app.core.networks.network import load_network, silence_tensorflow
from app.core.statistics.calibration import sigmoid, softmax

ExportFormat = Literal["keras", "onnx", "openvino", "tflite"]
FORMATS: tuple[ExportFormat, ...] = ("keras", "onnx", "openvino", "tflite")
# Largest accepted difference of a probability from the bundle's own.
TOLERANCE = 1e-4
ABOUT, VECTORS, EXAMPLE = "export.json", "test_vectors.npz", "example.py"

_FILES = {
    "keras": "model.keras", "onnx": "model.onnx", "openvino": "model.xml", "tflite": "model.tflite",
}  # fmt: skip
_OPSET = 17
_MOST_SAMPLES = 6
_NOT_INSIDE = (
    "Decoding and fitting of films, calibration, thresholds and the gate are not part of the "
    "model: it judges whatever it is given. Research use only, not a medical device."
)


def export_network(bundle: Bundle, to: ExportFormat, out: Path, *, cache: Path) -> float:
    """Writes the network of a bundle, from raw pixels to probabilities, into a new folder.

    Beside the model are test vectors, a program that uses both, and what it has to know. The
    model is read back and compared with the bundle before the folder gets its name.

    Args:
        bundle: The bundle; of an adapted one, the network is that of its bundle.
        to: The format.
        out: The folder, which must not exist.
        cache: Folder for converted networks.

    Returns:
        The largest difference of a probability of the test vectors from the bundle's own.

    Raises:
        BundleError: If the network cannot be written in that format, or answers differently.
    """
    pixels = _test_films(bundle)
    expected = _probabilities(bundle, pixels, cache=cache)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        file = work / _FILES[to]
        _write(bundle, to, file)
        difference = float(np.abs(_RUN[to](file, pixels) - expected).max())
        if not difference <= TOLERANCE:
            raise BundleError(
                f"The exported network answers differently from {bundle.name!r}, by up to "
                f"{difference:.2g}; at most {TOLERANCE:.0e} is accepted. Choose another format."
            )
        np.savez_compressed(work / VECTORS, pixels=pixels.astype(np.uint8), probabilities=expected)
        (work / EXAMPLE).write_text(example(to, file.name), encoding="utf-8")
        about = json.dumps(_about(bundle, to, file.name, difference), indent=2, ensure_ascii=False)
        (work / ABOUT).write_text(about + "\n", encoding="utf-8")
        work.chmod(0o755)
        work.rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return difference


def _test_films(bundle: Bundle) -> NDArray[np.float32]:
    """Some of the samples of a bundle, noise and a ramp, as its network takes them."""
    size = bundle.manifest.input
    films: list[NDArray[Any]] = []
    samples = bundle.samples
    for path in samples[:: max(len(samples) // _MOST_SAMPLES, 1)]:  # of every class
        with contextlib.suppress(ImageError, OSError):
            prepared = prepare(path.read_bytes(), size)
            if isinstance(prepared, Prepared):
                films.append(prepared.pixels)
        if len(films) == _MOST_SAMPLES:
            break
    shape = (size.height, size.width, size.channels)
    noise = np.random.default_rng(0).integers(0, 256, (2, *shape))
    ramp = np.broadcast_to(np.linspace(0, 255, size.width).round()[:, np.newaxis], shape)
    return np.stack([*films, *noise, ramp]).astype(np.float32)


def _probabilities(
    bundle: Bundle, pixels: NDArray[np.float32], *, cache: Path
) -> NDArray[np.float32]:
    logits = open_backend(bundle, "auto", cache=cache, workers=1).run(pixels).logits
    is_sigmoid = bundle.manifest.task.any_of or logits.shape[1] == 1
    wide = logits.astype(np.float64)
    return np.asarray(sigmoid(wide) if is_sigmoid else softmax(wide), np.float32)


def _write(bundle: Bundle, to: ExportFormat, file: Path) -> None:
    if bundle.manifest.is_graph:
        if to != "openvino":
            raise BundleError(
                f"The network of {bundle.name!r} is a graph of OpenVINO, imported from "
                f"{bundle.manifest.training.get('file', 'another format')}, and can be exported "
                "only with --to openvino: nothing converts such graphs to other formats."
            )
        _save_openvino(_with_probabilities(bundle), file)
        return
    model = load_network(bundle).model
    if to == "keras":
        model.save(file)
    elif to == "openvino":
        _save_openvino(load_openvino().convert_model(_frozen(model)), file)
    elif to == "tflite":
        _save_tflite(model, file)
    else:
        _save_onnx(model, file)


def _save_tflite(model: Any, file: Path) -> None:
    import keras
    import tensorflow as tf

    named = keras.Model({"pixels": model.input}, {"probabilities": model.output})
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # and Keras lists what it saves
        file.write_bytes(tf.lite.TFLiteConverter.from_keras_model(named).convert())


def _save_onnx(model: Any, file: Path) -> None:
    try:
        import tf2onnx
    except ModuleNotFoundError as error:
        raise BundleError(
            f"{missing_package(error)} It comes with `pip install overread[export]`."
        ) from None
    function = _function(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf2onnx.convert.from_function(
            function, input_signature=function.input_signature, opset=_OPSET, output_path=str(file)
        )


def _function(model: Any) -> Any:
    """A `tf.function` with named pixels and probabilities, which exported models keep."""
    import tensorflow as tf

    pixels = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="pixels")
    return tf.function(
        lambda pixels: {"probabilities": model(pixels, training=False)}, input_signature=[pixels]
    )


def _frozen(model: Any) -> Any:
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    return convert_variables_to_constants_v2(_function(model).get_concrete_function()).graph


def _with_probabilities(bundle: Bundle) -> Any:
    """The graph of a bundle, which ends in logits, with what makes probabilities of them."""
    openvino = load_openvino()
    graph = load_graph(bundle)
    logits = graph.model.output(0).get_node().input_value(0)
    is_sigmoid = bundle.manifest.task.any_of or graph.num_logits == 1
    ops = openvino.opset13
    answers = ops.sigmoid(logits) if is_sigmoid else ops.softmax(logits, 1)
    answers.output(0).set_names({"probabilities"})
    return openvino.Model([answers.output(0)], graph.model.get_parameters())


def _save_openvino(model: Any, file: Path) -> None:
    load_openvino().save_model(model, file, compress_to_fp16=False)


def _run_openvino(file: Path, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The answers of a file that OpenVINO reads, film by film, as a batch may be fixed."""
    compiled = compile_for_cpu(file, streams=1)
    return np.concatenate([np.array(next(iter(compiled(one[None]).values()))) for one in pixels])


def _run_keras(file: Path, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    silence_tensorflow()
    import keras

    return np.asarray(keras.models.load_model(file, compile=False)(pixels, training=False))


def _run_tflite(file: Path, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it will move to a package of its own
        interpreter = tf.lite.Interpreter(str(file))
    taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(taken["index"], pixels.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(taken["index"], pixels)
    interpreter.invoke()
    return np.array(interpreter.get_tensor(given["index"]))


_RUN: dict[ExportFormat, Callable[[Path, NDArray[np.float32]], NDArray[np.float32]]] = {
    "keras": _run_keras, "onnx": _run_openvino, "openvino": _run_openvino, "tflite": _run_tflite,
}  # fmt: skip


def _about(bundle: Bundle, to: ExportFormat, file: str, difference: float) -> dict[str, Any]:
    """What a program has to know to use the model, and where it is from."""
    task, manifest = bundle.manifest.task, bundle.manifest.model_dump(mode="json", by_alias=True)
    one_number = task.binary and _num_outputs(bundle) == 1
    decided = ("thresholds", "calibration", "findings")
    return {
        "bundle": bundle.name,
        "bundle_sha256": bundle.sha256,
        "format": to,
        "file": file,
        "task": task.title,
        "outputs": [task.classes[1]] if one_number else list(task.classes),
        "exclude_each_other": not task.any_of,
        "input": manifest["input"] | {"values": "0 to 255, RGB or grey, channels last"},
        "not_inside": _NOT_INSIDE,
        **{name: manifest[name] for name in decided if name in manifest},
        "largest_difference": difference,
        "overread": version("overread"),
    }


def _num_outputs(bundle: Bundle) -> int:
    """How many numbers the network of a bundle gives for each film."""
    if bundle.manifest.is_graph:
        return load_graph(bundle).num_logits
    return int(load_network(bundle).model.output_shape[-1])
