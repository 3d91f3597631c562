"""What decoding JPEGs at reduced resolution would gain, and how it would change the scores.

    python -m benchmarks.reduced_decoding BUNDLE FILMS

libjpeg can decode at 1/2, 1/4 or 1/8 at little cost. This is acceptable only if scores stay
within 1e-3 of those at full resolution, on every film that is still larger than the input.

Reference:
    - https://libjpeg-turbo.org, scaled decompression
"""

from __future__ import annotations

import time

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import load_bundle
from app.core.images.film import Film
from app.core.images.preparation import to_input
from app.core.networks.class_logits import class_logits
from app.core.scoring.engine import Engine
from app.core.statistics.calibration import softmax
from benchmarks import calls, films
from benchmarks.table import Row, log, log_machine, print_table

LARGEST_DIFFERENCE = 1e-3
_REDUCED = {2: cv2.IMREAD_REDUCED_GRAYSCALE_2, 4: cv2.IMREAD_REDUCED_GRAYSCALE_4}


def main() -> int:
    """Measures and prints; exit status 1 if scores change too much."""
    parser = calls.parser("benchmarks.reduced_decoding", __doc__)
    calls.add_bundle(parser)
    calls.add_films(parser, "full-resolution JPEGs")
    options = parser.parse_args()
    log_machine()
    engine = Engine(load_bundle(options.bundle))
    contents = [path.read_bytes() for path in films.paths(options.films)]
    return print_table(row for by in _REDUCED for row in measure(engine, contents, by))


def measure(engine: Engine, contents: list[bytes], by: int) -> list[Row]:
    """The largest change of a probability, and the decoding time, on films that are large enough.

    Args:
        engine: Scores the films.
        contents: The JPEG files.
        by: 2 or 4, the reduction.
    """
    size = engine.bundle.manifest.input
    full, reduced, seconds = [], [], np.zeros(2)
    for content in contents:
        started = time.perf_counter()
        film = Film(_decoded(content, cv2.IMREAD_GRAYSCALE))
        decoded = time.perf_counter()
        if min(film.pixels.shape) < by * max(size.height, size.width):
            continue
        smaller = Film(_decoded(content, _REDUCED[by]))
        seconds += decoded - started, time.perf_counter() - decoded
        full.append(to_input(film, engine.bundle.manifest.input))
        reduced.append(to_input(smaller, engine.bundle.manifest.input))
    difference = np.abs(_probabilities(engine, full) - _probabilities(engine, reduced)).max(axis=1)
    log(
        f"1/{by}: {len(full)} of {len(contents)} films are large enough; probabilities change by "
        f"{np.median(difference):.2g} in the median, {difference.max():.2g} at most"
    )
    what = f"{engine.bundle.name}, 1/{by} of the resolution"
    return [
        Row(f"{what}: largest change of a probability", float(difference.max()),
            LARGEST_DIFFERENCE, at_most=True),
        Row(f"{what}: decoding time relative to full resolution", float(seconds[1] / seconds[0])),
    ]  # fmt: skip


def _decoded(content: bytes, how: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), how), np.uint8)


def _probabilities(engine: Engine, fitted: list[NDArray[np.uint8]]) -> NDArray[np.float64]:
    logits = [engine.run(pixels[np.newaxis])[0] for pixels in fitted]
    return np.array([softmax(class_logits(one)[0]) for one in logits])


if __name__ == "__main__":
    calls.run(main)
