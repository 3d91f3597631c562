"""Draws the plots of `docs/studies` from the saved trials: `make plots`.

Each `docs/studies/results/NAME.csv` is the `trials.csv` of a study (`overread-train tune`) and
becomes `docs/images/study-NAME.png`, with one mark per seed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from playwright.sync_api import sync_playwright

from model_training.tuning.spread import SEED, spread_figure, spread_over_seeds
from tests.e2e.conftest import QUIET, chromium

STUDIES = Path(__file__).parents[1] / "docs" / "studies" / "results"
IMAGES = Path(__file__).parents[1] / "docs" / "images"

# Columns of `trials.csv`; the others are the settings that were searched.
_FIGURES = ("trial", "state", "value", "best_epoch", "epochs_run", "minutes", "remark")
_WIDTH = 860


def main() -> int:
    """Writes the plots; returns 1 if there is no Chromium."""
    path = chromium()
    if path is None:
        print("No Chromium found: install one (Debian: apt-get install chromium)", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        page = browser.new_page(device_scale_factor=2)
        for file in sorted(STUDIES.glob("*.csv")):
            html, height = _drawn(file)
            page.set_viewport_size({"width": _WIDTH, "height": height})
            page.set_content(html)
            page.wait_for_selector(".main-svg")
            page.screenshot(path=IMAGES / f"study-{file.stem}.png")
            print(f"docs/images/study-{file.stem}.png")
        browser.close()
    return 0


def _drawn(file: Path) -> tuple[str, int]:
    """The HTML of one figure, and its height in pixels."""
    trials = pd.read_csv(file, dtype={"filters": str}, keep_default_na=False, na_values=[""])
    settings = [
        str(name)
        for name in trials.columns
        if name not in _FIGURES and not str(name).startswith("val_")
    ]
    trials[[name for name in settings if name != SEED]] = trials[
        [name for name in settings if name != SEED]
    ].astype(str)
    figure = spread_figure(trials, settings, metric="validation AUC", maximise=True)
    height = 130 + 34 * len(spread_over_seeds(trials, settings, maximise=True))
    figure.update_layout(
        template="plotly_white", width=_WIDTH, height=height, font={"size": 14},
        margin={"l": 10, "r": 20, "t": 30, "b": 10},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"},
    )  # fmt: skip
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    options = {"displayModeBar": False}
    return figure.to_html(include_plotlyjs=True, config=options), height


if __name__ == "__main__":
    sys.exit(main())
