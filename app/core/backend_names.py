"""Names of the backends; separate from the settings so that `--help` starts quickly."""

from __future__ import annotations

from typing import Literal

BackendName = Literal["auto", "openvino", "tensorflow"]
BACKENDS: tuple[BackendName, ...] = ("auto", "openvino", "tensorflow")
