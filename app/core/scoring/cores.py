"""The cores of this machine: how many a process may use, and how it leaves them to others."""

from __future__ import annotations

import os
import sys
import threading

# A page takes nine tenths of a core from a batch. At 19, the lowest priority, a batch all but
# stopped where other programs kept the machine busy.
_BACKGROUND_NICENESS = 10


def num_cores() -> int:
    """Number of cores this process may use, which containers may restrict."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def lower_priority() -> None:
    """Lowers the priority of this thread, on systems that support it."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BACKGROUND_NICENESS)
