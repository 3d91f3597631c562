"""Every page of a model whose quality is unknown says so, and Performance what to do about it."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_files import PREDICTIONS, file_sha256
from app.core.bundles.manifest import FORMAT_WITHOUT_FIGURES, MANIFEST
from app.core.exports.provenance import provenance
from app.core.exports.snapshot import take
from app.core.review.worklist_registry import open_worklists
from tests.app.views.conftest import made, open_film, opened

_PAGES = ("worklists", "worklist", "report", "performance", "model_card", "adapt")


@pytest.fixture
def bundle(bundle, tmp_path):
    """The bundle as an import without labelled images would have written it."""
    folder = tmp_path / "models" / "unmeasured"
    shutil.copytree(bundle.path, folder)
    content = json.loads((folder / MANIFEST).read_text())
    pd.read_csv(folder / PREDICTIONS).iloc[:0].to_csv(folder / PREDICTIONS, index=False)
    content["files"][PREDICTIONS] = file_sha256(folder / PREDICTIONS)
    content["thresholds"] |= {"uncertain_low": 0.0, "decision": 0.5, "uncertain_high": 1.0}
    content |= {"format": FORMAT_WITHOUT_FIGURES, "quality": "unknown", "name": "unmeasured"}
    content["training"] = {"file": "model.h5", "origin": "imported"}
    (folder / MANIFEST).write_text(json.dumps(content))
    return load_bundle(folder)


def says_so(at):
    return any("was never measured" in one.value for one in at.markdown)


def test_every_page_says_that_nothing_is_known(app):
    made(app, "ward")

    for page in _PAGES:
        app.switch_page(f"views/{page}.py").run()
        assert not app.exception, page
        assert says_so(app), page
    for page in ("case", "activations"):
        open_film(app, "film_0.png", f"views/{page}.py")
        assert not app.exception, page
        assert says_so(app), page
    record = open_worklists().record
    assert "nothing is known" in dict(provenance(take(record, opened(app))))["Model, quality"]


def test_performance_says_how_it_would_be_measured(app):
    app.switch_page("views/performance.py").run()

    assert not app.exception
    assert not app.metric
    assert [one.value for one in app.code] == [
        "overread-train import model.h5 --data FOLDER --out NEW"
    ]
    assert not any("Train it again" in one.value for one in app.info)
