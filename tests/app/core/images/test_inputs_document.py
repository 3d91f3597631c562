"""Every line of the tables in docs/inputs.md, held against a file made for it."""

import re
from pathlib import Path

import pytest

from app.core.errors import ImageError
from app.core.images import decoding
from tests.app.core.images.document_files import FILES

DOCUMENT = Path(__file__).parents[4] / "docs" / "inputs.md"


def lines():
    """Each line of the two tables of outcomes: what it speaks of, and the outcome."""
    found = {}
    text = DOCUMENT.read_text(encoding="utf-8")
    for heading in ("Files", "DICOM"):
        section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
        found |= dict(re.findall(r"^\| (.+?) \| `?(\w+)`? \|$", section, re.MULTILINE))
    return {name: outcome for name, outcome in found.items() if outcome != "outcome"}


def outcome_of(data):
    try:
        decoding.decode(data)
    except ImageError as error:
        return error.code
    return "read"


def test_every_line_has_a_file_and_every_file_a_line():
    assert set(lines()) == set(FILES)


@pytest.mark.parametrize("line", FILES)
def test_line_is_true(line):
    assert {outcome_of(data) for data in FILES[line]} == {lines()[line]}
