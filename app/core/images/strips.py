"""Goes through an image in strips, so that what is computed of each takes little memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_PIXELS = 2**18


def strips(shape: Sequence[int]) -> Iterator[slice]:
    """The rows of an image in strips of about 260,000 pixels.

    Args:
        shape: Of the image, `(rows, columns, ...)`.
    """
    rows = max(1, _PIXELS // max(1, shape[1]))
    for top in range(0, shape[0], rows):
        yield slice(top, min(top + rows, shape[0]))
