"""Homes of a test's own, for which the networks that other tests converted need not be again."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def link_converted(home: Path) -> Path:
    """Makes a home for `OVERREAD_HOME` that shares the networks converted in this test run.

    All else that the app keeps is not there. Where links may not be made, as on Windows without
    the right to it, networks are converted for this home alone.

    Returns:
        The home.
    """
    networks = (Path(os.environ["OVERREAD_HOME"]) / "converted").resolve()
    home.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        (home / "converted").symlink_to(networks, target_is_directory=True)
    return home
