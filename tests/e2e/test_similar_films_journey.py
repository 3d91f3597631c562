"""Films like the open one: seen beside it, compared large, opened, readable."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e import contrast, steps
from tests.e2e.conftest import convert, dashboard
from tests.known_films import with_files_as_known_films


@pytest.fixture
def models(phantom_bundle, tmp_path, monkeypatch) -> None:
    """The default model, which knows its sample films."""
    known = with_files_as_known_films(
        phantom_bundle,
        tmp_path / "models" / phantom_bundle.name,
        {path: int(path.parent.name == "PNEUMONIA") for path in phantom_bundle.samples},
    )
    convert(known)
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path / "models"))


def test_similar_films_are_seen_compared_and_opened(page, models, home):
    with dashboard(home) as address:
        steps.open_page(page, address)
        steps.review_samples(page)
        steps.open_row(page, 0)
        opened = steps.name_of_film(page).inner_text()
        similar = page.get_by_role("region", name="Films like this one")
        films = similar.get_by_role("button", name=re.compile("close|usual|far"))

        expect(films).to_have_count(6)
        expect(films.first.locator("img")).to_have_js_property("naturalWidth", 160)
        # In sight with probability and decision, without scrolling.
        expect(similar).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("button", name="Disagree D")).to_be_in_viewport()

        page.keyboard.press("j")
        expect(films.first).to_have_attribute("aria-pressed", "true")
        beside = page.get_by_role("img", name="For comparison")
        expect(beside).to_be_visible()
        page.keyboard.press("j")
        expect(films.nth(1)).to_have_attribute("aria-pressed", "true")
        assert not any(contrast.violations_in_both_themes(page).values())
        page.keyboard.press("Escape")
        expect(beside).to_be_hidden()
        expect(films.nth(1)).to_have_attribute("aria-pressed", "false")

        films.nth(1).click()
        similar.get_by_role("button", name="Open this film").click()
        expect(steps.name_of_film(page)).not_to_have_text(opened)
        expect(beside).to_be_hidden()
        expect(films).to_have_count(6)
