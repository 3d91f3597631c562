"""Reading a worklist: with the model in sight by keys, and blind on a touch tablet."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e import contrast, wards
from tests.e2e.conftest import dashboard, running
from tests.e2e.steps import shown

NUM_FILMS = 12
READER = "Dr Ada Byron"


def is_scored(answer):
    """Whether it says that all films are scored, of which the server hears film by film."""
    if not answer.url.endswith("/reading/state") or not answer.ok:
        return False
    told = answer.json()
    return told["done"] == told["total"] and not told["running"]


def test_no_key_is_lost_nor_what_was_typed_while_the_server_is_gone(page, ward, console):
    # The server that takes over knows nobody yet, and nothing that was drawn before.
    console.expect("status of 401", "/media/")
    ward.add_reader(READER)
    worklist = ward.make("open", num_films=NUM_FILMS)
    with running(ward.home, data_root=ward.root) as server:
        with page.expect_response(is_scored):
            wards.read_as(page, server.url, READER, worklist)
        # Keys that come before the order and the films do are done once these are there.
        late = []
        page.route("**/reading/order", lambda request: late.append(request), times=1)
        page.evaluate("sessionStorage.clear()")  # where the order is kept
        with page.expect_request("**/reading/order"):
            page.reload()
        for key in "nwp":
            page.keyboard.press(key)
        late.pop().continue_()
        wards.at_film(page, 1, NUM_FILMS)
        page.keyboard.press("n")
        is_probable = page.get_by_role("button", name="Probable W")
        expect(is_probable).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("p")
        expect(is_probable).to_have_attribute("aria-pressed", "false")
        saved = page.locator(".saved")

        # The film fills the window, and all that is asked is in sight beside it.
        assert page.locator(".panes").bounding_box()["height"] > 0.85 * 900
        assert page.locator(".comment").bounding_box()["y"] < 800

        for key, there in (("n", NUM_FILMS), ("p", 1)):
            for _ in range(NUM_FILMS - 1):
                page.keyboard.press(key)
                page.wait_for_timeout(100)
            expect(page.locator(".position")).to_have_text(f"Film {there} of {NUM_FILMS}")

        for number in range(1, 4):
            wards.at_film(page, number, NUM_FILMS)
            page.keyboard.press("d" if number == 3 else "a")
            page.keyboard.press("n")  # before it is saved
        page.keyboard.press("p")
        wards.at_film(page, 3, NUM_FILMS)
        is_disagreed = page.get_by_role("button", name="Disagree D")
        expect(is_disagreed).to_have_attribute("aria-pressed", "true")
        expect(saved).to_contain_text("Saved")

        for key in ("g", "ArrowLeft", "Enter", "Shift+ArrowRight", "Shift+ArrowDown", "Enter",
                    "Escape"):  # fmt: skip
            page.keyboard.press(key)
        shown(page.get_by_text("Region 1: rectangle"))

        page.keyboard.press("c")
        page.keyboard.type("Rcn 1?")  # keys of the viewer and of Streamlit are text here
        expect(page.locator(".comment")).to_have_value("Rcn 1?")
        # The server ends in the middle of a word; another takes over, which knows nothing of it.
        server.kill()
        shown(page.get_by_role("alert").filter(has_text="The server does not answer"))
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator(".comment")).to_be_focused()
        expect(page.locator(".comment")).to_have_value("Rcn 1?")
        server.start()
        page.keyboard.press("Escape")
        page.keyboard.press("e")
        expect(saved).to_contain_text("Saved")
        expect(page.locator(".banner")).to_be_hidden()

        page.keyboard.press("?")
        shown(page.get_by_role("dialog", name="Keys"))
        page.keyboard.press("n")  # goes to the dialog, not to the next film
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator(".position")).to_have_text(f"Film 3 of {NUM_FILMS}")

        page.wait_for_url(re.compile(rf"film={wards.item_of(page)}$"))
        page.reload()
        wards.at_film(page, 3, NUM_FILMS)
        expect(page.locator(".comment")).to_have_value("Rcn 1?")
        wrong = contrast.violations_in_both_themes(page)
        assert not any(wrong.values()), wrong
        page.keyboard.press("x")  # the first without a decision
        expect(page.locator(".position")).to_have_text(f"Film 4 of {NUM_FILMS}")

    verdicts = {one.item: one for one in ward.entries()}
    assert sorted(one.agreement for one in verdicts.values()) == ["agree", "agree", "disagree"]
    (commented,) = (one for one in verdicts.values() if one.comment)
    assert (commented.comment, commented.confidence) == ("Rcn 1?", 1.0)
    (region,) = commented.regions
    (left, top), (right, bottom) = region["points"]
    assert region["kind"] == "rectangle"
    assert right > left
    assert bottom > top
    assert {one.reader for one in verdicts.values()} == {READER}


def test_ten_films_are_read_blind_on_a_touch_tablet(new_page, ward):
    page = new_page(width=820, height=1180, has_touch=True)
    ward.add_reader(READER)
    worklist = ward.make("blind_first", num_films=10)
    with dashboard(ward.home, data_root=ward.root) as url:
        wards.read_as(page, url, READER, worklist)
        lock = page.locator(".confirm")
        for number in range(1, 11):
            wards.at_film(page, number, 10)
            wards.is_blind(page)
            expect(lock).to_contain_text("Choose a class first")
            expect(wards.film(page)).to_have_attribute("data-drawn", "film")
            page.get_by_role("group", name="Class").get_by_role("button").last.tap()
            page.get_by_role("button", name="Probable").tap()
            # Under the thumb, and the film above it takes more than half of the screen.
            assert lock.bounding_box()["y"] > 0.75 * 1180
            assert page.locator(".panes").bounding_box()["height"] > 0.5 * 1180
            lock.tap()
            expect(page.locator(".sentence")).to_be_visible()
            expect(page.locator(".own-call")).to_contain_text("probable")
            if number % 4 == 0:  # having seen the model
                page.get_by_role("group", name="Class").get_by_role("button").first.tap()
            lock.tap()
            wards.decided(page)
            if number < 10:
                page.get_by_role("button", name="Next", exact=True).tap()

    entries = ward.entries()
    assert [one.event for one in entries] == ["call", "verdict"] * 10
    verdicts = [one for one in entries if one.event == "verdict"]
    assert [one.label for one in verdicts] == [
        "NORMAL" if number % 4 == 0 else "PNEUMONIA" for number in range(1, 11)
    ]
    assert {one.confidence for one in verdicts} == {0.75}
    assert len({one.item for one in verdicts}) == 10
