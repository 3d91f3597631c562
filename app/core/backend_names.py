"""What can compute, by name; apart from the settings, so that `--help` need not load those."""

from __future__ import annotations

from typing import Literal

BackendName = Literal["auto", "openvino", "tensorflow"]
BACKENDS: tuple[BackendName, ...] = ("auto", "openvino", "tensorflow")
