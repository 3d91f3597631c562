import json
import os
import platform
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_files import file_sha256
from app.core.bundles.manifest import MANIFEST
from app.core.bundles.provenance import check_files, check_versions
from tests.app.views.light_bundles import BINARY, drawn_table, write_bundle

MAIN = Path(__file__).parents[3] / "app" / "main.py"
PAGE = "views/model_card.py"
VERSIONS = {"python": platform.python_version(), "numpy": "0.1", "no-such-library": "1.0"}


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path))
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    return write_bundle(tmp_path, drawn_table(BINARY, per_class=4), versions=VERSIONS)


def open_page():
    return AppTest.from_file(MAIN, default_timeout=60).switch_page(PAGE).run()


def test_card_digests_versions_and_training_are_shown(path):
    at = open_page()
    files, versions, training = (frame.value for frame in at.dataframe)

    assert not at.exception
    assert any("Intended for tests." in text.value for text in at.markdown)
    assert at.code[0].value == load_bundle(path).sha256
    assert files["Result"].tolist() == ["unchanged"] * 4
    assert files["Expected"].tolist() == files["Found"].tolist()
    assert versions["Result"].tolist() == ["same", "differs", "not installed"]
    assert versions["Installed"].tolist()[1:] == [np.__version__, "none"]
    assert (
        dict(zip(training["Setting"], training["Value"], strict=True))["class_weighting"] == "yes"
    )
    assert at.download_button[0].label == "Download card"


def test_a_file_changed_after_caching_is_reported_as_changed(path):
    open_page()
    history = path / "history.csv"
    before = history.stat()
    history.write_text("epoch\n1\n")
    os.utime(history, ns=(before.st_atime_ns, before.st_mtime_ns))
    at = open_page()

    assert not at.exception
    results = at.dataframe[0].value.set_index("File")["Result"]
    assert results["history.csv"] == "changed"
    assert (results.drop("history.csv") == "unchanged").all()
    assert any("1 of 4 files changed" in text.value for text in at.markdown)


def test_checks_name_what_is_gone(path):
    bundle = load_bundle(path)
    (path / "MODEL_CARD.md").unlink()

    assert {check.name: check.word for check in check_files(bundle)} == {
        "MODEL_CARD.md": "missing",
        "history.csv": "unchanged",
        "model.keras": "unchanged",
        "predictions.csv": "unchanged",
    }
    assert [check.word for check in check_versions(bundle)] == ["same", "differs", "not installed"]


def test_many_unchanged_files_of_a_folder_take_one_row(path):
    manifest = json.loads((path / MANIFEST).read_text())
    (path / "pictures").mkdir()
    for number in range(12):
        file = path / "pictures" / f"{number:02}.jpg"
        file.write_bytes(b"picture %d" % number)
        manifest["files"][f"pictures/{file.name}"] = file_sha256(file)
    (path / MANIFEST).write_text(json.dumps(manifest))
    open_page()
    before = (path / "pictures" / "03.jpg").stat()
    (path / "pictures" / "03.jpg").write_bytes(b"another")
    os.utime(path / "pictures" / "03.jpg", ns=(before.st_atime_ns, before.st_mtime_ns))

    rows = open_page().dataframe[0].value.set_index("File")["Result"]

    assert rows["pictures/03.jpg"] == "changed"
    assert rows["pictures: 11 files"] == "unchanged"
    assert len(rows) == 4 + 2
