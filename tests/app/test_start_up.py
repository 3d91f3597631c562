"""What the pages of worklists load, in a process of its own: this one has loaded everything."""

import os
import subprocess
import sys

import cv2
import pytest

from tests.app.views.conftest import MAIN
from tests.app.views.light_bundles import BINARY, drawn_table, write_bundle

pytestmark = pytest.mark.slow

WORKLIST = f"""
import logging, sys
logging.disable(logging.WARNING)
from pathlib import Path
from streamlit.testing.v1 import AppTest
page = AppTest.from_file({str(MAIN)!r}, default_timeout=120).run()
assert page.title[0].value == "Worklists"

from app.core.bundles.bundle import load_bundle
from app.core.record.readers import known_reader
from app.core.review.making import Plan, of_samples
from app.core.review.worklist_registry import open_worklists
from app.core.scoring.engine import Engine
Engine.__init__ = lambda self, *given, **options: 1 / 0
known_reader(open_worklists().record, "Ada")
made = of_samples(open_worklists(), Plan(name="Films", bundle=load_bundle(Path(sys.argv[1]))))
made.wait_until_scored()
page.session_state["reader_name"] = "Ada"
page.query_params["id"] = made.worklist.id
page.switch_page("views/worklist.py").run()
assert not page.exception
assert page.title[0].value == "Films"
print(*sys.modules)
"""


def test_the_worklist_opens_without_a_network_library(tmp_path, film):
    png = cv2.imencode(".png", film)[1].tobytes()
    models = tmp_path / "models"
    path = write_bundle(models, drawn_table(BINARY), samples={"one.png": png})
    environment = os.environ | {"OVERREAD_MODELS": str(models), "OVERREAD_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", WORKLIST, str(path)], env=environment, cwd=MAIN.parents[1],
        capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert {"streamlit", "app.ui.cache", "app.ui.worklist.film_list"} <= loaded
    assert not {"tensorflow", "keras", "openvino", "tf_keras_vis"} & loaded
