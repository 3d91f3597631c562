"""A folder of other films: the page warns before the first film is opened, and shows why."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e import steps
from tests.e2e.conftest import convert, dashboard
from tests.folder_films import with_ward, write_ward


@pytest.fixture
def ward(bundle, home, tmp_path, monkeypatch):
    """A dashboard on one model, with a folder like its own films and one of brighter films."""
    (tmp_path / "models").mkdir()
    known = with_ward(bundle, tmp_path / "models" / bundle.name)
    convert(known)
    monkeypatch.setenv("OVERREAD_MODELS", str(known.path.parent))
    write_ward(tmp_path / "root" / "alike", 55)
    write_ward(tmp_path / "root" / "brighter", 55, brighter=60, seed=5000)
    with dashboard(home, data_root=tmp_path / "root") as address:
        yield address


def test_a_folder_of_other_films_is_warned_of_before_one_is_opened(page, ward):
    steps.open_page(page, ward)
    steps.review_server_folder(page, "brighter")

    warning = page.locator(".st-key-review_shift summary")
    expect(warning).to_contain_text("These films differ from those the model learned from")
    expect(warning).to_contain_text("brighter")
    box = warning.bounding_box()
    assert box
    assert box["y"] + box["height"] < 450  # in the upper half of the screen
    warning.click()
    steps.charts_drawn(page)
    figure = page.get_by_test_id("stPlotlyChart")
    steps.shown(figure)
    expect(figure).to_contain_text("these films (55)")
    expect(figure).to_contain_text("films the model was tested on (80)")

    steps.go_to(page, "Worklists")
    steps.review_server_folder(page, "alike")
    steps.shown(page.get_by_text("55 films were compared with 80 held-out films"))
    expect(page.locator(".st-key-review_shift")).to_have_count(0)
