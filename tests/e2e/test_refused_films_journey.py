"""Refused films: told why, looked at, put right, judged all the same, taken back, and exported."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import cv2
import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import contrast, steps
from tests.e2e.conftest import dashboard
from tests.homes import link_converted
from tests.references import familiar_film, foreign_film

REASON = "Known phantom of this ward"
SCREENS = [(1280, 800), (820, 1180), (1440, 900)]  # the second is a tablet


@pytest.fixture
def folder(referenced_bundle, tmp_path, monkeypatch) -> Path:
    """A folder with a familiar, a foreign, an inverted and a turned film, and its model."""
    films = tmp_path / "root" / "mixed"
    films.mkdir(parents=True)
    for name, pixels in {
        "familiar": familiar_film(3000),
        "foreign": foreign_film(3001),
        "inverted": 255 - familiar_film(3002),
        "turned": cv2.rotate(familiar_film(3003), cv2.ROTATE_180),
    }.items():
        cv2.imwrite(str(films / f"{name}.png"), pixels)
    monkeypatch.setenv("OVERREAD_MODELS", str(referenced_bundle.path.parent))
    return films


def test_refused_films_are_put_right_or_judged_for_a_reason_and_say_so(page, folder, tmp_path):
    with dashboard(link_converted(tmp_path / "home"), data_root=folder.parent) as address:
        steps.open_page(page, address)
        steps.review_server_folder(page, folder.name)
        steps.choose_filter(page, "Status", "✕ Refused")
        steps.open_row(page, 0)

        # The foreign film comes first, in the viewer of all films, without a probability.
        film_is(page, "foreign")
        expect(page.locator(".panel .reason")).to_contain_text(
            "This image is unlike those the model learned from"
        )
        expect(probability(page)).to_be_hidden()
        expect(page.get_by_role("button", name="Judge the corrected film")).to_be_hidden()
        assert not any(contrast.violations_in_both_themes(page).values())
        page.get_by_role("button", name="Judge it as it is").click()
        steps.shown(page.get_by_text("Write a reason first"))
        page.keyboard.type(REASON)  # the field has the focus
        page.keyboard.press("Enter")
        expect(page.locator(".panel .reason")).to_contain_text(REASON)
        expect(probability(page)).to_be_visible()

        # Beside the inverted film is the corrected one, and all that may be decided is in sight.
        page.locator(".film").focus()
        next_film(page, "inverted")
        corrected = page.get_by_role("img", name="For comparison")
        expect(corrected).to_be_visible()
        steps.shown(page.get_by_text("Corrected: with black and white swapped"))
        assert not any(contrast.violations_in_both_themes(page).values())
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            for name in ("Judge the corrected film", "Judge it as it is", "Seen S"):
                button = page.get_by_role("button", name=name, exact=True)
                expect(button).to_be_in_viewport(ratio=1)
            expect(corrected).to_be_in_viewport(ratio=1)
        judge_corrected(page, "Black and white were swapped")
        expect(corrected).to_be_hidden()
        expect(page.locator(".panel .decided")).to_contain_text(f"Asked for by {steps.READER}, ")
        # The page below has heard of it.
        activations = page.get_by_role("link", name="Activations of this film")
        steps.shown(activations)

        # What was decided of the turned film is taken back.
        next_film(page, "turned")
        judge_corrected(page, "The film was turned by 180°")
        steps.shown(activations)
        page.get_by_role("button", name="Leave it refused").click()
        expect(page.get_by_role("button", name="Judge the corrected film")).to_be_visible()
        expect(corrected).to_be_visible()
        expect(activations).to_be_hidden()

        steps.go_to(page, "Worklist")
        expect(page.get_by_text(re.compile("1 ✕ Refused"))).to_have_count(1)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download results.csv").click()

    table = pd.read_csv(BytesIO(download.value.path().read_bytes()), dtype=str).fillna("")
    rows = table.set_index(table["path"].map(lambda path: Path(path).stem))
    assert rows["status"].to_dict() == {
        "familiar": "ok", "foreign": "ok", "inverted": "ok", "turned": "refused",
    }  # fmt: skip
    assert rows["override"].to_dict() == dict.fromkeys(rows.index, "") | {"foreign": REASON}
    assert rows["remedy"].to_dict() == dict.fromkeys(rows.index, "") | {"inverted": "invert"}
    assert rows.loc["turned", "remedy_offered"] == "turn_180"
    assert rows.loc["turned", "probability"] == ""
    assert float(rows.loc["familiar", "distance"]) <= 1 < float(rows.loc["foreign", "distance"])


def film_is(page: Page, name: str) -> None:
    expect(steps.name_of_film(page)).to_contain_text(name)


def next_film(page: Page, name: str) -> None:
    """Goes on with the key for it."""
    page.keyboard.press("n")
    film_is(page, name)


def judge_corrected(page: Page, note: str) -> None:
    page.get_by_role("button", name="Judge the corrected film").press("Enter")
    expect(page.locator(".panel .reason")).to_contain_text(note)
    expect(probability(page)).to_be_visible()


def probability(page: Page) -> Locator:
    """The sentence with the probability beside the film."""
    return page.locator(".panel .sentence")
