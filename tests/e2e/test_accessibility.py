"""Every page in both themes against WCAG 2.2, level AA, above all that its text can be read."""

from __future__ import annotations

import pytest

from tests.e2e import contrast, steps

ORIGINS = ("Files or ZIP", "Folder on this computer", "Server folder", "Sample films")
DETAILS = ("Misclassified films", "Calibration", "Subgroups", "Training", "Counts")


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


def test_every_page_is_readable_in_both_themes(page, url):
    found: dict[str, list[str]] = {}

    themes = list(contrast.THEMES)

    def check(name: str) -> None:
        for theme in themes:
            contrast.choose_theme(page, theme)
            if wrong := contrast.violations(page):
                found[f"{name}, {theme}"] = wrong
        themes.reverse()  # the next is looked at first in the theme that is there

    steps.open_page(page, url)
    for origin in ORIGINS:
        steps.choose(page, origin)
        check(origin)
    steps.go_to(page, "Case")
    check("Case without a film")
    steps.go_to(page, "Review")
    steps.review_samples(page)
    check("Worklist")
    steps.open_row(page, 0)
    check("Case")
    for control in ("Window", "Method"):
        page.get_by_role("button", name=control).click()
        check(control)
        page.keyboard.press("Escape")
    steps.go_to(page, "Activations")
    check("Activations")
    steps.go_to(page, "Performance")
    for detail in DETAILS:
        steps.choose(page, detail)
        check(f"Performance, {detail}")
    steps.go_to(page, "Model card")
    check("Model card")
    steps.go_to(page, "Adapt")
    check("Adapt")

    assert not found
