"""Violations of WCAG: axe-core finds those in HTML, and this the faint text it cannot see."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e import steps

Theme = Literal["dark", "light"]
THEMES: tuple[Theme, Theme] = ("dark", "light")
# WCAG 2.2, level AA: text of ordinary size.
LOWEST = 4.5
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What is seen on a button is in its name, 2.5.3 of level A; axe-core leaves it out by default.
ALSO = {"label-content-name-mismatch": {"enabled": True}}
# Of these rules, those that a change of colours can break.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
# Streamlit puts the headings of the sidebar's sections into the list of links.
STREAMLITS_OWN = {"list", "listitem"}
COLOURS = tomllib.loads(
    (Path(__file__).parents[2] / "app" / "ui" / "theme.toml").read_text(encoding="utf-8")
)["theme"]


def violations_in_both_themes(page: Page) -> dict[Theme, list[str]]:
    """All that violates WCAG on the page, the first theme being the one that it is in.

    The themes differ in colours alone, so that the rest is looked at in the first.
    """
    is_light = page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")
    found = {}
    for theme in reversed(THEMES) if is_light else THEMES:
        choose_theme(page, theme)
        found[theme] = violations(page, colours_only=bool(found))
    return found


def choose_theme(page: Page, theme: Theme) -> None:
    """Changes the theme as a browser does that follows the system."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    red, green, blue = bytes.fromhex(COLOURS[theme]["backgroundColor"][1:])
    expect(page.get_by_test_id("stApp")).to_have_css(
        "background-color", f"rgb({red}, {green}, {blue})"
    )
    steps.settled(page)
    steps.charts_drawn(page)
    # Colours fade from one theme to the other.
    page.wait_for_function("document.getAnimations().every(one => one.playState !== 'running')")


def violations(page: Page, *, colours_only: bool = False) -> list[str]:
    """All that violates WCAG on the page as it is drawn now, or in its colours."""
    rules = {"runOnly": OF_COLOURS} if colours_only else {"runOnly": LEVELS, "rules": ALSO}
    axe = Axe("null") if page.evaluate("'axe' in window") else Axe()  # loaded once for all looks
    found = axe.run(page, options={**rules, "resultTypes": ["violations"]})
    return [
        f"{rule['id']}: {node['html'][:200]} {[check['message'] for check in node['any']]}"
        for rule in found.response["violations"]
        if rule["id"] not in STREAMLITS_OWN
        for node in rule["nodes"]
    ] + [*_faint_chart_text(page), *_faint_table_text(page)]


def contrast(text: str, background: str) -> float:
    """WCAG's ratio of the luminances of two colours, from 1 to 21.

    Args:
        text: A colour such as `#0a0c0e` or `rgba(10, 12, 14, 0.7)`.
        background: The opaque colour behind it.
    """
    behind, (*front, opacity) = _channels(background), _channels(text)
    seen = [
        opacity * one + (1 - opacity) * other for one, other in zip(front, behind, strict=False)
    ]
    high, low = sorted((_luminance(seen), _luminance(behind[:3])), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _channels(colour: str) -> list[float]:
    """Red, green, blue and opacity, each in [0, 1]."""
    if colour.startswith("#"):
        return [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)] + [1.0]
    red, green, blue, *opacity = map(float, re.findall(r"[\d.]+", colour))
    return [red / 255, green / 255, blue / 255, *(opacity or [1.0])]


def _luminance(channels: list[float]) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _faint_chart_text(page: Page) -> list[str]:
    """Text of charts, whose background is the page's."""
    background = page.get_by_test_id("stApp").evaluate(
        "app => getComputedStyle(app).backgroundColor"
    )
    texts = page.locator(".stPlotlyChart svg text").evaluate_all(
        "texts => texts.map(text => [text.textContent, getComputedStyle(text).fill])"
    )
    return [
        f"chart: {words!r} in {colour}"
        for words, colour in texts
        if words.strip() and contrast(colour, background) < LOWEST
    ]


def _faint_table_text(page: Page) -> list[str]:
    """Text of tables, which are drawn on a canvas in the colours of these variables."""
    pairs = [["--gdg-text-dark", "--gdg-bg-cell"], ["--gdg-text-header", "--gdg-bg-header"]]
    colours = page.locator("[data-testid='stDataFrame'] canvas").evaluate_all(
        "(tables, pairs) => tables.flatMap(table => pairs.map(pair => pair.map("
        "name => getComputedStyle(table).getPropertyValue(name))))",
        pairs,
    )
    return [
        f"table: {text} on {background}"
        for text, background in colours
        if contrast(text, background) < LOWEST
    ]
