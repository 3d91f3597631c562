"""What the Review page loads, in a process of its own: this one has loaded everything."""

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
assert any(button.key == "review_samples" for button in page.button)

from app.core.review.batch import Batch
from app.core.bundles.bundle import load_bundle
from app.core.scoring.result import Result
from app.core.images.decoding import image_id
from app.core.sources.source import Source
bundle = load_bundle(Path(sys.argv[1]))
source = Source("one.png", bundle.samples[0])
batch = Batch([source], bundle=bundle)
batch.results.append(Result(source, image_id(source.read()), "refused", "blank", "Nothing."))
page.session_state["batch"] = batch
page.run()
assert not page.exception
assert page.dataframe[0].value["Film"].iloc[0].startswith("data:image/jpeg")
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
    assert {"streamlit", "app.ui.cache", "app.ui.review.worklist"} <= loaded
    assert not {"tensorflow", "keras", "openvino", "tf_keras_vis"} & loaded
