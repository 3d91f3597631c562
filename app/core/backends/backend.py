"""What computes logits and evidence maps: OpenVINO on a CPU, TensorFlow on a GPU or by choice."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.core.backend_names import BackendName
from app.core.backends.conversion import MODEL_FILE, UnsupportedNetworkError, converted
from app.core.backends.openvino_cpu import compile_for_cpu
from app.core.bundles.bundle import Bundle
from app.core.errors import BundleError

_GPU_DEVICES = ("/dev/nvidia0", "/dev/kfd", "/dev/dxg")


class Backend(Protocol):
    """A compiled network. Safe to call from several threads at once."""

    @property
    def description(self) -> str:
        """What computes, on what and in which precision, in a line."""
        ...

    @property
    def num_logits(self) -> int:
        """One a class, or a single one for the second of two classes."""
        ...

    def run(self, pixels: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logits and maps of a batch.

        Args:
            pixels: float32 `(batch, height, width, channels)` in [0, 255].

        Returns:
            `(batch, num_logits)`, and Grad-CAM maps `(batch, rows, columns, num_logits)` in
            logits, positive and negative.
        """
        ...


def open_backend(bundle: Bundle, name: BackendName, *, cache: Path, workers: int) -> Backend:
    """The backend of that name, or with `auto` the one that suits machine and network.

    Args:
        bundle: Whose network is run.
        name: `auto` takes TensorFlow where it sees a GPU or OpenVINO cannot take the network.
        cache: Folder of converted networks.
        workers: How many threads will call it at once.

    Raises:
        BundleError: If the network does not fit its manifest, or OpenVINO was asked for and
            cannot take it.
    """
    if name == "tensorflow" or (name == "auto" and _sees_gpu()):
        return TensorFlowBackend(bundle)
    try:
        return OpenVinoBackend(converted(bundle, cache) / MODEL_FILE, workers=workers)
    except UnsupportedNetworkError as error:
        if name == "openvino":
            raise BundleError(
                f"OpenVINO cannot take the network of {bundle.name!r} ({error}). Choose the "
                "backend auto or tensorflow."
            ) from None
        return TensorFlowBackend(bundle, because=f"OpenVINO cannot take this network: {error}")


class OpenVinoBackend:
    """The converted network on the CPU, each call on a core of its own."""

    def __init__(self, model: Path, *, workers: int) -> None:
        self._compiled: Any = compile_for_cpu(model, streams=workers)
        # Once alone: threads that run a network for the first time at the same moment may wait
        # for each other without end (seen with OpenVINO 2026.4, in 1 of 15 runs of a new folder).
        shape = self._compiled.input(0).partial_shape.get_max_shape()
        self.run(np.zeros((1, *shape[1:]), np.float32))
        self.num_logits = int(self._compiled.output(0).partial_shape[1].get_length())
        self.description = f"OpenVINO {version('openvino')}, CPU, float32"

    def run(self, pixels: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Backend.run`."""
        # A request of its own, so that threads do not wait for each other.
        output = self._compiled.create_infer_request().infer(pixels)
        return np.array(output[0]), np.array(output[1])


class TensorFlowBackend:
    """The network as Keras loads it, on the GPU where there is one."""

    def __init__(self, bundle: Bundle, *, because: str = "") -> None:
        """Loads the network.

        Raises:
            BundleError: If it does not fit its manifest.
        """
        from app.core.backends.scoring_graph import scoring_function
        from app.core.networks.network import load_network

        network = load_network(bundle)

        import tensorflow as tf

        # Tensor cores would round the factors to 10 bits: other scores than on a CPU.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        self._function = scoring_function(network)
        self.num_logits = int(network.model.output_shape[-1])
        device = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
        self.description = f"TensorFlow {version('tensorflow')}, {device}, float32"
        if because:
            self.description += f" ({because})"

    def run(self, pixels: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Backend.run`."""
        logits, maps = self._function(pixels)
        return np.asarray(logits), np.asarray(maps)


def _sees_gpu() -> bool:
    """Whether TensorFlow can use a GPU; it is asked only where the system has one."""
    if not any(os.path.exists(device) for device in _GPU_DEVICES):
        return False
    from app.core.networks.network import silence_tensorflow

    silence_tensorflow()
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
