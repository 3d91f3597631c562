"""What a reader does, step by step, so that a journey reads like one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakKeyDictionary

from playwright.sync_api import Locator, Page, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

READER = "Ada"
# By which each page hears of its runs.
_connections: WeakKeyDictionary[Page, WebSocket] = WeakKeyDictionary()


def open_page(page: Page, url: str, title: str | None = None, *, reader: str = READER) -> None:
    """Opens the app under a reader's name, and a page of it by the sidebar."""
    open_address(page, url)
    shown(page.get_by_role("heading", name="Worklists", exact=True))
    name = page.get_by_test_id("stForm").get_by_role("textbox")
    expect(name.or_(page.get_by_text(f"Reading as {reader}"))).to_be_visible()
    if name.is_visible():
        name.fill(reader)
        with rerun(page):
            name.press("Enter")
    settled(page)
    if title:
        go_to(page, title)


def open_address(page: Page, url: str) -> None:
    """Opens a page by its address, as after F5."""
    with page.expect_websocket() as connection:
        page.goto(url)
    _connections[page] = connection.value
    settled(page)


@contextmanager
def rerun(page: Page) -> Iterator[None]:
    """Waits until the run of the script that the block starts has ended and is drawn.

    Before, the page may still show the run before it, or both.
    """
    with _connections[page].expect_event("framereceived", _is_end_of_run):
        yield
    settled(page)


@contextmanager
def rerun_of_part(page: Page) -> Iterator[None]:
    """The same where only a part of the page runs, such as what is below the viewer."""
    with _connections[page].expect_event("framereceived", _is_end_of_part):
        yield
    settled(page)


def _is_end_of_part(frame: str | bytes) -> bool:
    message = ForwardMsg.FromString(frame) if isinstance(frame, bytes) else ForwardMsg()
    return (
        message.WhichOneof("type") == "script_finished"
        and message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
    )


def _is_end_of_run(frame: str | bytes) -> bool:
    message = ForwardMsg.FromString(frame) if isinstance(frame, bytes) else ForwardMsg()
    return (
        message.WhichOneof("type") == "script_finished"
        and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
    )


def shown(locator: Locator, *, timeout: float | None = None) -> None:
    """Expects exactly one such element, and that it is visible.

    Where two were found, as while a run replaces another's elements, `to_be_visible` would fail at
    once; this waits until one is left.
    """
    expect(locator).to_have_count(1, timeout=timeout)
    expect(locator).to_be_visible()


def go_to(page: Page, title: str) -> None:
    """Opens a page by the sidebar."""
    with rerun(page):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()


def choose(page: Page, option: str) -> None:
    """Picks one of several options that exclude each other, such as where the films come from."""
    button = page.get_by_test_id("stButtonGroup").get_by_role("radio", name=option, exact=True)
    if not button.is_checked():
        with rerun(page):
            button.click()


def choose_filter(page: Page, menu: str, name: str) -> None:
    """Picks a filter of the list."""
    open_menu(page, menu)
    page.get_by_role("group", name=menu).get_by_role("checkbox", name=name).check()
    page.keyboard.press("Escape")
    drawn(page)


def open_menu(page: Page, menu: str) -> None:
    """Opens the menu of a filter, which has the name of a column."""
    page.locator(".menus").get_by_role("button", name=menu, exact=True).click()


def upload(page: Page, files: list[Path]) -> None:
    """Uploads files and waits for the worklist."""
    choose(page, "Files or ZIP")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)
    page.get_by_role("button", name=f"Review {len(files)} uploaded file").click()
    wait_for_worklist(page)


def review_samples(page: Page) -> None:
    """Scores the model's samples and waits for the worklist."""
    choose(page, "Sample films")
    page.get_by_role("button", name="Review the sample films").click()
    wait_for_worklist(page)


def review_server_folder(page: Page, name: str) -> None:
    """Scores a folder of the data root and waits for the worklist."""
    choose(page, "Server folder")
    folder = page.get_by_label("Folder in the data root")
    folder.fill(name)
    with rerun(page):
        folder.press("Enter")
    page.get_by_role("button", name=f"Review the folder {name}").click()
    wait_for_worklist(page)


def wait_for_worklist(page: Page) -> None:
    """Waits until all films are judged and listed in their order."""
    # The first worklist of a model waits until its network is converted.
    expect(films(page)).to_have_attribute("data-waiting", "0", timeout=240_000)
    settled(page)
    drawn(page)


def films(page: Page) -> Locator:
    """The list of films."""
    return page.get_by_role("grid", name="Films")


def rows(page: Page) -> Locator:
    """The films on the screen, without the row of headings."""
    return films(page).locator("[data-index]")


def drawn(page: Page) -> None:
    """Waits until the list shows what was asked for."""
    expect(films(page)).to_have_attribute("aria-busy", "false")


def open_row(page: Page, number: int) -> None:
    """Opens a film of the list, the first being 0, by a click on its row."""
    with rerun(page):
        rows(page).nth(number).click()
    page.wait_for_url("**/case?**")
    settled(page)


def unfold_row(page: Page, number: int) -> None:
    """Shows all that is known of a film of the list below its row."""
    button = rows(page).nth(number).get_by_role("button")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")


def name_of_film(page: Page) -> Locator:
    """The name of the film in the viewer."""
    return page.locator(".panel .name")


def wait_for_film(page: Page) -> None:
    """Waits until a film is drawn; before, keys of a decision are about none."""
    viewer = page.get_by_role("group", name="Film", exact=True)
    expect(viewer).to_have_attribute("data-drawn", re.compile("film"))


def settled(page: Page) -> None:
    """Waits until no script runs and nothing on the page is stale."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.locator("[data-stale='true']")).to_have_count(0)


def charts_drawn(page: Page) -> None:
    """Waits until every chart has its text; charts are loaded and drawn after the script's end."""
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(page.locator(".stPlotlyChart:not(:has(svg text))")).to_have_count(0)


def move_slider(page: Page, name: str, key: str) -> None:
    """Moves a slider with the keyboard; the page follows a moment later."""
    handle = page.get_by_role("slider", name=name)
    handle.focus()
    with rerun(page):
        handle.press(key)
