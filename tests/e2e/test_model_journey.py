"""Activations for a teacher, and the threshold slider that moves every figure."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e import steps


def test_activations_walk_from_layer_to_layer(page, url):
    steps.open_page(page, url)
    steps.review_samples(page)
    steps.open_row(page, 0)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Activations").click()
    expect(page.get_by_role("heading", name="Activations ·")).to_be_visible()
    layer = page.get_by_role("combobox", name="Layer")
    expect(layer).to_have_value("4 · conv1 · Convolution · 160 × 160 × 16")
    expect(page.get_by_role("group", name="Channels of conv1")).to_be_visible()

    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("group", name="Channels of conv1_norm")).to_be_visible()
    page.get_by_role("button", name="conv5_relu, 10 × 10").click()
    expect(page.get_by_role("group", name="Channels of conv5_relu")).to_be_visible()
    page.get_by_role("button", name="Channel 5, mean").click()
    expect(page.get_by_role("img", name="Channel 5 over the film")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_the_threshold_slider_moves_the_figures(page, url):
    steps.open_page(page, url, "Performance")
    expect(page.get_by_role("heading", name="Performance", exact=True)).to_be_visible()
    steps.settled(page)
    main = page.get_by_test_id("stMain")
    before = main.inner_text()

    steps.move_slider(page, "Threshold", "End")

    expect(main).not_to_have_text(before, use_inner_text=True)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_the_model_card_is_shown(page, url):
    steps.open_page(page, url, "Model card")
    expect(page.get_by_role("heading", name="Intended use")).to_be_visible()
    expect(page.get_by_text("Research use only, not a medical device").first).to_be_visible()
