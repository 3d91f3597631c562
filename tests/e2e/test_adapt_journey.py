"""Review films of a place, label them, adapt, save, and use the adapted model."""

from __future__ import annotations

import shutil
from io import BytesIO

import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.e2e import contrast, steps
from tests.e2e.conftest import convert, dashboard
from tests.folder_films import write_ward


@pytest.fixture
def ward(bundle, home, tmp_path, monkeypatch):
    """A dashboard on one model in a folder that can be written to, with films of a ward."""
    shutil.copytree(bundle.path, tmp_path / "models" / bundle.path.name)
    convert(bundle)
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path / "models"))
    write_ward(tmp_path / "root" / "ward", 60)
    with dashboard(home, data_root=tmp_path / "root") as address:
        yield address


def test_a_model_is_adapted_saved_and_chosen(page, ward, tmp_path):
    steps.open_page(page, ward)
    steps.choose(page, "Server folder")
    folder = page.get_by_label("Folder in the data root")
    folder.fill("ward")
    with steps.rerun(page):
        folder.press("Enter")
    page.get_by_role("button", name="Review the folder").click()
    steps.wait_for_worklist(page)

    steps.go_to(page, "Adapt")
    steps.shown(page.get_by_text("60 of the 60 films under review"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the table to fill in").click()
    table = pd.read_csv(BytesIO(download.value.path().read_bytes()), dtype=str)
    assert list(table) == ["path", "label", "patient_id"]
    assert sorted(table["path"]) == [f"film_{number:03d}.png" for number in range(60)]

    labels = tmp_path / "labels.csv"
    table["label"] = ["NORMAL", "PNEUMONIA"] * 30
    table.to_csv(labels, index=False, sep=";")  # as some spreadsheets do
    with steps.rerun(page):
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(labels)
    steps.shown(page.get_by_text("60 labelled films (30 Normal, 30 Pneumonia)"))
    place = page.get_by_role("textbox", name="Place", exact=True)
    place.fill("Ward 3")
    with steps.rerun(page):
        place.press("Enter")
    page.get_by_role("button", name="Adapt", exact=True).click()

    save = page.get_by_role("button", name="Save adaptation")
    steps.shown(save)
    # 0.88 ** 30 = 0.0216: so many positives can show that at most 12 % are ruled out.
    steps.shown(page.get_by_text("at most 12 % of the films with Pneumonia lie below it"))
    expect(page.locator(".stPlotlyChart")).to_contain_text("to be read")
    page.mouse.move(0, 0)
    assert not any(contrast.violations_in_both_themes(page).values())

    with steps.rerun(page):
        save.click()
    steps.shown(page.get_by_text("Saved as small, adapted to Ward 3"))
    assert (tmp_path / "models" / "small@ward-3" / "adaptation.json").is_file()
    with steps.rerun(page):
        page.get_by_role("button", name="Use it now").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("small, adapted to Ward 3")
    steps.shown(page.get_by_text("The chosen model is adapted already"))
    expect(page.get_by_test_id("stException")).to_have_count(0)
