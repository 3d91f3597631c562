"""Whether what the documentation points at is there: links, files, and every package."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.test_architecture import ROOMS

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("models/*/*.md")])

_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def prose(page: Path) -> str:
    """A page without its code, which holds no links."""
    return _CODE.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> set[str]:
    """Names of a page's headings, as GitHub makes them."""
    blocks = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
    text = blocks.sub("", page.read_text(encoding="utf-8"))
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(text))
    return {word.replace(" ", "-") for word in words}


def dead(page: Path, link: str) -> bool:
    """Whether a link of this page leads to no file or heading of the repository."""
    target, _, anchor = link.partition("#")
    file = (page.parent / target).resolve() if target else page
    if not file.is_relative_to(ROOT) or not file.exists():
        return True
    return bool(anchor) and anchor not in anchors(file)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_and_headings_that_exist(page):
    links = [link for link in _LINK.findall(prose(page)) if not re.match(r"[a-z]+:", link)]

    assert not [link for link in links if dead(page, link)]


def test_a_dead_link_is_found():
    readme = ROOT / "README.md"

    assert dead(readme, "docs/nowhere.md")
    assert dead(readme, "docs/training.md#nowhere")
    assert dead(readme, "../outside.md")
    assert not dead(readme, "docs/training.md#3-train")


def test_every_page_is_in_the_index():
    index = _LINK.findall(prose(ROOT / "docs" / "README.md"))
    pages = {path.name for path in ROOT.glob("docs/*.md")} - {"README.md"}

    assert pages <= set(index)


ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("area", "box"), [("app/core", "core"), ("model_training", "trainer")])
def test_the_picture_shows_every_package_in_its_order(area, box):
    arrows = re.findall(rf"^ *{box}_(\w+)\[\1\] --> {box}_(\w+)\[\2\]$", ARCHITECTURE, re.MULTILINE)
    later = re.findall(rf"^ *{box}_(\w+) --> {box}_(\w+)\[\2\]$", ARCHITECTURE, re.MULTILINE)

    [(highest, second)] = arrows
    shown = [highest, second, *(lower for _, lower in later)]
    assert [upper for upper, _ in later] == shown[1:-1], (
        "each arrow begins where the last one ended"
    )
    assert shown == list(reversed(ROOMS[area]))


def test_files_named_in_the_architecture_exist():
    named = set(re.findall(r"`((?:app|model_training|tests)/[\w/.]+)`", ARCHITECTURE))

    assert len(named) > 30
    assert not [name for name in sorted(named) if not (ROOT / name).exists()]


@pytest.mark.parametrize(
    ("change", "found_there"),
    [
        ("how a MONOCHROME1 DICOM file is read", '== "MONOCHROME1"'),
        ("what the confusion matrix shows", "def confusion_matrix"),
        ("the order of the worklist", "def listing"),
        ("the colours of a heatmap", "COLOURS = "),
        ("the rule for a decision threshold", "def parse_rule"),
    ],
)
def test_a_change_is_made_where_the_architecture_says(change, found_there):
    (place,) = re.findall(rf"^\| {re.escape(change)} \| `(.*?)` \|$", ARCHITECTURE, re.MULTILINE)

    assert found_there in (ROOT / place).read_text(encoding="utf-8")
