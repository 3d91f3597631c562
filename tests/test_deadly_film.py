"""A film whose decoder ends the app is refused by every program from then on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.app.core.images.deadly import put_faulty_decoder
from tests.app.views.conftest import MAIN
from tests.homes import link_converted
from tests.pictures import encode

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="ends a process by a signal"),
]

BATCH = f"""
from streamlit.testing.v1 import AppTest
from app.core.review.worklist_registry import open_worklists
from tests.app.views.conftest import named
page = named(AppTest.from_file({str(MAIN)!r}, default_timeout=120)).run()
page.segmented_control(key="review_origin").set_value("Server folder").run()
page.button(key="review_server").click().run()
open_worklists().get(page.session_state["id"]).wait_until_scored(120)
"""


@pytest.fixture
def films(tmp_path) -> Path:
    """A folder for each of two classes, with a deadly film in the first."""
    generator = np.random.default_rng(0)
    for name in ("NORMAL/1", "NORMAL/2", "PNEUMONIA/3", "PNEUMONIA/4"):
        path = tmp_path / "films" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        film = encode(generator.integers(0, 256, (60, 60)).astype(np.uint8), "PNG")
        path.write_bytes(film + b"DEADLY" * (name == "NORMAL/2"))
    return tmp_path / "films"


def test_a_film_that_ended_the_app_is_refused_by_all(films, bundle, tmp_path):
    put_faulty_decoder(tmp_path)
    environment = os.environ | {
        "OVERREAD_DATA_ROOT": str(films),
        "OVERREAD_HOME": str(link_converted(tmp_path / "home")),
        "OVERREAD_MODELS": str(bundle.path.parent),
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(MAIN.parents[1])]),
    }

    def run(*arguments):
        return subprocess.run(
            [sys.executable, *arguments], env=environment, capture_output=True, text=True
        )

    assert run("-c", BATCH).returncode == -signal.SIGABRT

    table, listed = tmp_path / "results.csv", tmp_path / "inspected.json"
    scored = run("-m", "app.cli", "score", bundle.path, films, "--out", table)
    assert scored.returncode == 0, scored.stderr
    rows = pd.read_csv(table, keep_default_na=False)
    assert rows["status"].tolist() == ["ok", "unreadable", "ok", "ok"]
    assert rows["reason"][1].startswith("ends_process: ")

    inspected = run("-m", "model_training.cli", "inspect", films, "--json", listed)
    assert listed.is_file(), inspected.stderr
    assert "ends_process" in listed.read_text(encoding="utf-8")
    # As long as it ends a process, whoever reads it.
    assert len(list((tmp_path / "home" / "decoding").iterdir())) == 1
