"""The pictures of the studies are drawn from the trials kept beside their pages."""

import json
import re

import pandas as pd
import pytest

pytest.importorskip("playwright", reason="Playwright is not installed: pip install -e '.[dev]'")
from tools.study_plots import STUDIES, _drawn

FILES = sorted(STUDIES.glob("*.csv"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_study_has_a_mark_for_each_finished_seed(file):
    html, height = _drawn(file)

    traces = json.loads(re.search(r'Plotly\.newPlot\(\s*"[^"]+",\s*(\[.*?\]),\s*\{', html)[1])
    mean, seeds = traces
    trials = pd.read_csv(file).query("state == 'done'")
    assert [mean["name"], seeds["name"]] == ["mean", "one seed"]
    assert len(seeds["y"]) == len(trials)
    assert set(seeds["y"]) == set(mean["y"])
    assert height == 130 + 34 * len(mean["y"])
