"""A threshold that was tried on Performance judges the next worklist."""

import cv2
import pytest
from streamlit.testing.v1 import AppTest

from app.core.bundles.bundle import load_bundle
from app.core.record.worklists import all_worklists
from app.core.review.worklist_registry import open_worklists
from tests.app.views.conftest import MAIN, named
from tests.app.views.light_bundles import table, write_bundle

ROWS = [("test", "p1", "", 0, 0.10), ("test", "p2", "", 0, 0.80), ("test", "p3", "", 1, 0.90)]


@pytest.fixture
def at(tmp_path, film, monkeypatch):
    """The page Performance of a model whose threshold is 0.5."""
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    picture = cv2.imencode(".png", film)[1].tobytes()
    path = write_bundle(tmp_path / "models", table(ROWS), samples={"a.png": picture})
    app = named(AppTest.from_file(MAIN, default_timeout=60))
    app.switch_page("views/performance.py").run()
    app.slider(key=f"performance_threshold_{load_bundle(path).sha256[:12]}").set_value(0.7).run()
    app.button(key="performance_take").click().run()
    return app.switch_page("views/worklists.py").run()


@pytest.mark.parametrize(("is_used", "threshold"), [(True, 0.7), (False, None)])
def test_it_is_proposed_and_may_be_declined(at, is_used, threshold):
    assert not at.exception
    used = at.checkbox(key="plan_threshold")
    assert "0.700" in used.label
    assert "0.500" in used.label
    used.set_value(is_used).run()
    at.button(key="review_samples").click().run()
    (made,) = all_worklists(open_worklists().record)
    assert made.threshold == threshold

    at.switch_page("views/worklist.py").run()

    assert not at.exception
    said = any("threshold 70.0 %, chosen instead of the model's" in one.value for one in at.caption)
    assert said == is_used
