"""Models that people have go from their files to heatmaps, and answer as where they were made."""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import foreign_models as foreign
from tests.e2e import steps
from tests.e2e.conftest import dashboard
from tests.e2e.foreign_models import CHEST, CLASSES, SKIN, Foreign
from tests.model_training.films import write_classes

TORCHVISION = "imagenet: ToTensor and Normalize"
SAME = 1e-4


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A dashboard without a model, its data root, and the folder of its models."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "models").mkdir()
    (folder / "root").mkdir()
    settings = {"OVERREAD_MODELS": str(folder / "models")}
    with dashboard(folder / "home", data_root=folder / "root", **settings) as address:
        yield address, folder / "root"


@pytest.fixture
def add(page, place, tmp_path):
    """Adds a model on the page, opens its films, and leaves the browser at the first of them."""
    address, root = place

    def run(model: Foreign, name: str, *, fields=None, picks=None, labelled=False) -> None:
        model.write_films(root / name)
        steps.open_page(page, address, "Add a model")
        files = page.get_by_test_id("stFileUploaderDropzoneInput")
        with steps.rerun(page):
            files.first.set_input_files(list(model.files))
        for field, text in {"Name of the model": name, **(fields or {})}.items():
            fill(page, field, text)
        for field, option in (picks or {}).items():
            pick(page, field, option)
        if labelled:
            write_classes(tmp_path / "labelled", CLASSES, patients=12)
            steps.choose(page, "Folder on this computer")
            with steps.rerun(page):
                files.nth(1).set_input_files(tmp_path / "labelled")
        page.get_by_role("button", name="Add the model").click()
        steps.shown(page.get_by_text(f"The model {name} was added."), timeout=180_000)
        steps.settled(page)
        expect(page.get_by_role("cell", name="AUC")).to_have_count(int(labelled))
        with steps.rerun(page):
            page.get_by_role("button", name="Review films with it").click()
        steps.shown(page.get_by_role("heading", name="Worklists", exact=True))
        steps.review_server_folder(page, name)
        require_same_answers(page, model)
        steps.open_row(page, 0)

    return run


def require_same_answers(page: Page, model: Foreign) -> None:
    """Compares the results that the worklist offers with those of the model's framework."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download results.csv").click()
    table = pd.read_csv(BytesIO(download.value.path().read_bytes())).sort_values("path")
    assert list(table["status"]) == ["ok"] * len(model.films)
    for column, expected in model.answers.items():
        assert np.abs(table[column] - expected).max() <= SAME, column
    # Or the films would not tell a right scaling from a wrong one.
    assert max(np.ptp(one) for one in model.answers.values()) > 10 * SAME


def expect_heatmap(page: Page, classes: str) -> None:
    """Expects colours over the film, and a word of what they are."""
    steps.wait_for_film(page)
    note = re.compile(rf"^Evidence for ({classes}) \(Grad-CAM at \S+\)$", re.IGNORECASE)
    expect(page.locator(".map-note")).to_have_text(note)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_network_of_a_notebook_whose_pixels_labelled_images_explain(page, add, tmp_path):
    model = foreign.of_a_notebook(tmp_path)

    add(model, "notebook", fields={"Classes": "\n".join(CLASSES)}, labelled=True)

    expect_heatmap(page, "|".join(CLASSES))


@pytest.mark.parametrize(
    ("make", "fields", "picks", "classes"),
    [
        pytest.param(
            foreign.nested_mobilenet,
            {"Classes": "NORMAL, PNEUMONIA"},
            {"Pixels": "-1..1: x / 127.5 - 1"},
            CLASSES,
            id="a-mobilenet-nested-in-a-model",
        ),
        pytest.param(
            foreign.of_teachable_machine,
            {"Positive class": "Class B"},
            {},
            ("Class A", "Class B"),
            id="an-archive-of-teachable-machine",
        ),
        pytest.param(
            foreign.of_pytorch,
            {"Classes": "\n".join(CLASSES)},
            {"Pixels": TORCHVISION, "Its outputs": "logits of classes that exclude each other"},
            CLASSES,
            id="a-network-of-pytorch-with-its-weights-beside-it",
        ),
        pytest.param(
            foreign.of_skin_lesions,
            {"Classes": "\n".join(SKIN)},
            {"Pixels": "0..1: x / 255, ToTensor"},
            SKIN,
            id="seven-classes-that-exclude-each-other",
        ),
    ],
)
def test_a_model_is_added_and_explains_its_films(page, add, tmp_path, make, fields, picks, classes):
    add(make(tmp_path), make.__name__, fields=fields, picks=picks)

    expect_heatmap(page, "|".join(classes))


def test_fourteen_findings_any_of_which_can_be_there(page, add, tmp_path):
    model = foreign.of_chest_findings(tmp_path)

    add(
        model,
        "chest-findings",
        fields={"Classes": "\n".join(CHEST)},
        picks={"Pixels": TORCHVISION},
    )

    expect_heatmap(page, "|".join(name.replace("_", " ") for name in CHEST))
    findings = page.locator(".panel .findings")
    expect(findings.get_by_role("listitem")).to_have_count(len(CHEST))


def fill(page: Page, name: str, text: str) -> None:
    """Fills a field of which the name begins so."""
    field = page.get_by_role("textbox", name=re.compile(rf"^{name}"))
    with steps.rerun(page):
        field.fill(text)
        field.press("Tab")


def pick(page: Page, name: str, option: str) -> None:
    """Picks an option of a list of which the name begins so."""
    with steps.rerun(page):
        page.get_by_role("combobox", name=re.compile(rf"^{name}")).click()
        page.get_by_role("option", name=option, exact=True).click()
