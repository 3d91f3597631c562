"""OpenVINO on this machine's CPU: one shared `Core`, float32, no telemetry."""

from __future__ import annotations

import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

_making_core = threading.Lock()


def load_openvino() -> Any:
    """Imports OpenVINO without its telemetry, which would send usage statistics."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


@cache
def _core() -> Any:
    """The single `Core` of this process, which is never released.

    Creating one installs a signal stack for the creating thread. If several are released in
    another order or on another thread, that thread may be left with a freed stack, and the next
    signal, such as Ctrl-C, crashes the process (seen with OpenVINO 2026.4).
    """
    return load_openvino().Core()


def read_model(path: Path | bytes) -> Any:
    """Reads a model file of a kind that OpenVINO knows; nothing in it is executed.

    Args:
        path: The file, or the folder of a SavedModel; or the content of an ONNX file.

    Raises:
        RuntimeError: If OpenVINO cannot read it.
    """
    with _making_core:
        core = _core()
    return core.read_model(path)


def compile_for_cpu(model: Any, *, streams: int) -> Any:
    """Compiles a converted network for this machine's CPU in float32.

    By default OpenVINO uses bfloat16 on CPUs that support it, so scores would differ between
    machines.

    Args:
        model: Path of the XML file, or an OpenVINO model.
        streams: Number of threads that may score concurrently, each on one core.
    """
    with _making_core:
        core = _core()
    return core.compile_model(
        model,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "f32",
            "NUM_STREAMS": str(streams),
            "INFERENCE_NUM_THREADS": str(streams),
        },
    )
