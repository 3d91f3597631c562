"""Activations for a teacher, and the threshold slider that moves every figure."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e import steps


def test_activations_walk_from_layer_to_layer_and_search_for_a_picture(page, url):
    steps.open_page(page, url)
    steps.review_samples(page)
    steps.open_row(page, 0)
    steps.go_to(page, "Activations")
    steps.shown(page.get_by_role("heading", name="Activations ·"))
    layer = page.get_by_role("combobox", name="Layer")
    expect(layer).to_have_value("4 · conv1 · Convolution · 160 × 160 × 16")
    steps.shown(page.get_by_role("group", name="Channels of conv1"))

    with steps.rerun(page):
        page.keyboard.press("ArrowRight")
    steps.shown(page.get_by_role("group", name="Channels of conv1_norm"))
    with steps.rerun(page):
        page.get_by_role("button", name="conv5_relu, 10 × 10").click()
    steps.shown(page.get_by_role("group", name="Channels of conv5_relu"))
    with steps.rerun(page):
        page.get_by_role("button", name="Channel 5, mean").click()
    steps.shown(page.get_by_role("img", name="Channel 5 over the film"))

    search_for_what_a_channel_responds_to_most(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def search_for_what_a_channel_responds_to_most(page):
    """Cancels a search, ends one by opening another channel, and sees one through."""
    with steps.rerun(page):
        page.get_by_role("button", name="conv4_relu, 20 × 20").click()
    offer = page.get_by_role("button", name="What it responds to most")
    steps_done = page.get_by_text("of 48 steps")
    picture = page.get_by_role("img", name="responds to most")
    steps.shown(offer)
    steps.settled(page)
    page.keyboard.press("m")
    expect(steps_done).to_be_visible()

    page.keyboard.press("Escape")
    steps.shown(offer)
    expect(steps_done).to_have_count(0)
    expect(picture).to_have_count(0)

    # Another channel, opened in the middle of a search, ends it.
    steps.shown(offer)
    offer.click()
    expect(steps_done).to_be_visible()
    channel = page.get_by_role("combobox", name="Channel")
    first = channel.input_value()
    channel.press("ArrowDown")
    channel.press("ArrowDown")
    channel.press("Enter")
    expect(channel).not_to_have_value(first)
    steps.shown(offer)
    expect(steps_done).to_have_count(0)

    steps.shown(offer)
    offer.click()
    expect(picture).to_be_visible()
    expect(page.get_by_text("on random grey")).to_be_visible()


def test_the_threshold_slider_moves_the_figures(page, url):
    steps.open_page(page, url, "Performance")
    steps.shown(page.get_by_role("heading", name="Performance", exact=True))
    main = page.get_by_test_id("stMain")
    before = main.inner_text()

    steps.move_slider(page, "Threshold", "End")

    expect(main).not_to_have_text(before, use_inner_text=True)
    expect(page.get_by_test_id("stException")).to_have_count(0)
