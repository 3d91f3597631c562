"""The processes of Ray's workers: their priority, and where they are found on this machine."""

import os
import time
from pathlib import Path

# Ray gives workers the priority `nice 15`: beside other tests they would hardly get to compute.
NOT_NICE = {"RAY_worker_niceness": "0"}


def worker_pids():
    """Processes of workers that Ray has started for this process."""
    parents, workers = {}, []
    for entry in Path("/proc").iterdir():
        try:
            pid = int(entry.name)
            words = (entry / "cmdline").read_bytes()
            parents[pid] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if words.startswith(b"ray::Worker"):
            workers.append(pid)
    return [pid for pid in workers if os.getpid() in ancestors(pid, parents)]


def both_workers():
    """The processes of two workers, as soon as the second has begun too."""
    deadline = time.monotonic() + 60
    while len(found := worker_pids()) < 2:
        assert time.monotonic() < deadline, "the second worker did not begin"
        time.sleep(0.1)
    return found


def ancestors(pid, parents):
    while pid in parents:
        pid = parents[pid]
        yield pid
