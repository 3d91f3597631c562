"""A model of findings that do not exclude each other: list by one, look at another, judge."""

from __future__ import annotations

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
    steps.open_row(page, 0)
    findings = page.locator(".panel .findings")
    expect(findings.get_by_role("listitem")).to_have_count(3)
    expect(findings).to_contain_text("Nodule")

    steps.wait_for_film(page)
    page.keyboard.press("a")
    expect(page.locator(".saved")).to_contain_text("Saved")
    steps.go_to(page, "Worklist")
    steps.drawn(page)
    expect(page.get_by_role("grid", name="Films")).to_contain_text("Agree")

    steps.go_to(page, "Performance")
    steps.shown(page.get_by_test_id("stMetric").get_by_text("0.955"))
    pick(page, "Finding", "Nodule")
    steps.shown(page.get_by_test_id("stMetric").get_by_text("0.994"))
    expect(page.get_by_test_id("stException")).to_have_count(0)
