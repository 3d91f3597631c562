"""Upload a batch, open a case, look, judge, download: the numbers are those of `overread score`."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pandas as pd
from playwright.sync_api import expect

from app.cli import main
from tests.app.views.conftest import make_read_only
from tests.e2e import steps
from tests.e2e.conftest import dashboard


def downloaded(page, button: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value.path().read_bytes()


def test_upload_to_download_gives_the_numbers_of_the_command(
    page, url, films, phantom_bundle, tmp_path
):
    files = sorted(films.iterdir())
    steps.open_page(page, url)
    steps.shown(page.get_by_text("Research use only, not a medical device"))
    steps.upload(page, files)
    steps.open_row(page, 0)
    steps.wait_for_film(page)
    page.keyboard.press("a")
    expect(page.locator(".saved")).to_contain_text("Saved")
    agreed = steps.name_of_film(page).inner_text()
    steps.go_to(page, "Worklist")
    table = pd.read_csv(BytesIO(downloaded(page, "Download results.csv")))

    main(["score", str(phantom_bundle.path), *map(str, files), "--out", str(tmp_path / "r.csv")])
    expected = pd.read_csv(tmp_path / "r.csv")

    assert [name.rsplit("/", 1)[-1] for name in expected["path"]] == list(table["path"])
    for column in ("image_id", "status", "reason", "prediction", "zone", "bundle_sha256"):
        assert table[column].fillna("").tolist() == expected[column].fillna("").tolist(), column
    for column in ("probability", "raw_probability", "threshold", "NORMAL", "PNEUMONIA"):
        np.testing.assert_allclose(table[column], expected[column], atol=2e-6)
    assert table.loc[table["verdict"] == "agree", "path"].tolist() == [agreed]


def test_a_verdict_is_there_after_a_restart_and_one_that_cannot_be_saved_is_said(
    page, home, console
):
    console.expect("status of 503")  # by which the browser hears that it could not be saved
    with dashboard(home) as address:
        steps.open_page(page, address)
        steps.review_samples(page)
        steps.open_row(page, 0)
        first = steps.name_of_film(page).inner_text()
        disagree = page.get_by_role("button", name="Disagree D")
        steps.wait_for_film(page)
        page.keyboard.press("d")
        expect(page.locator(".saved")).to_contain_text("Saved")
        of_film = page.url

    make_read_only(home / "reviews.sqlite3")
    with dashboard(home) as address:
        page.goto(address + "/case?" + of_film.partition("?")[2])
        expect(steps.name_of_film(page)).to_have_text(first)
        expect(disagree).to_have_attribute("aria-pressed", "true")

        page.keyboard.press("a")
        expect(page.locator(".panel")).to_contain_text("could not be saved")
        expect(page.locator(".saved")).not_to_contain_text("Saved")


def test_a_server_folder_is_reviewed_and_nothing_outside_it(page, url, films):
    steps.open_page(page, url)
    steps.choose(page, "Server folder")
    folder = page.get_by_label("Folder in the data root")
    folder.fill("../../etc")
    with steps.rerun(page):
        folder.press("Enter")
    steps.shown(page.get_by_text("outside the configured data root"))
    expect(page.get_by_role("button", name="Review the folder")).to_have_count(0)

    folder.fill(films.name)
    with steps.rerun(page):
        folder.press("Enter")
    page.get_by_role("button", name=f"Review the folder {films.name}").click()
    steps.wait_for_worklist(page)

    steps.shown(page.get_by_text("1 ✕ Unreadable", exact=False).first)
    table = pd.read_csv(BytesIO(downloaded(page, "Download results.csv")))
    assert list(table["path"]) == [path.name for path in sorted(films.iterdir())]
