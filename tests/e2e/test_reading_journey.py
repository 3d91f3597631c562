"""Reading a worklist: by keyboard alone, with the server away, and blind on a touch tablet."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.core.bundles.bundle import load_bundle
from app.core.record.log import all_entries
from app.core.record.readers import known_reader
from app.core.review import making
from app.core.review.worklist_registry import open_worklists
from app.core.settings import read_settings
from tests.e2e import contrast
from tests.e2e.conftest import REPOSITORY, dashboard
from tests.e2e.steps import shown
from tests.openid_provider import free_port

NUM_FILMS = 12
READER = "Dr Ada Byron"


@pytest.fixture
def place(home, networks, tmp_path, monkeypatch):
    """A home with twelve films that are scored, and a function that makes worklists of them."""
    root = tmp_path / "root"
    (root / "films").mkdir(parents=True)
    bundle = load_bundle(REPOSITORY / "models" / "phantom-chest")
    for number, sample in zip(range(NUM_FILMS), bundle.samples * NUM_FILMS, strict=False):
        # Another byte at the end makes it another film.
        content = sample.read_bytes() + bytes([number])
        (root / "films" / f"{number:02}{sample.suffix}").write_bytes(content)
    monkeypatch.setenv("OVERREAD_HOME", str(home))
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(root))
    monkeypatch.setenv("OVERREAD_MODELS", str(REPOSITORY / "models"))
    known_reader(open_worklists().record, READER)

    def make(mode):
        plan = making.Plan(name=f"Read {mode}", bundle=bundle, mode=mode)
        opened = making.of_folder(open_worklists(), plan, "films", settings=read_settings())
        opened.wait_until_scored()
        assert sum(one is not None and one.prediction is not None for one in opened.results()) > 9
        return opened.worklist.id

    return make, home, root


def read_as_ada(page, url):
    """Names the reader in this browser, and returns what its console says."""
    page.context.add_cookies(
        [{"name": "overread_reader", "value": READER.replace(" ", "%20"), "url": url}]
    )
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def is_scored(answer):
    """Whether it says that all films are scored, of which the server hears film by film."""
    if not answer.url.endswith("/reading/state") or not answer.ok:
        return False
    told = answer.json()
    return told["done"] == told["total"] and not told["running"]


def film(page):
    return page.get_by_role("group", name="Film", exact=True)


def test_ten_films_are_read_by_keyboard_alone_and_no_key_is_lost(page, place, console):
    console.expect("401 (Unauthorized)")  # of the server that took over
    make, home, root = place
    worklist, port = make("open"), free_port()
    with dashboard(home, data_root=root, port=port) as url:
        said = read_as_ada(page, url)
        with page.expect_response(is_scored):
            page.goto(f"{url}/case?id={worklist}")
        # Keys that come before the order and the films do are done once these are there.
        late = []
        page.route("**/reading/order", lambda request: late.append(request), times=1)
        page.evaluate("sessionStorage.clear()")  # where the order is kept
        with page.expect_request("**/reading/order"):
            page.reload()
        for key in "nwp":
            page.keyboard.press(key)
        late.pop().continue_()
        expect(page.locator(".position")).to_have_text(f"Film 1 of {NUM_FILMS}")
        page.keyboard.press("n")
        is_probable = page.get_by_role("button", name="Probable W")
        expect(is_probable).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("p")
        expect(is_probable).to_have_attribute("aria-pressed", "false")
        saved = page.locator(".saved")

        # The film fills the window, and all that is asked is in sight beside it.
        drawn = page.locator(".panes").bounding_box()
        assert drawn["height"] > 0.85 * 900
        assert page.locator(".comment").bounding_box()["y"] < 800

        for key, there in (("n", NUM_FILMS), ("p", 1)):
            for _ in range(NUM_FILMS - 1):
                page.keyboard.press(key)
                page.wait_for_timeout(100)
            expect(page.locator(".position")).to_have_text(f"Film {there} of {NUM_FILMS}")

        for number in range(1, 11):
            expect(page.locator(".position")).to_have_text(f"Film {number} of {NUM_FILMS}")
            page.keyboard.press("d" if number == 3 else "a")
            page.keyboard.press("n")  # before it is saved
        for _ in range(8):
            page.keyboard.press("p")
        is_disagreed = page.get_by_role("button", name="Disagree D")
        expect(is_disagreed).to_have_attribute("aria-pressed", "true")
        expect(saved).to_contain_text("Saved")

        beside = page.locator(".pane").nth(1)
        page.keyboard.press("/")
        shown(beside.get_by_text("Without heatmap"))
        for _ in range(3):
            page.keyboard.press("/")
        shown(beside.get_by_text("No other film of this patient is known in this worklist."))
        page.keyboard.press("/")
        expect(beside).to_be_hidden()

        for key in (
            "g",
            "ArrowLeft",
            "Enter",
            "Shift+ArrowRight",
            "Shift+ArrowDown",
            "Enter",
            "Escape",
        ):
            page.keyboard.press(key)
        shown(page.get_by_text("Region 1: rectangle"))

        page.keyboard.press("c")
        page.keyboard.type("Rcn 1?")  # keys of the viewer and of Streamlit are text here
        expect(page.locator(".comment")).to_have_value("Rcn 1?")

    # The server ends in the middle of a word; another takes over, which knows nothing of the page.
    shown(page.get_by_role("alert").filter(has_text="The server does not answer"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".comment")).to_be_focused()
    expect(page.locator(".comment")).to_have_value("Rcn 1?")
    with dashboard(home, data_root=root, port=port):
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

        page.wait_for_url(re.compile(rf"film={film(page).get_attribute('data-item')}$"))
        page.reload()
        expect(page.locator(".position")).to_have_text(f"Film 3 of {NUM_FILMS}")
        expect(page.locator(".comment")).to_have_value("Rcn 1?")
        wrong = contrast.violations_in_both_themes(page)
        assert not any(wrong.values()), wrong
        page.get_by_text("File and header").click()
        for button, ending in (
            ("Picture with heatmap (PNG)", "png"),
            ("Report of this film (PDF)", "pdf"),
        ):
            with page.expect_download() as download:
                page.get_by_role("button", name=button).click()
            item = film(page).get_attribute("data-item")
            assert download.value.suggested_filename == f"film-{int(item) + 1}.{ending}"
            assert download.value.path().stat().st_size > 5000
        page.keyboard.press("x")  # the first without a decision
        expect(page.locator(".position")).to_have_text(f"Film 11 of {NUM_FILMS}")
        assert not said

    with open_worklists().record as record:
        verdicts = {one.item: one for one in all_entries(record) if one.event == "verdict"}
    assert len(verdicts) == 10
    assert sorted(one.agreement for one in verdicts.values()) == ["agree"] * 9 + ["disagree"]
    (commented,) = (one for one in verdicts.values() if one.comment)
    assert (commented.comment, commented.confidence) == ("Rcn 1?", 1.0)
    (region,) = commented.regions
    (left, top), (right, bottom) = region["points"]
    assert region["kind"] == "rectangle"
    assert right > left
    assert bottom > top
    assert {one.reader for one in verdicts.values()} == {READER}


def test_films_are_read_blind_on_a_touch_tablet(browser, place):
    make, home, root = place
    worklist = make("blind_first")
    context = browser.new_context(
        viewport={"width": 820, "height": 1180}, has_touch=True, color_scheme="dark"
    )
    page = context.new_page()
    with dashboard(home, data_root=root) as url:
        said = read_as_ada(page, url)
        page.goto(f"{url}/case?id={worklist}")
        lock = page.locator(".confirm")
        for number in range(1, 4):
            expect(page.locator(".position")).to_have_text(f"Film {number} of {NUM_FILMS}")
            expect(lock).to_contain_text("Choose a class first")
            expect(page.locator(".sentence")).to_be_hidden()
            expect(film(page)).to_have_attribute("data-drawn", "film")
            page.get_by_role("group", name="Class").get_by_role("button").last.tap()
            page.get_by_role("button", name="Probable").tap()
            # Under the thumb, and the film above it takes more than half of the screen.
            assert lock.bounding_box()["y"] > 0.75 * 1180
            assert page.locator(".panes").bounding_box()["height"] > 0.5 * 1180
            lock.tap()
            expect(page.locator(".sentence")).to_be_visible()
            expect(page.locator(".own-call")).to_contain_text("probable")
            lock.tap()
            expect(page.locator(".saved")).to_contain_text("Saved")
            page.get_by_role("button", name="Next", exact=True).tap()
        assert not said
    context.close()

    with open_worklists().record as record:
        events = [one.event for one in all_entries(record)]
    assert events == ["call", "verdict"] * 3
