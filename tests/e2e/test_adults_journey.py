"""A model of children's films in a department of adults: warned, adapted, and checked."""

from __future__ import annotations

import re
from io import BytesIO

import pandas as pd
import pytest
from playwright.sync_api import expect

from app.core.backends.conversion import converted
from app.core.bundles.bundle import load_bundle
from app.core.settings import read_settings
from tests.e2e import steps
from tests.e2e.conftest import REPOSITORY, dashboard

FOLDER = "chest-adult-rsna"
LABELLED = 100


@pytest.fixture
def department(real_data, home, tmp_path, monkeypatch):
    """A dashboard on the shipped model of children's films, in a folder of models to write to."""
    converted(load_bundle(REPOSITORY / "models" / "chest-pneumonia"), read_settings().converted)
    models = tmp_path / "models"
    models.mkdir()
    (models / "chest-pneumonia").symlink_to(REPOSITORY / "models" / "chest-pneumonia")
    monkeypatch.setenv("OVERREAD_MODELS", str(models))
    with dashboard(home, data_root=real_data) as address:
        yield address


def with_truth(paths) -> pd.DataFrame:
    """A table of labels as a department fills it in; the folder of a film is its truth here."""
    return pd.DataFrame({"path": paths, "label": [path.split("/")[-2] for path in paths]})


def upload(page, table, file) -> None:
    """Uploads a table of labels."""
    table.to_csv(file, index=False)
    with steps.rerun(page):
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)


@pytest.mark.slow
def test_adults_are_warned_of_adapted_to_and_the_promises_kept(
    page, department, real_data, tmp_path
):
    steps.open_page(page, department)
    steps.choose(page, "Server folder")
    folder = page.get_by_label("Folder in the data root")
    folder.fill(FOLDER)
    with steps.rerun(page):
        folder.press("Enter")
    page.get_by_role("button", name="Review the folder").click()
    steps.wait_for_worklist(page)
    # Before the first film is opened.
    steps.shown(page.get_by_text("differ from those the model learned from"))

    steps.go_to(page, "Adapt")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the table to fill in").click()
    proposed = pd.read_csv(BytesIO(download.value.path().read_bytes()), dtype=str)
    assert len(proposed) == LABELLED
    upload(page, with_truth(proposed["path"]), tmp_path / "labelled.csv")
    steps.shown(page.get_by_text(re.compile(r"can show at best that at most \d+ %")))
    place = page.get_by_role("textbox", name="Place", exact=True)
    place.fill("Adults")
    with steps.rerun(page):
        place.press("Enter")
    page.get_by_role("button", name="Adapt", exact=True).click()
    save = page.get_by_role("button", name="Save adaptation")
    steps.shown(save, timeout=240_000)
    steps.shown(page.get_by_text("Ruled out below"))
    with steps.rerun(page):
        save.click()
    with steps.rerun(page):
        page.get_by_role("button", name="Use it now").click()

    every = sorted(real_data.joinpath(FOLDER).glob("*/*.*"))
    paths = [path.relative_to(real_data).as_posix() for path in every]
    upload(page, with_truth(paths), tmp_path / "all.csv")
    page.get_by_role("button", name="Check", exact=True).click()
    kept = page.get_by_text("Every promise is kept on these")
    steps.shown(kept, timeout=240_000)
    others = re.search(r"on these (\d+) other films", kept.inner_text())
    assert others
    # What is refused for another reason than being unfamiliar is left out.
    assert 200 <= int(others.group(1)) <= len(paths) - LABELLED
    steps.shown(page.get_by_text(re.compile(r"the model was adapted to them")))
    expect(page.get_by_test_id("stException")).to_have_count(0)
