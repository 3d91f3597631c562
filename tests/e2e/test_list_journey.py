"""The list of a worklist's films: sorted, searched, filtered, and opened by keys."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e import steps


def names(page) -> list[str]:
    return [one.split("\n")[0] for one in steps.rows(page).locator(".name").all_inner_texts()]


def test_a_list_is_read_in_the_order_on_the_screen(page, url, phantom_bundle):
    total = len(phantom_bundle.samples)
    wanted = [one.name for one in phantom_bundle.samples if "phantom0120" in one.name]
    steps.open_page(page, url)
    steps.review_samples(page)
    films, summary = steps.films(page), page.get_by_role("status").filter(has_text="first")
    expect(summary).to_have_text(f"{total} films, most urgent first")
    # Ten whole rows at 1440 × 900.
    below = films.bounding_box()["y"] + films.bounding_box()["height"]
    assert sum(
        box["y"] + box["height"] <= min(below, 900)
        for box in (row.bounding_box() for row in steps.rows(page).all())
    ) >= 10  # fmt: skip
    expect(steps.rows(page).nth(0).locator("img")).to_have_js_property("naturalWidth", 256)

    films.get_by_role("button", name="Name").click()
    expect(films.get_by_role("columnheader", name="Name")).to_have_attribute(
        "aria-sort", "ascending"
    )
    steps.drawn(page)
    assert names(page) == sorted(names(page))

    page.keyboard.press("/")
    page.keyboard.type("phantom0120 r")  # `r` is a key of Streamlit's own
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    expect(steps.rows(page)).to_have_count(len(wanted))
    assert sorted(names(page)) == sorted(wanted)
    steps.choose_filter(page, "Status", "▲ Positive")
    steps.shown(page.get_by_role("button", name="Status: ▲ Positive, take off"))

    page.get_by_role("searchbox").press("Enter")
    page.keyboard.press("End")
    last = names(page)[-1]
    with steps.rerun(page):
        page.keyboard.press("Enter")
    page.wait_for_url("**/case?**")

    # The list comes back as it was, at the film that was read last.
    steps.go_to(page, "Worklist")
    marked = films.get_by_role("row", selected=True)
    expect(marked).to_contain_text(last)
    page.get_by_role("button", name="Clear all filters").click()
    expect(steps.rows(page)).not_to_have_count(len(wanted))
    page.get_by_role("button", name="Pictures", exact=True).click()
    page.reload()
    steps.shown(films.get_by_role("gridcell", selected=True))
