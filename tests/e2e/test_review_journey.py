"""Upload a batch, open a case, look, judge, download: the numbers are those of `overread score`."""

from __future__ import annotations

import re
from io import BytesIO

import cv2
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
    steps.shown(page.get_by_text(f"0 of {len(files)} reviewed"))
    table = pd.read_csv(BytesIO(downloaded(page, "Download results.csv")))

    main(["score", str(phantom_bundle.path), *map(str, files), "--out", str(tmp_path / "r.csv")])
    expected = pd.read_csv(tmp_path / "r.csv")

    assert [name.rsplit("/", 1)[-1] for name in expected["path"]] == list(table["path"])
    for column in ("image_id", "status", "reason", "prediction", "zone", "bundle_sha256"):
        assert table[column].fillna("").tolist() == expected[column].fillna("").tolist(), column
    for column in ("probability", "raw_probability", "threshold", "NORMAL", "PNEUMONIA"):
        np.testing.assert_allclose(table[column], expected[column], atol=2e-6)


def test_the_overlay_is_drawn_and_follows_the_opacity(page, url, films):
    steps.open_page(page, url)
    steps.review_samples(page)
    steps.choose_filter(page, "Status", "▲ Positive")
    steps.open_row(page, 0)
    at_default = steps.picture_of_film(page)

    layer = steps.viewer(page).locator(".pane img").last
    steps.move_slider(page, "Heatmap opacity", "End")
    expect(layer).to_have_css("opacity", "1")
    opaque = steps.picture_of_film(page)
    steps.move_slider(page, "Heatmap opacity", "Home")
    expect(layer).to_have_css("opacity", "0")
    transparent = steps.picture_of_film(page)

    assert differing(opaque, transparent) > differing(at_default, transparent) > 0.005
    overlay = cv2.imdecode(
        np.frombuffer(downloaded(page, "Overlay as PNG"), np.uint8), cv2.IMREAD_COLOR
    )
    assert overlay.shape[2] == 3


def test_a_verdict_is_there_after_a_restart_and_one_that_cannot_be_saved_is_said(page, home):
    with dashboard(home) as address:
        steps.open_page(page, address)
        steps.review_samples(page)
        steps.open_row(page, 0)
        first = page.get_by_role("heading", level=4).inner_text()
        with steps.rerun(page):
            page.keyboard.press("d")
        steps.shown(page.get_by_role("button", name="Disagree ✓"))
        page.get_by_label("Comment").fill("marker in the corner")
        with steps.rerun(page):
            page.get_by_text("Do you agree with this prediction?").click()
        steps.shown(page.get_by_text("Saved 20"))
        with steps.rerun(page):
            page.keyboard.press("n")
        expect(page.get_by_role("heading", level=4)).not_to_have_text(first)

    make_read_only(home / "reviews.sqlite3")
    with dashboard(home) as address:
        steps.open_page(page, address)
        steps.review_samples(page)
        steps.shown(page.get_by_text("1 of 24 reviewed"))
        steps.choose_filter(page, "Verdict", "Disagree")
        steps.open_row(page, 0)
        expect(page.get_by_label("Comment")).to_have_value("marker in the corner")
        steps.shown(page.get_by_role("button", name="Disagree ✓"))

        with steps.rerun(page):
            page.keyboard.press("a")
        steps.shown(page.get_by_text("The verdicts could not be saved"))
        expect(page.get_by_text("This app has encountered an error")).to_have_count(0)
        steps.shown(page.get_by_text("Do you agree with this prediction?"))
        steps.shown(page.get_by_role("button", name="Disagree ✓"))
        expect(page.get_by_role("button", name=re.compile("^Agree ✓"))).to_have_count(0)


def test_a_link_that_is_clicked_while_a_field_is_left_is_followed(page, url):
    steps.open_page(page, url)
    steps.review_samples(page)
    steps.open_row(page, 0)
    steps.settled(page)
    sidebar = page.get_by_test_id("stSidebarNav")
    for number in range(2):
        page.get_by_label("Comment").press_sequentially(f"{number} ")
        sidebar.get_by_role("link", name="Performance").click(delay=0)
        steps.shown(page.get_by_role("heading", name="Performance", exact=True))
        steps.settled(page)
        steps.shown(page.get_by_role("heading", name="Performance", exact=True))
        sidebar.get_by_role("link", name="Case").click()
        expect(page.get_by_label("Comment")).to_have_value(
            "".join(f"{one} " for one in range(number + 1)).strip()
        )
        page.get_by_label("Comment").press("End")
        page.get_by_label("Comment").press_sequentially(" ")
        steps.settled(page)
    page.get_by_label("Comment").fill("")  # the other journeys find the film without a review
    with steps.rerun(page):
        page.get_by_label("Comment").press("Tab")


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

    steps.shown(page.get_by_text("1 ✕ Unreadable"))
    table = pd.read_csv(BytesIO(downloaded(page, "Download results.csv")))
    assert list(table["path"]) == [f"{films.name}/{path.name}" for path in sorted(films.iterdir())]


def differing(first: bytes, second: bytes) -> float:
    """Share of the pixels of two screenshots that differ visibly."""
    one, two = (
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).astype(int)
        for data in (first, second)
    )
    return float((np.abs(one - two).max(axis=-1) > 12).mean())
