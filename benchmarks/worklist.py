"""A run of the Review page with many films against one with few.

    python -m benchmarks.worklist

The time of a run must not grow with the batch: the list is made once, and the table of results only
when it is downloaded. The results are made up and have no files, so that only the page is measured;
each run is what a click causes that changes nothing.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import calls
from benchmarks.table import Row, log, log_machine, print_table, seconds

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    from app.core.bundles.bundle import Bundle
    from app.core.scoring.result import Result

FEW = 100
RUNS = 15


def main() -> int:
    """Measures and prints; exit status 1 if the target is missed."""
    parser = calls.parser("benchmarks.worklist", __doc__)
    calls.add_count(parser, "--images", 100_000, "films of the large batch")
    options = parser.parse_args()
    log_machine()
    # Without a session Streamlit warns at every call.
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as home:
        os.environ["OVERREAD_HOME"] = home
        return print_table(measure(options.images))


def measure(many: int) -> list[Row]:
    """The ratio of a run with many films to one with few, which take turns."""
    pages = {number: review_page(number) for number in (FEW, many)}
    for page in pages.values():
        page.run()
    rounds = [[seconds(page.run) for page in pages.values()] for _ in range(RUNS)]
    for number, page in pages.items():
        if page.exception or page.error or len(page.dataframe[0].value) != min(number, 50):
            raise SystemExit("The page failed; nothing was measured.")
    few_seconds, many_seconds = map(median, zip(*rounds, strict=True))
    log(f"{FEW} films: {1000 * few_seconds:.0f} ms, {many:,} films: {1000 * many_seconds:.0f} ms")
    ratio = many_seconds / few_seconds
    return [Row(f"run of the Review page, {many:,} films against {FEW}", ratio, 1.5, at_most=True)]


def review_page(number: int) -> AppTest:
    """The app with that number of scored films, none of which has a file."""
    from streamlit.testing.v1 import AppTest

    from app.core.bundles.bundle import load_bundle
    from app.core.review.batch import Batch
    from app.core.settings import read_settings

    main_script = Path(__file__).parents[1] / "app" / "main.py"
    page = AppTest.from_file(main_script, default_timeout=120).run()
    bundle = load_bundle(read_settings().models / str(page.selectbox(key="model_picker").value))
    batch = Batch([], bundle=bundle)
    batch.results = random_results(number, bundle)
    page.session_state["batch"] = batch
    return page


def random_results(number: int, bundle: Bundle) -> list[Result]:
    """Results with random probabilities over the whole range; every third film is refused.

    Args:
        number: Number of results.
        bundle: The bundle they pretend to come from.
    """
    import numpy as np

    from app.core.gate.observation import Observation
    from app.core.scoring.prediction import predict
    from app.core.scoring.result import Result
    from app.core.sources.source import Source

    logits = np.random.default_rng(0).normal(-1, 2, number)
    coordinates = np.zeros(32, np.float16)

    def result(index: int, logit: float) -> Result:
        source = Source(f"film_{index:06d}.png", Path("missing"))
        image_id = hashlib.sha256(str(index).encode()).hexdigest()
        if index % 3 == 0:
            return Result(
                source,
                image_id,
                "refused",
                reason_code="turned_90",
                reason="This film lies on its side. Have it judged turned.",
                observation=Observation(2.0, coordinates),
                remedy="turn_90",
            )
        prediction = predict(np.array([0.0, logit]), bundle.manifest)
        return Result(
            source,
            image_id,
            "ok",
            prediction=prediction,
            observation=Observation(0.5, coordinates),
        )

    return [result(index, float(logit)) for index, logit in enumerate(logits)]


if __name__ == "__main__":
    calls.run(main)
