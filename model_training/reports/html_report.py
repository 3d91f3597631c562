"""Results as one HTML file that opens anywhere, without a network, and prints well."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import plotly.graph_objects as go
from jinja2 import Environment, StrictUndefined
from plotly.offline import get_plotlyjs

from app.core.atomic_write import write_whole

# Told apart by colour-blind readers too, with at least 3:1 against a light and a dark page.
COLOURS = ("#3a91b5", "#cf7d00", "#2a9d8f", "#9a72c4", "#8a9197")

_TEMPLATE = Path(__file__).with_name("report.html")
_NUMBER = re.compile(r"[<>≈]?\s?[−+-]?\d.*|[−–-]|none\b.*|")


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are shown; a column whose every cell begins like a number is set right."""

    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    caption: str = ""

    def __post_init__(self) -> None:
        """Checks that every row has a cell for every column."""
        lengths = {len(row) for row in self.rows} - {len(self.header)}
        if lengths:
            raise ValueError(
                f"Each row must have {len(self.header)} cells, as the header has. "
                f"Received rows of {sorted(lengths)}."
            )

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and kind, `number` or `text`, of each column."""
        return [
            (
                name,
                "number"
                if self.rows and all(_NUMBER.fullmatch(str(row[position])) for row in self.rows)
                else "text",
            )
            for position, name in enumerate(self.header)
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A Plotly figure and the sentence below it.

    Leave colours of text, grid and ground alone: the page sets them for light, dark and paper.
    """

    plot: go.Figure
    caption: str = ""
    height: int = 420

    @property
    def json(self) -> str:
        """The figure for Plotly, safe inside a script element."""
        return str(self.plot.to_json()).replace("<", "\\u003c")


@dataclass(frozen=True, slots=True)
class Picture:
    """An image inside the page, JPEG, and the words below it."""

    jpeg: bytes
    caption: str

    @property
    def source(self) -> str:
        """The image as a data URI."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.jpeg).decode()}"


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A heading with, in this order, paragraphs, tables, figures and pictures side by side."""

    heading: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    pictures: Sequence[Picture] = ()


def write_report(path: Path, *, title: str, sections: Sequence[Section]) -> None:
    """Writes the page, whole or not at all.

    All text is escaped. Plotly is inside the file once (about 5 MB), where a figure needs it.

    Args:
        path: The HTML file; its folder is made, an older file replaced.
        title: Heading of the page.
        sections: In the order of the page.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    page = environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        title=title,
        sections=sections,
        plotly=get_plotlyjs() if any(section.figures for section in sections) else "",
        colours=COLOURS,
        version=version("overread"),
        date=date.today().isoformat(),
    )
    write_whole(path, page.encode())
