"""Backends that compute logits and evidence maps: OpenVINO on a CPU, TensorFlow otherwise."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.core.backend_names import BackendName
from app.core.backends.conversion import MODEL_FILE, UnsupportedNetworkError, converted
from app.core.backends.graph import load_graph
from app.core.backends.graph_backend import GraphBackend
from app.core.backends.openvino_cpu import compile_for_cpu
from app.core.backends.scores import Scores
from app.core.bundles.bundle import Bundle
from app.core.errors import BundleError

_GPU_DEVICES = ("/dev/nvidia0", "/dev/kfd", "/dev/dxg")


class Backend(Protocol):
    """A compiled network. Thread-safe."""

    @property
    def description(self) -> str:
        """Library, device and precision, in one line."""
        ...

    @property
    def num_logits(self) -> int:
        """Number of logits: one per class, or a single one for the second of two classes."""
        ...

    def run(self, pixels: NDArray[np.float32]) -> Scores:
        """Computes logits, evidence maps and features of a batch.

        Args:
            pixels: float32 `(batch, height, width, channels)` in [0, 255], grey or RGB.
        """
        ...


def open_backend(bundle: Bundle, name: BackendName, *, cache: Path, workers: int) -> Backend:
    """Opens a backend by name; `auto` chooses one that suits the machine and the network.

    Args:
        bundle: The bundle to run.
        name: `auto` uses TensorFlow if it finds a GPU or if OpenVINO does not support the network,
            else OpenVINO. A network that is not Keras always runs in OpenVINO.
        cache: Folder for converted networks.
        workers: Number of threads that will call the backend concurrently.

    Raises:
        BundleError: If the network does not match its manifest, or `openvino` was requested and
            does not support it.
    """
    if bundle.manifest.is_graph:
        layers = bundle.manifest.feature_layers
        return GraphBackend(load_graph(bundle), layers, workers=workers)
    if name == "tensorflow" or (name == "auto" and _sees_gpu()):
        return TensorFlowBackend(bundle)
    try:
        return OpenVinoBackend(converted(bundle, cache) / MODEL_FILE, workers=workers)
    except UnsupportedNetworkError as error:
        if name == "openvino":
            raise BundleError(
                f"OpenVINO does not support the network of {bundle.name!r} ({error}). Choose the "
                "backend auto or tensorflow."
            ) from None
        return TensorFlowBackend(bundle, because=f"OpenVINO does not support it: {error}")


class OpenVinoBackend:
    """The converted network on the CPU; concurrent calls use one core each."""

    def __init__(self, model: Path, *, workers: int) -> None:
        """Compiles the network and runs it once.

        Args:
            model: The converted network, an XML file.
            workers: Number of threads that will call `run` concurrently.
        """
        self._compiled: Any = compile_for_cpu(model, streams=workers)
        # Run once before threads use it: first calls at the same moment may deadlock (seen with
        # OpenVINO 2026.4, in 1 of 15 runs with a new cache folder).
        shape = self._compiled.input(0).partial_shape.get_max_shape()
        self.run(np.zeros((1, *shape[1:]), np.float32))
        self.num_logits = int(self._compiled.output(0).partial_shape[1].get_length())
        self.description = f"OpenVINO {version('openvino')}, CPU, float32"

    def run(self, pixels: NDArray[np.float32]) -> Scores:
        """See `Backend.run`."""
        # One request per call, so that threads do not wait for each other.
        output = self._compiled.create_infer_request().infer(pixels)
        # Copied, as the request owns them.
        return Scores(*(np.array(values) for values in output.values()))


class TensorFlowBackend:
    """The network as Keras loads it, on a GPU if there is one."""

    def __init__(self, bundle: Bundle, *, because: str = "") -> None:
        """Loads the network.

        Args:
            bundle: The bundle to run.
            because: Why TensorFlow is used, added to the description; may be empty.

        Raises:
            BundleError: If the network does not match its manifest.
        """
        from app.core.backends.scoring_graph import scoring_function
        from app.core.networks.network import load_network

        network = load_network(bundle)

        import tensorflow as tf

        # TF32 rounds to 10 bits of mantissa, so scores would differ from those on a CPU.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        self._function = scoring_function(network, bundle.manifest.feature_layers)
        self.num_logits = int(network.model.output_shape[-1])
        device = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
        self.description = f"TensorFlow {version('tensorflow')}, {device}, float32"
        if because:
            self.description += f" ({because})"

    def run(self, pixels: NDArray[np.float32]) -> Scores:
        """See `Backend.run`."""
        return Scores(*map(np.asarray, self._function(pixels)))


def _sees_gpu() -> bool:
    """Whether TensorFlow can use a GPU. TensorFlow is only imported if a GPU device exists."""
    if not any(os.path.exists(device) for device in _GPU_DEVICES):
        return False
    from app.core.networks.network import silence_tensorflow

    silence_tensorflow()
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
