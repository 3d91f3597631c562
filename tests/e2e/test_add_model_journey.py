"""Somebody without any model drops one of another framework, and sees why it says what it says."""

from __future__ import annotations

import re

import numpy as np
import pytest
from onnx import numpy_helper
from playwright.sync_api import expect

from tests.e2e import steps
from tests.e2e.conftest import dashboard
from tests.model_training.films import write_classes
from tests.model_training.importing.graph_files import torch_like

CLASSES = ("NORMAL", "PNEUMONIA")


@pytest.fixture
def empty(tmp_path, films):
    """A dashboard without a model, with some films and the same labelled."""
    (tmp_path / "models").mkdir()
    write_classes(tmp_path / "labelled", CLASSES, patients=10)
    settings = {"OVERREAD_MODELS": str(tmp_path / "models")}
    with dashboard(tmp_path / "home", data_root=films.parent, **settings) as address:
        yield address


def telling(path):
    """A network whose features all speak for the second class, so that every heatmap shows."""
    pro = np.stack([np.full(8, -0.3), np.full(8, 0.3)]).astype(np.float32)
    return torch_like(path, channels=1, weights={"w3": numpy_helper.from_array(pro, "w3")})


def test_a_network_of_pytorch_goes_from_its_file_to_a_heatmap(page, empty, tmp_path):
    model = telling(tmp_path / "network.onnx")
    steps.open_page(page, empty, "Add a model")
    files = page.get_by_test_id("stFileUploaderDropzoneInput")
    files.first.set_input_files(model)
    steps.shown(page.get_by_text("network.onnx"))
    said = {"Name of the model": "of-pytorch", "Classes or findings": "\n".join(CLASSES)}
    for name, text in said.items():
        field = page.get_by_role("textbox", name=name)
        with steps.rerun(page):
            field.fill(text)
            field.press("Tab")
    pick(page, "Pixels were scaled to (--scale)", "0..1: x / 255, ToTensor")
    pick(page, "Its outputs are (--head)", "logits of classes that exclude each other")
    with steps.rerun(page):
        steps.choose(page, "Folder on this computer")
    with steps.rerun(page):
        files.nth(1).set_input_files(tmp_path / "labelled")
    page.get_by_role("button", name="Add the model").click()

    steps.shown(page.get_by_text("The model of-pytorch was added."), timeout=120_000)
    steps.shown(page.get_by_role("cell", name="Accuracy"))  # among what was measured
    page.get_by_role("button", name="Review films with it").click()
    steps.shown(page.get_by_role("heading", name="Worklists", exact=True))
    steps.review_server_folder(page, "week 12")
    steps.open_row(page, 0)
    expect(page.locator(".map-note")).to_have_text(
        re.compile(r"^Evidence for PNEUMONIA \(Grad-CAM at last_map\)$", re.IGNORECASE)
    )
    expect(page.get_by_test_id("stException")).to_have_count(0)


def pick(page, name, option):
    with steps.rerun(page):
        page.get_by_role("combobox", name=name).click()
        page.get_by_role("option", name=option).click()
