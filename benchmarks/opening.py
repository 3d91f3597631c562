"""Opening a film in the app a second time against the first.

    python -m benchmarks.opening BUNDLE FILMS

What the Case page computes of a film: reading and decoding it, scoring, heatmaps of all classes.
The second opening in a session, and the first after a restart, when only what is on disk is known.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks import films
from benchmarks.table import Row, print_table, seconds, tell, tell_machine


def main() -> int:
    """Measures and prints; exit status 1 where the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("films", type=Path)
    parser.add_argument("--images", type=int, default=30, help="default 30")
    options = parser.parse_args()
    tell_machine()
    # Outside a session Streamlit says at every call that there is none.
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as home:
        os.environ["OVERREAD_HOME"] = home
        return print_table(measure(options.bundle, films.paths(options.films)[: options.images]))


def measure(folder: Path, paths: list[Path]) -> list[Row]:
    """Both ratios."""
    import streamlit as st

    from app.core.bundle import load_bundle
    from app.core.sources import Source
    from app.ui import cache

    bundle = load_bundle(folder)
    engine = cache.engine(bundle)
    sources = [Source(path.name, path) for path in paths]
    list(engine.score(sources[:1]))
    known = cache.known_results(bundle)
    first, second, restarted = [], [], []
    for source in sources:
        first.append(seconds(lambda source=source: cache.case(bundle, source)))
        second.append(seconds(lambda source=source: cache.case(bundle, source)))
    list(engine.score(sources, known=known))
    st.cache_resource.clear()
    cache.engine(bundle)
    cache.known_results(bundle)
    for source in sources:
        restarted.append(seconds(lambda source=source: cache.case(bundle, source)))
    for what, times in (("first", first), ("second", second), ("after a restart", restarted)):
        tell(f"{what}: median {1000 * median(times):.1f} ms")
    again = median(b / a for a, b in zip(first, second, strict=True))
    later = median(b / a for a, b in zip(first, restarted, strict=True))
    return [
        Row(f"{bundle.name}: second opening of a film against the first", again, 0.1, at_most=True),
        Row(f"{bundle.name}: first opening after a restart of a film that was scored", later),
    ]


if __name__ == "__main__":
    sys.exit(main())
