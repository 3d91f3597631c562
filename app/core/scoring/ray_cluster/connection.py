"""Connects to a Ray cluster, or starts one on this machine.

File names may identify patients, so Ray must not log any.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from app.core.errors import OverreadError
from app.core.scoring.cores import num_cores

_ADDRESS = "RAY_ADDRESS"
_ANSWER_SECONDS = 10.0
# Socket paths are limited to 107 bytes, and Ray appends 80 to the temporary folder.
_MAX_TEMPORARY_PATH = 24
_SHORT_TEMPORARY_PATH = "/tmp"
# For a local cluster: the bundle and the results of a few batches.
_OBJECT_STORE_BYTES = 256 * 1024**2


@contextmanager
def connected() -> Iterator[None]:
    """A connection to a cluster: the existing one, the one at `RAY_ADDRESS`, or a local one.

    Raises:
        OverreadError: If Ray is not installed, or the cluster does not respond.
    """
    ray = load_ray()
    if ray.is_initialized():
        yield
        return
    with ExitStack() as ending:
        ending.enter_context(_own_signals())
        options: dict[str, Any]
        address = os.environ.get(_ADDRESS)
        try:
            if address:
                _require_answer(address)
                options = {"address": address}
            else:
                options = _local_options(ending.enter_context(_short_folder()))
            ending.callback(ray.shutdown)
            # Output of the workers is not forwarded.
            ray.init(**options, log_to_driver=False, logging_level="error")
        except (ConnectionError, OSError, RuntimeError, ValueError) as error:
            raise OverreadError(_no_cluster(address, error)) from None
        yield


def load_ray() -> Any:
    """Imports Ray, without usage statistics and restricted to this machine unless configured.

    Raises:
        OverreadError: If it is not installed.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if _ADDRESS not in os.environ:
        # Set before the import, this makes Ray listen on this machine only, on any system.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    try:
        import ray
    except ImportError:
        raise OverreadError(
            "Scoring on a cluster needs Ray, which is not installed. Install it with: "
            "pip install 'overread[cluster]'"
        ) from None
    return ray


def _local_options(folder: str) -> dict[str, Any]:
    # Without a token, Ray would write one to the home folder and leave it there.
    if not any(name.startswith("RAY_AUTH_") for name in os.environ):
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    return {
        "address": "local",
        "num_cpus": num_cores(),
        "include_dashboard": False,
        "object_store_memory": _OBJECT_STORE_BYTES,
        "_temp_dir": folder,
    }


def _require_answer(address: str) -> None:
    """Raises `OSError` immediately if nothing listens; Ray would retry for minutes."""
    host, _, port = address.rpartition(":")
    if port.isdigit() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_SECONDS).close()


def _no_cluster(address: str | None, error: Exception) -> str:
    if address is None:
        return (
            f"Ray could not be started on this machine ({type(error).__name__}). Check free memory "
            "and disk space and try again, or score without Ray."
        )
    return (
        f"No Ray cluster responds at the address in {_ADDRESS} ({type(error).__name__}). Check "
        "the address, and that the cluster uses the same versions of Ray and Python; or unset "
        f"{_ADDRESS} to score on this machine."
    )


@contextmanager
def _short_folder() -> Iterator[str]:
    """A temporary folder with a path short enough for Ray's sockets."""
    base = tempfile.gettempdir()
    if len(os.fsencode(base)) > _MAX_TEMPORARY_PATH:
        base = _SHORT_TEMPORARY_PATH
    folder = tempfile.mkdtemp(prefix="ray-", dir=base)
    try:
        yield folder
    finally:
        # Twice, because processes that are terminating may still write logs.
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _own_signals() -> Iterator[None]:
    """Restores this process's SIGTERM handler, which Ray replaces."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
