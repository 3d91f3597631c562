"""Every text on every page is easy to read, in the dark theme and in the light one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import steps

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
LEAST = 4.5  # level AA of WCAG 2.2 for text of any size


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_text_stands_out_from_its_background(page, url, scheme):
    page.emulate_media(color_scheme=scheme)
    found = {}

    def measure(name: str) -> None:
        steps.settled(page)
        page.mouse.move(0, 0)
        page.wait_for_timeout(1000)  # charts are drawn after the script has ended
        found[name] = page.evaluate(f"({CONTRAST})", LEAST)

    steps.open_page(page, url)
    measure("Review, empty")
    steps.review_samples(page)
    measure("Review")
    steps.open_row(page, 0)
    measure("Case")
    page.get_by_role("button", name="Method").click()
    page.get_by_role("combobox", name="Layer, from the film to the decision").wait_for()
    measure("Case, methods")
    page.keyboard.press("Escape")
    for title in ("Activations", "Performance", "Model card"):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).click()
        page.get_by_role("heading", name=title).first.wait_for()
        measure(title)

    assert not {name: texts for name, texts in found.items() if texts}
