"""Two readers and an adjudicator finish one worklist, in three browsers at once."""

from __future__ import annotations

from io import BytesIO

import pandas as pd
from playwright.sync_api import Page, expect

from tests.e2e import steps, wards
from tests.e2e.conftest import dashboard

NUM_FILMS = 6
DISPUTED = (2, 5)  # places in the readers' order
ADA, BEN, GRACE = "Ada", "Ben", "Grace"


def test_two_readers_and_an_adjudicator_finish_one_worklist_at_once(new_page, ward):
    worklist = ward.make("second_reader", num_films=NUM_FILMS)
    ward.add_reader(ADA)
    ward.add_reader(BEN)
    ward.add_reader(GRACE, "adjudicator")
    ada, ben, grace = new_page(), new_page(), new_page()
    disputed = []
    with dashboard(ward.home, data_root=ward.root) as url:
        for page, reader in ((ada, ADA), (ben, BEN), (grace, GRACE)):
            wards.read_as(page, url, reader, worklist)
        wards.at_film(grace, 1, NUM_FILMS)
        expect(grace.locator(".ask")).to_have_attribute("data-asks", "nothing")

        for number in range(1, NUM_FILMS + 1):
            differs = number in DISPUTED
            for page, key in ((ada, "1"), (ben, "2" if differs else "1")):
                wards.at_film(page, number, NUM_FILMS)
                wards.press_call(page, key)  # both before either is answered
            for page, key in ((ada, "1"), (ben, "2" if differs else "1")):
                wards.sees_model(page)
                wards.press_verdict(page, key)
            for page in (ada, ben):
                wards.decided(page)
                expect(page.locator(".others")).to_be_hidden()
                page.keyboard.press("n")
            if differs:
                disputed.append(_adjudicated(grace))

        assert len(set(disputed)) == len(DISPUTED)
        steps.open_address(ada, f"{url}/report?id={worklist}")
        with ada.expect_download() as download:
            ada.get_by_role("button", name="By film (CSV)").click()

    table = pd.read_csv(BytesIO(download.value.path().read_bytes()), dtype=str).fillna("")
    by = table.set_index("item")["decided_by"].to_dict()
    assert by == {
        str(item): "adjudication" if item in disputed else "all readers"
        for item in range(NUM_FILMS)
    }
    decisions = table.set_index("item")["decision"].to_dict()
    assert decisions == {
        str(item): "PNEUMONIA" if item in disputed else "NORMAL" for item in range(NUM_FILMS)
    }
    events = [one.event for one in ward.entries()]
    assert sorted(set(events)) == ["adjudication", "call", "verdict"]
    assert len(events) == 2 * 2 * NUM_FILMS + len(DISPUTED)


def _adjudicated(page: Page) -> int:
    """Decides on the film that waits, without the model and what the others said; which it was."""
    page.keyboard.press("x")
    expect(page.locator(".question")).to_have_text("Your decision")
    for hidden in (".sentence", ".others", ".scale", ".own-call"):
        expect(page.locator(hidden)).to_be_hidden()
    for key in ("2", "e", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".sentence")).to_be_visible()  # of the model, now that it is decided
    expect(page.locator(".saved")).to_contain_text("Saved")
    return wards.item_of(page)
