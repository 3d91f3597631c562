"""Every page in both themes against WCAG 2.2, level AA, above all that its text can be read."""

from __future__ import annotations

import pytest

from tests.e2e import contrast, steps

ORIGINS = ("Files or ZIP", "Folder on this computer", "Server folder", "Sample films")
DETAILS = ("Misclassified films", "Calibration", "Subgroups", "Comparison", "Training", "Counts")


@pytest.mark.parametrize(
    ("text", "background", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        (
            "#767676",
            "#ffffff",
            4.54,
        ),  # the greys on either side of AA, as WebAIM's checker has them
        ("#777777", "#ffffff", 4.48),
        ("rgba(0, 0, 0, 0.5)", "rgb(255, 255, 255)", 3.98),  # as #7f7f7f
    ],
)
def test_contrast_is_as_wcag_defines_it(text, background, expected):
    assert contrast.contrast(text, background) == pytest.approx(expected, abs=0.03)


def test_what_violates_wcag_is_found_and_its_colours_in_both_themes(page):
    dark, light = (contrast.COLOURS[theme]["backgroundColor"] for theme in contrast.THEMES)
    page.set_content(
        f"""<html lang="en"><title>Films</title>
        <style>
          main {{ color: #999999; background: {dark} }}
          @media (prefers-color-scheme: light) {{ main {{ background: {light} }} }}
        </style>
        <main data-testid="stApp" data-test-script-state="notRunning">
          <h1>Films</h1><p>Faint where it is light.</p><img src="data:," width="20" height="20">
        </main>"""
    )

    found = contrast.violations_in_both_themes(page)

    rules = {theme: {line.split(":")[0] for line in wrong} for theme, wrong in found.items()}
    assert rules == {"dark": {"image-alt"}, "light": {"color-contrast"}}


def test_every_page_is_readable_in_both_themes(page, url):
    found: dict[str, list[str]] = {}

    def check(name: str) -> None:
        for theme, wrong in contrast.violations_in_both_themes(page).items():
            if wrong:
                found[f"{name}, {theme}"] = wrong

    steps.open_page(page, url)
    for origin in ORIGINS:
        steps.choose(page, origin)
        check(origin)
    for title in ("Worklist", "Case"):
        steps.go_to(page, title)
        check(f"{title} without a worklist")
    steps.go_to(page, "Worklists")
    steps.review_samples(page)
    check("Worklist")
    steps.open_menu(page, "Status")
    check("Worklist with a menu")
    steps.choose_filter(page, "Verdict", "Not read")
    steps.unfold_row(page, 0)
    check("Worklist with a filter and a row in full")
    page.get_by_role("button", name="Pictures", exact=True).click()
    steps.drawn(page)
    check("Worklist in pictures")
    page.get_by_role("button", name="Rows", exact=True).click()
    steps.open_row(page, 0)
    check("Case")
    page.keyboard.press("?")
    check("Case with its keys")
    page.keyboard.press("Escape")
    steps.go_to(page, "Report")
    check("Report")
    steps.go_to(page, "Activations")
    check("Activations")
    steps.go_to(page, "Performance")
    for detail in DETAILS:
        steps.choose(page, detail)
        check(f"Performance, {detail}")
    steps.go_to(page, "Model card")
    steps.shown(page.get_by_role("heading", name="Intended use"))
    check("Model card")
    steps.go_to(page, "Adapt")
    check("Adapt")
    steps.go_to(page, "Add a model")
    steps.choose(page, "Server folder")
    check("Add a model")

    assert not found
