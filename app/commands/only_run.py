"""Keeps two runs from writing the same table at once, which would mix their rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.core.errors import OverreadError
from app.core.only_writer import only_writer


@contextmanager
def only_run(table: Path) -> Iterator[None]:
    """Holds a table for one run.

    Raises:
        OverreadError: If another run is writing it.
        OSError: If nothing can be written beside the table.
    """
    table.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(only_writer(table))
        except TimeoutError:
            raise OverreadError(
                f"{table.name} is being written by another run. Wait for it to end, or choose "
                "another name with --out."
            ) from None
        yield
