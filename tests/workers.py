"""What the processes that share a test run have in common."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ


def folder_of_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole run, in which each worker has one of its own."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if IS_WORKER else own


def made_once(
    tmp_path_factory: pytest.TempPathFactory, path: str, make: Callable[[Path], object]
) -> Path:
    """A folder, alone in another one, of the worker that made it first. No test changes it.

    Args:
        tmp_path_factory: Where temporary folders are made.
        path: Where it is in the folder of the whole run, such as `trained-two/two`.
        make: Makes it at a path; called in each worker that comes before one has ended.
    """
    made = folder_of_all_workers(tmp_path_factory) / path
    if not made.parent.exists():
        own = tmp_path_factory.mktemp("own")
        make(own / made.name)
        with contextlib.suppress(OSError):  # another worker was sooner
            own.rename(made.parent)
    return made
