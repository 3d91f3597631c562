"""An adaptation in the app: chosen like a model, and named wherever it decides."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.core.adaptation.fitting import Decision
from app.core.adaptation.holding_out import adapt_decision
from app.core.adaptation.wanted import Wanted
from app.core.adaptation.writing import make_adaptation, write_adaptation
from app.core.bundles.bundle import load_bundle
from tests.app.core.adaptation.local_films import local_films
from tests.app.views.light_bundles import BINARY, drawn_table, write_bundle

MAIN = Path(__file__).parents[3] / "app" / "main.py"


@pytest.fixture
def adapted(tmp_path, monkeypatch):
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path))
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    bundle = load_bundle(write_bundle(tmp_path, drawn_table(BINARY, per_class=4)))
    films = local_films(200, distance=9.0)
    base = Decision(bundle.manifest.calibration, bundle.manifest.thresholds)
    fitted = adapt_decision(films, base, bundle.manifest.task, Wanted())
    adaptation = make_adaptation(bundle, films, fitted, "Ward 3")
    return write_adaptation(tmp_path / "light@ward-3", adaptation, bundle, films, fitted)


def choose(page):
    at = AppTest.from_file(MAIN, default_timeout=60).switch_page(page).run()
    picker = at.selectbox(key="model_picker")
    assert picker.options == ["light", "light, adapted to Ward 3"]
    return picker.set_value("light@ward-3").run()


def test_the_card_opens_with_the_place_and_every_file_is_checked(adapted):
    at = choose("views/model_card.py")

    assert not at.exception
    assert any("light, adapted to Ward 3" in text.value for text in at.markdown)
    assert at.code[0].value == adapted.sha256
    files = at.dataframe[0].value
    assert "light@ward-3/predictions.csv" in files["File"].tolist()
    assert set(files["Result"]) == {"unchanged"}


def test_performance_is_that_of_the_place(adapted):
    at = choose("views/performance.py")

    assert not at.exception
    text = " ".join(one.value for one in at.caption)
    assert "Local split: 200 images" in text
    assert "without its patient" in text
    promised = " ".join(one.value for one in at.markdown)
    assert "Ruled out below" in promised
    assert "On the local split" in promised


def test_one_that_is_deleted_by_hand_gives_way_to_its_bundle_and_says_so(adapted):
    at = choose("views/adapt.py")
    shutil.rmtree(adapted.adapted_in)
    at.run()

    assert not at.exception
    assert at.selectbox(key="model_picker").value == "light"
    said = "The model light@ward-3 is no longer installed; light is chosen instead."
    assert [one.value for one in at.warning] == [said]
    # Until a model is chosen.
    assert [one.value for one in at.run().warning] == [said]


def test_one_for_another_version_of_the_bundle_is_refused_as_soon_as_that_changes(adapted):
    at = choose("views/adapt.py")
    assert not at.error
    manifest = adapted.path / "bundle.json"
    manifest.write_text(manifest.read_text() + "\n")
    at.run()

    assert not at.exception
    assert "was made for another version of the bundle 'light'" in at.error[0].value
