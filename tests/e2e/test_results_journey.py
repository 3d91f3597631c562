"""A vendor's table and a folder of films: figures, a ward, the worst errors, and a comparison."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import expect

from app.cli import main
from tests.e2e import steps
from tests.e2e.conftest import dashboard

# Texts that are wider than their place.
CUT_OFF = """all => all.flatMap(one => [one, ...one.querySelectorAll("*")])
  .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"""
ROW, HEADER = 35, 35  # height of a row of a table and of its headings, in pixels


@pytest.fixture
def vendor(phantom_bundle, tmp_path):
    """What a vendor sent of the sample films, and the names of the worst errors in order."""
    films = tmp_path / "films"
    films.mkdir()
    rows, errors = ["image,ai_score,reference"], []
    for number, sample in enumerate(phantom_bundle.samples):
        shutil.copy(sample, films)
        ill, is_wrong = sample.parent.name == "PNEUMONIA", number % 4 == 0
        score = 0.6 + 0.01 * number if ill != is_wrong else 0.4 - 0.01 * number
        rows.append(f"{sample.name},{score:.2f},{'yes' if ill else 'no'}")
        if is_wrong:
            errors.append((score if ill else 1 - score, sample.name))
    table = tmp_path / "vendor.csv"
    table.write_text("\n".join(rows) + "\n")
    return table, films, [name for _, name in sorted(errors)]


@pytest.fixture
def rival(phantom_bundle, tmp_path, home):
    """Results of another vendor, right about the first 20 of the same films, added before."""
    rows = ["image,ai_score,reference"]
    for sample in phantom_bundle.samples[:20]:
        ill = sample.parent.name == "PNEUMONIA"
        rows.append(f"{sample.name},{0.9 if ill else 0.2},{'yes' if ill else 'no'}")
    table = tmp_path / "rival.csv"
    table.write_text("\n".join(rows) + "\n")
    assert main(["evidence", str(table), "--out", str(home / "evidence" / "rival")]) == 0


def test_a_vendors_table_becomes_figures_and_films(page, vendor, rival, home):
    table, films, errors = vendor
    with dashboard(home) as address:
        steps.open_page(page, address, "Add results")
        uploaders = page.get_by_test_id("stFileUploaderDropzoneInput")
        with steps.rerun(page):
            uploaders.first.set_input_files(table)
        steps.shown(page.get_by_text("24 cases with a score and a truth."))
        with steps.rerun(page):
            uploaders.nth(2).set_input_files(films)
        add = page.get_by_role("button", name="Add results", exact=True)
        add.scroll_into_view_if_needed()
        # The names of many films do not lengthen the page below their list.
        below = page.get_by_test_id("stMain").evaluate(
            "(main) => main.scrollHeight - main.scrollTop - main.clientHeight"
        )
        assert below < 300
        add.click()
        steps.shown(page.get_by_text("All cases: 24 cases"))
        steps.settled(page)

        ward = page.get_by_role("spinbutton", name="Prevalence at your site, in %")
        ward.fill("2")
        with steps.rerun(page):
            ward.press("Enter")
        steps.shown(page.get_by_text("PPV there", exact=True))
        steps.shown(page.get_by_text("of 1,000 films at a prevalence of 2 %"))

        page.set_viewport_size({"width": 1280, "height": 720})
        denominators = page.get_by_test_id("stMetricDeltaDescription")
        expect(denominators).to_have_count(12)
        assert not denominators.evaluate_all(CUT_OFF)
        page.set_viewport_size({"width": 1440, "height": 900})

        steps.shown(page.get_by_text("6 cases misclassified"))
        listed = page.get_by_test_id("stDataFrame").filter(visible=True)
        shown = page.locator(".st-key-performance_picture")
        for row, name in enumerate(errors[:5]):
            with steps.rerun(page):
                listed.click(position={"x": 15, "y": HEADER + ROW * row + ROW // 2})
            expect(shown.get_by_text(name, exact=True)).to_be_visible()
            expect(shown.get_by_role("img")).to_be_visible()

        steps.choose(page, "Comparison")
        page.get_by_role("combobox", name="Compare with").fill("rival")
        with steps.rerun(page):
            page.keyboard.press("Enter")
        steps.shown(page.get_by_text("Accuracy: too few cases to tell, 75.0 % and 100.0 %"))
        steps.shown(page.get_by_text("20 shared cases of 20 groups"))
        steps.shown(page.get_by_text("4 cases only in vendor, 0 cases only in rival"))
        expect(page.get_by_test_id("stException")).to_have_count(0)
