"""Twenty films are read blind by keyboard alone, through the end of the server, to the last row."""

from __future__ import annotations

import json
from io import BytesIO

import pandas as pd
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from app.cli import main
from app.core.review.worklist_registry import open_worklists
from tests.e2e import steps, wards
from tests.e2e.conftest import running

NUM_FILMS = 20
ALL = NUM_FILMS + 1  # with the one that cannot be read
READER = "Dr Ada Byron"
KEYS = {"1": "NORMAL", "2": "PNEUMONIA"}


def test_nothing_is_lost_or_asked_twice_and_all_files_agree_to_the_last_row(
    page, ward, console, capsys
):
    # The server that was started again knows nobody yet, and nothing that was drawn before.
    console.expect("status of 401", "/media/")
    ward.add_reader(READER)
    worklist = ward.make("blind_first", num_films=NUM_FILMS, with_unreadable=True)
    gone_at = _two_that_can_be_read(worklist)
    read: dict[int, tuple[str, str]] = {}  # call and verdict by film, as they were pressed
    with running(ward.home, data_root=ward.root) as server:
        steps.open_page(page, server.url, reader=READER)
        page.keyboard.press("x")  # next unread
        page.wait_for_url("**/case?**")

        for number in range(1, ALL + 1):
            wards.at_film(page, number, ALL)
            item = wards.item_of(page)
            assert item not in read
            if page.locator(".ask").get_attribute("data-asks") == "mark":
                page.keyboard.press("s")
                expect(page.locator(".saved")).to_contain_text("Saved")
                read[item] = ("", "seen")
            else:
                call, verdict = _keys(number)
                read[item] = (KEYS[call], KEYS[verdict])
                if number != gone_at + 1:
                    wards.press_call(page, call)
                wards.sees_model(page)
                if number == gone_at:
                    server.kill()
                wards.press_verdict(page, verdict)
                if number == gone_at:
                    _read_on(page, gone_at)
                    server.start()
                    expect(page.get_by_text("No connection to the server")).to_have_count(0)
                    page.keyboard.press("p")
                wards.decided(page)
            if number < ALL:
                page.keyboard.press("n")
        page.keyboard.press("x")
        expect(page.locator(".live")).to_have_text("Every other film has a decision.")

        _by_key(page.get_by_test_id("stSidebarNav").get_by_role("link", name="Report", exact=True))
        by_film = pd.read_csv(BytesIO(_saved(page, "By film (CSV)")), dtype=str)
        by_reader = pd.read_csv(BytesIO(_saved(page, "By reader (CSV)")), dtype=str)
        everything = json.loads(_saved(page, "Everything (JSON)"))
        _by_key(page.get_by_role("button", name="Make: Report (PDF)"))
        link = page.get_by_role("link", name="Save: Report (PDF)")
        pdf = page.request.get(server.url + (link.get_attribute("href") or "")).body()

    _is_complete(by_film, by_reader, read)
    main(["audit", "verify"])
    audited = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    number, _, last_hash = audited["last"].partition(":")
    assert int(audited["entries"]) == int(number) == 2 * NUM_FILMS + 1
    assert audited["unchanged"]

    numbers = by_reader[["call_entry", "verdict_entry"]].stack().dropna().astype(int)
    assert sorted(numbers) == list(range(1, 2 * NUM_FILMS + 2))
    last = by_reader.set_index("verdict_entry").loc[number]
    assert last["verdict_hash"] == last_hash
    assert [one["number"] for one in everything["entries"]] == sorted(numbers)
    assert everything["entries"][-1]["hash"] == last_hash
    text = " ".join(one.extract_text() for one in PdfReader(BytesIO(pdf)).pages)
    words = text.replace("\x00", "").split()
    assert last_hash in "".join(words)
    for number in numbers:
        assert f"Entry {number}," in " ".join(words)


def _two_that_can_be_read(worklist: str) -> int:
    """A film in the middle whose verdict is given when the server has ended, and the next called.

    Blind films are shuffled, and a file that cannot be read is among them.
    """
    unreadable = open_worklists().get(worklist).names.index(wards.UNREADABLE) + 1
    return 10 if unreadable not in (10, 11) else 12


def _keys(number: int) -> tuple[str, str]:
    """What is pressed for call and verdict; every fifth call is changed."""
    call = "1" if number % 3 else "2"
    return call, call if number % 5 else "2" if call == "1" else "1"


def _read_on(page: Page, gone_at: int) -> None:
    """While the server is gone, the next film is called; nothing is said to be saved."""
    saved = page.locator(".saved")
    expect(saved).to_contain_text("Not saved yet")
    steps.shown(page.get_by_text("No connection to the server"))
    page.keyboard.press("n")
    wards.at_film(page, gone_at + 1, ALL)
    wards.press_call(page, _keys(gone_at + 1)[0])
    expect(saved).to_contain_text("Not saved yet")
    steps.shown(page.get_by_role("alert").filter(has_text="2 answers are not saved yet"))
    wards.is_blind(page)


def _is_complete(
    by_film: pd.DataFrame, by_reader: pd.DataFrame, read: dict[int, tuple[str, str]]
) -> None:
    """A row for each film, each with what was pressed and no other, by film and by reader."""
    items = [str(item) for item in range(ALL)]
    assert by_film["item"].tolist() == by_reader["item"].tolist() == items
    assert set(by_reader["reader"]) == {READER}
    said = by_reader.fillna("").set_index("item")
    for item, (call, verdict) in read.items():
        row = said.loc[str(item)]
        assert (row["call"], row["verdict"] or row["event"]) == (call, verdict)
    decided = by_film.fillna("").set_index("item")
    for item, (call, verdict) in read.items():
        assert decided.loc[str(item), "decision"] == (verdict if call else "")
        assert decided.loc[str(item), "verdicts"] == f"{READER}: {verdict}"


def _by_key(locator: Locator) -> None:
    locator.press("Enter")


def _saved(page: Page, button: str) -> bytes:
    with page.expect_download() as download:
        _by_key(page.get_by_role("button", name=button))
    return download.value.path().read_bytes()
