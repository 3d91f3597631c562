"""Results as one self-contained HTML file that needs no network and prints well."""

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

# Distinguishable for colour-blind readers, with a contrast of at least 3:1 on light and dark.
COLOURS = ("#3a91b5", "#cf7d00", "#2a9d8f", "#9a72c4", "#8a9197")

_TEMPLATE = Path(__file__).with_name("report.html")
_NUMBER = re.compile(r"[<>≈]?\s?[−+-]?\d.*|[−–-]|none\b.*|")


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as displayed; a column whose cells all begin like a number is right-aligned."""

    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    caption: str = ""

    def __post_init__(self) -> None:
        """Checks that every row has one cell per column.

        Raises:
            ValueError: If a row is longer or shorter than the header.
        """
        lengths = {len(row) for row in self.rows} - {len(self.header)}
        if lengths:
            raise ValueError(
                f"Each row must have {len(self.header)} cells, like the header. "
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
    """A Plotly figure and its caption.

    Do not set the colours of text, grid and background: the page sets them for light, dark and
    paper.
    """

    plot: go.Figure
    caption: str = ""
    height: int = 420

    @property
    def json(self) -> str:
        """The figure as JSON, safe inside a script element."""
        return str(self.plot.to_json()).replace("<", "\\u003c")


@dataclass(frozen=True, slots=True)
class Picture:
    """An embedded JPEG and its caption."""

    jpeg: bytes
    caption: str

    @property
    def source(self) -> str:
        """The image as a data URI."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.jpeg).decode()}"


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A heading, then paragraphs, tables, figures, and pictures side by side."""

    heading: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    pictures: Sequence[Picture] = ()


def write_report(path: Path, *, title: str, sections: Sequence[Section]) -> None:
    """Writes the page atomically.

    All text is escaped. Plotly is embedded once (about 5 MB) if there is any figure.

    Args:
        path: The HTML file; its folder is created, an older file replaced.
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
