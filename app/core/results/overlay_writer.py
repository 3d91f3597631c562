"""Evidence and overlays written beside a table, a few films at a time.

For its overlay a film is read a second time: it comes alike from this machine's engine, from a
cluster's workers and from results that are kept, and a large film waits for its score nowhere. So
here too a read has a time limit, and the digest says whether it is still the film that was scored.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.core.atomic_write import write_whole
from app.core.bundles.bundle import Bundle
from app.core.errors import ImageError, UnreadableImageError
from app.core.images import decoding, geometry
from app.core.rendering import heatmaps
from app.core.scoring.engine import Result, num_cores
from app.core.sources.read_ahead import SECONDS_A_READ, ReadAhead

# Longer side of an overlay, in pixels: enough to read it, small enough to send it.
OVERLAY_SIDE = 1024


def written(
    results: Iterator[Result],
    bundle: Bundle,
    folder: Path,
    *,
    undrawn: Counter[str],
    seconds_a_read: float = SECONDS_A_READ,
) -> Iterator[Result]:
    """Passes results on when `<image_id>.npy` and `<image_id>.png` of each are written.

    The first is the evidence, float32; the second the film with the evidence laid over it. What
    is there already is not drawn again.

    Args:
        results: As they come.
        bundle: Whose network gave the evidence.
        folder: Where the files go; it is made.
        undrawn: Where results without an overlay are counted, by the code of the reason: the
            film has changed since it was scored, or cannot be read again.
        seconds_a_read: After so long a film that is still being read is given up.

    Raises:
        SourceError: If the file system does not answer any more.
        OSError: If a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    threads = num_cores()
    ahead: deque[tuple[Result, Future[str]]] = deque()

    def done() -> Result:
        result, future = ahead.popleft()
        if code := future.result():
            undrawn[code] += 1
        return result

    with (
        ThreadPoolExecutor(threads, thread_name_prefix="overlay") as pool,
        ReadAhead(seconds_a_read=seconds_a_read) as reading,  # closed first, see `Engine.score`
    ):
        files = _Files(folder, reading, scale=bundle.manifest.heatmap.scale)
        try:
            for result in results:
                ahead.append((result, pool.submit(files.write, result)))
                if len(ahead) > 2 * threads:
                    yield done()
            while ahead:
                yield done()
        finally:
            for _, future in ahead:
                future.cancel()


@dataclass(frozen=True, slots=True)
class _Files:
    folder: Path
    reading: ReadAhead
    scale: float

    def write(self, result: Result) -> str:
        """Both files of a result; the code of the reason why there is no overlay, else empty."""
        if result.evidence is None:
            return ""
        evidence, overlay = (self.folder / f"{result.image_id}.{end}" for end in ("npy", "png"))
        content = _npy(result.evidence)
        if _is_drawn(overlay, evidence, content):
            return ""
        code = ""
        try:
            write_whole(overlay, self._drawn(result, result.evidence))
        except ImageError as error:
            code = error.code
            overlay.unlink(missing_ok=True)  # it would show other evidence than that beside it
        write_whole(evidence, content)
        return code

    def _drawn(self, result: Result, evidence: NDArray[np.float32]) -> bytes:
        data = self.reading.read(result.source).take()
        if decoding.image_id(data) != result.image_id:
            raise UnreadableImageError(
                "changed", "The film was replaced after it was scored. Score it again."
            )
        film = geometry.shrunk(decoding.decode(data), OVERLAY_SIDE)
        return heatmaps.png(heatmaps.blend(film.pixels, evidence, scale=self.scale))


def _is_drawn(overlay: Path, evidence: Path, content: bytes) -> bool:
    """Whether the overlay is there: evidence is written after it, so the same stands beside it.

    After a power cut a file may be there and empty.
    """
    try:
        return overlay.stat().st_size > 0 and evidence.read_bytes() == content
    except FileNotFoundError:
        return False


def _npy(evidence: NDArray[np.float32]) -> bytes:
    array = BytesIO()
    np.save(array, evidence)
    return array.getvalue()
