"""OpenVINO on this machine's CPU: one `Core`, in float32, without its reports."""

from __future__ import annotations

import sys
import threading
from functools import cache
from typing import Any

_making_core = threading.Lock()


def load_openvino() -> Any:
    """OpenVINO without its usage statistics, which would go to a server outside."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


@cache
def _core() -> Any:
    """The one `Core` of this process, which is never given back.

    Each brings a signal stack for the thread that makes it. Of several, given back in another
    order or on another thread, the stack of that thread may be one that is gone, and the next
    signal, such as Ctrl-C, ends the process (seen with OpenVINO 2026.4).
    """
    return load_openvino().Core()


def compile_for_cpu(model: Any, *, streams: int) -> Any:
    """A converted network, compiled for this machine's CPU in float32.

    OpenVINO would choose bfloat16 by itself where the CPU has it, and a film would then score
    differently on another machine.

    Args:
        model: The XML file, or a model of OpenVINO.
        streams: How many threads may score at once, each on one core.
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
