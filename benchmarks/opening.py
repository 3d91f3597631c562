"""Opening a film in the app for the second time compared with the first.

    python -m benchmarks.opening BUNDLE FILMS

Measures the whole Case page as a user experiences it: Streamlit runs the script of the page, which
reads, decodes, scores and explains the film, and draws it with its heatmap. First a film that was
never scored; then the same film again, after another one; then a scored film after a restart,
when only the results on disk are available. The baseline is the same page without a film, which
has nothing to compute.
"""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import calls, films
from benchmarks.table import Row, log, log_machine, print_table, seconds

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    from app.core.sources.source import Source


def main() -> int:
    """Measures and prints; exit status 1 if the target is missed."""
    parser = calls.parser("benchmarks.opening", __doc__)
    calls.add_bundle(parser)
    calls.add_films(parser)
    calls.add_count(parser, "--images", 30, "films", lowest=2)
    options = parser.parse_args()
    log_machine()
    # Without a session Streamlit warns at every call.
    logging.disable(logging.WARNING)
    paths = films.paths(options.films)[: options.images + 1]
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {
            "OVERREAD_HOME": home,
            "OVERREAD_MODELS": str(options.bundle.absolute().parent),
        }
        return print_table(measure(options.bundle, paths))


def measure(folder: Path, paths: list[Path]) -> list[Row]:
    """Ratios of page times.

    Args:
        folder: Folder of the bundle.
        paths: Films; the first one is opened in between the others.
    """
    import streamlit as st

    from app.core.bundles.bundle import load_bundle
    from app.core.sources.source import Source
    from app.ui.cache import models

    bundle = load_bundle(folder)
    between, *sources = [Source(path.name, path) for path in paths]
    page = case_page(folder.name)
    open_film(page, between)
    first, second, nothing, restarted = [], [], [], []
    for source in sources:
        first.append(open_film(page, source))
        nothing.append(open_film(page, None))
        open_film(page, between)
        second.append(open_film(page, source))
    list(models.engine(bundle).score(sources, known=models.known_results(bundle)))
    st.cache_resource.clear()
    open_film(page, between)
    for source in sources:
        restarted.append(open_film(page, source))
    for what, times in (
        ("first", first), ("second", second), ("after a restart", restarted),
        ("the page without a film", nothing),
    ):  # fmt: skip
        log(f"{what}: median {1000 * median(times):.1f} ms")

    def against_first(times: list[float]) -> float:
        return median(b / a for a, b in zip(first, times, strict=True))

    name = bundle.name
    return [
        Row(f"{name}: second opening of a film relative to the first", against_first(second), 0.1,
            at_most=True),
        Row(f"{name}: the same page without a film relative to a first opening",
            against_first(nothing)),
        Row(f"{name}: first opening of a scored film after a restart",
            against_first(restarted)),
    ]  # fmt: skip


def case_page(model: str) -> AppTest:
    """The app on the Case page with that model, without a film."""
    from streamlit.runtime.scriptrunner.script_cache import ScriptCache
    from streamlit.testing.v1 import AppTest, app_test, local_script_runner

    # A server compiles a page's script once, a test at every run.
    compiled = ScriptCache()
    for module in (app_test, local_script_runner):
        vars(module)["ScriptCache"] = lambda: compiled
    main_script = Path(__file__).parents[1] / "app" / "main.py"
    page = AppTest.from_file(main_script, default_timeout=120).run()
    page.selectbox(key="model_picker").set_value(model).run()
    return page.switch_page("views/case.py").run()


def open_film(page: AppTest, source: Source | None) -> float:
    """Seconds until the page is rendered.

    Args:
        page: The app on the Case page.
        source: The film, or None for none.
    """
    page.session_state["case"] = source
    taken = seconds(page.run)
    if page.exception or page.error or bool(page.info) != (source is None):
        raise SystemExit("A page failed; nothing was measured.")
    return taken


if __name__ == "__main__":
    calls.run(main)
