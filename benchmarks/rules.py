"""Time of the gate's image statistics and rules, relative to decoding the film.

    python -m benchmarks.rules FILMS

Films of two sizes, made of the same ones: small ones of 224 pixels, and enlarged ones of 2,000.
One thread, as in the engine, where every core has a film of its own; and not the main one, whose
memory goes back to the system after each film and is asked for again, page by page.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import cv2
import numpy as np

from app.core.bundles.network_input import Input
from app.core.errors import RefusedImageError
from app.core.gate.film_view import FilmView
from app.core.gate.image_statistics import image_statistics, view_statistics
from app.core.gate.rules.check import check_look
from app.core.gate.rules.look import Look
from app.core.gate.rules.mirrored import check_mirrored
from app.core.gate.rules.quality import check_quality
from app.core.gate.statistic_ranges import StatisticRanges
from app.core.images import decoding
from app.core.images.film import Film
from benchmarks import calls, films
from benchmarks.table import Row, log, log_machine, print_table

SIDES = (224, 2_000)
# Milliseconds a film.
TARGETS = {224: 0.5, 2_000: 3.0}
ROUNDS = 5
_INPUT = Input(height=192, width=192, channels=1, fit="stretch")


def main() -> int:
    """Measures and prints; exit status 1 if a target is missed."""
    parser = calls.parser("benchmarks.rules", __doc__)
    calls.add_films(parser)
    calls.add_count(parser, "--images", 100, "films", lowest=30)
    options = parser.parse_args()
    log_machine()
    with ThreadPoolExecutor(1) as thread:
        rows = thread.submit(measure, options.films, options.images).result()
    return print_table(rows)


def measure(source: Path, num_images: int) -> list[Row]:
    """The time of statistics and rules, in milliseconds and relative to decoding.

    Args:
        source: Folder of films, at least 30.
        num_images: Number of films.
    """
    cv2.setNumThreads(1)
    originals = [decoding.decode(path.read_bytes()) for path in films.paths(source)[:num_images]]
    rows = []
    for side in SIDES:
        files = [_file(film, side) for film in originals]
        decoded = [decoding.decode(file) for file in files]
        ranges = StatisticRanges.from_films([image_statistics(film) for film in decoded])

        def check(film: Film, ranges: StatisticRanges = ranges) -> None:
            view = FilmView(film)
            look = Look(view.shape, view_statistics(view), ranges, _INPUT, view)
            try:
                check_look(look)
                check_mirrored(view)
                check_quality(look)
            except RefusedImageError:
                pass

        rules = [_seconds(partial(check, film)) for film in decoded]
        decoding_ = [_seconds(partial(decoding.decode, file)) for file in files]
        ratio = median(one / other for one, other in zip(rules, decoding_, strict=True))
        log(
            f"{side} pixels: rules {1000 * median(rules):.2f} ms a film (longest "
            f"{1000 * max(rules):.2f}), decoding {1000 * median(decoding_):.2f} ms"
        )
        rows += [
            Row(
                f"statistics and rules, film of {side:,} pixels: milliseconds",
                1000 * median(rules),
                TARGETS[side],
                at_most=True,
            ),
            Row(f"the same relative to decoding its JPEG, {side:,} pixels", ratio),
        ]
    return rows


def _file(film: Film, side: int) -> bytes:
    """The film as a JPEG whose longer side has so many pixels."""
    rows, columns = film.pixels.shape[:2]
    scale = side / max(rows, columns)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    pixels = film.pixels if film.pixels.ndim == 2 else film.pixels[..., ::-1]
    return cv2.imencode(".jpg", np.asarray(cv2.resize(pixels, size, interpolation=how)))[
        1
    ].tobytes()


def _seconds(work: Callable[[], object]) -> float:
    """The shortest of several runs: what it takes where nothing else runs."""
    found = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        found.append(perf_counter() - start)
    return min(found)


if __name__ == "__main__":
    calls.run(main)
