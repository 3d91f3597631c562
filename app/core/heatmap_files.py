"""Evidence and overlays written beside a table, a few films at a time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np

from app.core import heatmaps, images
from app.core.bundle import Bundle
from app.core.engine import Result, num_cores
from app.core.errors import ImageError

# Longer side of an overlay, in pixels: enough to read it, small enough to send it.
OVERLAY_SIDE = 1024


def written(results: Iterator[Result], bundle: Bundle, folder: Path) -> Iterator[Result]:
    """Passes results on when `<image_id>.npy` and `<image_id>.png` of each are written.

    The first is the evidence, float32; the second the film with the evidence laid over it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    threads = num_cores()
    ahead: deque[tuple[Result, Future[None]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="overlay") as pool:
        for result in results:
            ahead.append((result, pool.submit(_write, result, bundle, folder)))
            if len(ahead) > 2 * threads:
                yield _when_done(*ahead.popleft())
        while ahead:
            yield _when_done(*ahead.popleft())


def _when_done(result: Result, future: Future[None]) -> Result:
    future.result()
    return result


def _write(result: Result, bundle: Bundle, folder: Path) -> None:
    if result.evidence is None:
        return
    array = BytesIO()
    np.save(array, result.evidence)
    _publish(folder / f"{result.image_id}.npy", array.getvalue())
    # The film is read again: keeping it beside its score would hold every large film of the
    # queue in memory.
    with suppress(ImageError):
        film = images.shrunk(images.decode(result.source.read()), OVERLAY_SIDE)
        overlay = heatmaps.blend(film.pixels, result.evidence, scale=bundle.manifest.heatmap.scale)
        _publish(folder / f"{result.image_id}.png", heatmaps.png(overlay))


def _publish(path: Path, content: bytes) -> None:
    """Writes a file that is there whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_bytes(content)
    partial.replace(path)
