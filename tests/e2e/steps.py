"""What a reader does, step by step, so that a journey reads like one."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

ROW_HEIGHT = 64
HEADER_HEIGHT = 35


def open_page(page: Page, url: str, title: str | None = None) -> None:
    """Opens the app, and a page of it by the sidebar."""
    page.goto(url)
    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()
    if title:
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).click()


def choose_origin(page: Page, origin: str) -> None:
    """Picks where the films come from."""
    page.get_by_test_id("stButtonGroup").get_by_text(origin, exact=True).first.click()


def upload(page: Page, files: list[Path]) -> None:
    """Uploads files and waits for the worklist."""
    choose_origin(page, "Files or ZIP")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)
    page.get_by_role("button", name="uploaded file").click()
    wait_for_worklist(page)


def review_samples(page: Page) -> None:
    """Scores the model's samples and waits for the worklist."""
    choose_origin(page, "Sample films")
    page.get_by_role("button", name="Review the sample films").click()
    wait_for_worklist(page)


def wait_for_worklist(page: Page) -> None:
    """Waits until scoring has ended and the rows are drawn."""
    expect(page.get_by_role("button", name="Download results.csv")).to_be_visible()
    settled(page)


def worklist(page: Page) -> Locator:
    """The table of films."""
    return page.get_by_test_id("stDataFrame").first


def open_row(page: Page, number: int) -> None:
    """Opens a film of the worklist, the first being 0, by its box."""
    box = worklist(page).bounding_box()
    assert box
    page.mouse.click(box["x"] + 18, box["y"] + HEADER_HEIGHT + ROW_HEIGHT * (number + 0.5))
    expect(page.get_by_text("Do you agree with this prediction?")).to_be_visible()
    settled(page)


def viewer(page: Page) -> Locator:
    """The drawn film with its heatmap."""
    return page.get_by_role("group", name="Film viewer")


def picture_of_film(page: Page) -> bytes:
    """What is drawn of film and heatmap, once it is drawn whole."""
    settled(page)
    page.mouse.move(0, 0)
    expect(viewer(page)).to_be_visible()
    box = viewer(page).bounding_box()
    assert box
    before = b""
    while (now := page.screenshot(clip=box)) != before:  # type: ignore[arg-type]
        before = now
        page.wait_for_timeout(300)
    return now


def settled(page: Page) -> None:
    """Waits until no script runs and nothing on the page is stale."""
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.locator("[data-stale='true']")).to_have_count(0)


def move_slider(page: Page, name: str, key: str, times: int = 1) -> None:
    """Moves a slider with the keyboard; the page follows a moment later."""
    handle = page.get_by_role("slider", name=name)
    handle.focus()
    for _ in range(times):
        handle.press(key)
    settled(page)
