"""Writes evidence maps and overlays next to the results table, a few films at a time.

Each film is read again for its overlay. This works the same for results of the local engine, a
cluster and the cache, and no large film is held in memory until its score arrives. Reads have a
time limit, and the digest shows whether it is still the film that was scored.
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
from app.core.bundles.heatmap import Heatmap
from app.core.errors import CHANGED, ImageError, UnreadableImageError
from app.core.images import decoding, geometry
from app.core.images.guard import guarded
from app.core.images.own_pictures import SCALE_TEXT
from app.core.images.preparation import read_film
from app.core.images.reading import ReadOptions
from app.core.rendering import heatmaps, png_text
from app.core.scoring.cores import num_cores
from app.core.scoring.result import Result
from app.core.sources.read_ahead import SECONDS_A_READ, ReadAhead

# Longer side of an overlay in pixels: large enough to interpret, small enough to send.
OVERLAY_SIDE = 1024
# Keys of what was done to the film, and of the reason to judge it though the gate refused it.
REMEDY_TEXT = "Remedy"
OVERRIDE_TEXT = "Judged all the same"


def write_overlays(
    results: Iterator[Result],
    bundle: Bundle,
    folder: Path,
    *,
    missing: Counter[str],
    seconds_a_read: float = SECONDS_A_READ,
) -> Iterator[Result]:
    """Passes results on after `<image_id>.npy` and `<image_id>.png` were written for each.

    The first is the evidence map, float32 `(rows, columns)` in logits; the second is the film with
    the evidence as overlay. Existing files are kept, if the evidence and the scale of its colours
    are still the same.

    Args:
        results: The results.
        bundle: The bundle that computed them.
        folder: Where to write; created if necessary.
        missing: Counts results without an overlay by reason code: films that were changed since
            scoring or cannot be read again.
        seconds_a_read: Time limit for reading a film, in seconds.

    Raises:
        SourceError: If the file system no longer responds.
        OSError: If a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    threads = num_cores()
    ahead: deque[tuple[Result, Future[str]]] = deque()

    def done() -> Result:
        result, future = ahead.popleft()
        if code := future.result():
            missing[code] += 1
        return result

    with (
        ThreadPoolExecutor(threads, thread_name_prefix="overlay") as pool,
        ReadAhead(seconds_a_read=seconds_a_read) as reading,  # closed first, see `Engine.score`
    ):
        files = _Files(folder, reading, bundle.manifest.heatmap)
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
    colours: Heatmap

    def write(self, result: Result) -> str:
        """Writes both files; returns the reason code if there is no overlay, else an empty text."""
        if result.evidence is None or result.prediction is None:
            return ""
        evidence, overlay = (self.folder / f"{result.image_id}.{end}" for end in ("npy", "png"))
        content = _npy(result.evidence)
        scale = self.colours.scale_for(result.prediction.class_index, result.evidence)
        if _is_current(overlay, scale) and _is_same(evidence, content):
            return ""
        code = ""
        try:
            with guarded():
                drawn = self._draw_overlay(result, result.evidence, scale)
            write_whole(overlay, drawn)
        except ImageError as error:
            code = error.code
            overlay.unlink(missing_ok=True)  # it would not match the new evidence map
        write_whole(evidence, content)
        return code

    def _draw_overlay(self, result: Result, evidence: NDArray[np.float32], scale: float) -> bytes:
        data = self.reading.read(result.source).take()
        if result.chosen.image_id(decoding.image_id(data)) != result.image_id:
            raise UnreadableImageError(
                CHANGED, "The film was replaced after it was scored. Score it again."
            )
        film = geometry.shrunk(read_film(data, result.chosen), OVERLAY_SIDE)
        picture = heatmaps.png(heatmaps.blend(film.pixels, evidence, scale=scale))
        for key, text in _second_look(result.chosen).items():
            picture = png_text.with_text(picture, key, text)
        return png_text.with_text(picture, SCALE_TEXT, _in_logits(scale))


def _second_look(chosen: ReadOptions) -> dict[str, str]:
    """What was done to the film, and why it was judged though it was refused; by their keys."""
    # Latin letters are all that the text of a PNG holds.
    reason = chosen.override.encode("latin-1", "replace").decode("latin-1")
    texts = {REMEDY_TEXT: chosen.remedy or "", OVERRIDE_TEXT: reason}
    return {key: text for key, text in texts.items() if text}


def _in_logits(scale: float) -> str:
    return f"{scale!r} logits"


def _is_current(overlay: Path, scale: float) -> bool:
    """Whether there is an overlay, and its colours are on this scale.

    File names do not contain the scale, and a bundle published again may have another for the
    same network.
    """
    return png_text.text_of(overlay, SCALE_TEXT) == _in_logits(scale)


def _is_same(evidence: Path, content: bytes) -> bool:
    """Whether the evidence of an earlier run is that of this one; it is written after the overlay.

    After a power failure, a file may exist but be empty.
    """
    try:
        return evidence.read_bytes() == content
    except FileNotFoundError:
        return False


def _npy(evidence: NDArray[np.float32]) -> bytes:
    array = BytesIO()
    np.save(array, evidence)
    return array.getvalue()
