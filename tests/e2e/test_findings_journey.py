"""A model of findings that do not exclude each other: list by one, look at another, judge."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e import steps


def pick(page, name: str, option: str) -> None:
    """Picks an option of a list, and waits for the page to follow."""
    page.get_by_role("combobox", name=name, exact=True).click()
    with steps.rerun(page):
        page.get_by_role("option", name=option, exact=True).click()


def test_films_are_listed_shown_and_judged_by_finding(page, url):
    steps.open_page(page, url)
    pick(page, "Model", "phantom-findings")
    steps.review_samples(page)
    steps.shown(page.get_by_text("0 of 18 reviewed"))
    pick(page, "Finding", "Nodule")
    steps.choose_filter(page, "Status", "▲ Positive")

    steps.open_row(page, 0)
    evidence = page.get_by_role("combobox", name="Evidence for")
    expect(evidence).to_have_value("Nodule")
    steps.shown(page.get_by_text("Colours up to 0.703 logits, the same for every film."))
    layer = steps.viewer(page).locator(".pane img").last
    of_nodule = layer.get_attribute("src")
    pick(page, "Evidence for", "Effusion")
    steps.shown(page.get_by_text("Colours up to 0.398 logits, the same for every film."))
    assert layer.get_attribute("src") not in (None, of_nodule)

    with steps.rerun(page):
        page.get_by_role("button", name=re.compile("^Agree")).click()
    steps.shown(page.get_by_role("button", name="Agree ✓"))
    steps.go_to(page, "Review")
    steps.shown(page.get_by_text("1 of 18 reviewed"))

    steps.go_to(page, "Performance")
    steps.shown(page.get_by_test_id("stMetric").get_by_text("0.955"))
    pick(page, "Finding", "Nodule")
    steps.shown(page.get_by_test_id("stMetric").get_by_text("0.994"))
    expect(page.get_by_test_id("stException")).to_have_count(0)
