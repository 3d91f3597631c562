"""Films like the open one: seen below the film, compared large, opened, readable."""

from __future__ import annotations

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
        similar = page.get_by_role("group", name="Films like this one")
        films = similar.get_by_role("button")

        expect(films).to_have_count(6)

        films.first.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Films like this one")
        expect(dialog.get_by_role("img")).to_have_count(2)
        steps.shown(dialog.get_by_text("1 of 6"))
        page.keyboard.press("ArrowLeft")
        steps.shown(dialog.get_by_text("6 of 6"))
        assert not any(contrast.violations_in_both_themes(page).values())
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(films.first).to_be_focused()
        assert not any(contrast.violations_in_both_themes(page).values())

        films.nth(1).click()
        dialog.get_by_role("button", name="Open this film").click()
        expect(dialog).to_have_count(0)
        expect(steps.name_of_film(page)).not_to_have_text(opened)
        expect(films).to_have_count(6)
