"""The pages of a PDF: fonts, footer, headings, facts, tables and pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, TextMode, XPos, YPos
from fpdf.fonts import FontFace
from numpy.typing import NDArray
from PIL import Image

from app.core.exports.fonts import BASE, add_fonts, readable

RESEARCH_USE = "Research use only, not a medical device."
_MARGIN, _FOOTER = 15.0, 12.0  # millimetres
_SIZE, _SMALL = 9.0, 7.5  # points
_LINE = 4.4  # height of a line in millimetres
_GREY = 110
_LONGEST_CELL = 120


class Paper(FPDF):
    """A PDF whose every page says what it is of, and that it is for research only."""

    def __init__(self, title: str, *, text: str) -> None:
        """Begins the first page.

        Args:
            title: Stands at the foot of every page.
            text: All text that will be written, from which follows which fonts are needed.
        """
        super().__init__(format="A4")
        self._missing = add_fonts(self, text + title)
        # Where letters join or change places; it takes four times as long.
        self.set_text_shaping(bool(self._fallback_font_ids))
        self._title = self._readable(title)
        self.set_title(title)
        self.set_creator("Overread")
        self.set_image_filter(
            "DCTDecode"
        )  # JPEG: without loss, a report would be ten times as large
        self.set_margins(_MARGIN, _MARGIN)
        self.set_auto_page_break(True, margin=_MARGIN + _FOOTER)
        self.add_page()

    def footer(self) -> None:
        """Draws the foot of a page; called by the library."""
        self.set_y(-_FOOTER - 3)
        self.set_font(BASE, size=_SMALL)
        self.set_text_color(_GREY)
        self.cell(text=RESEARCH_USE)
        self.set_x(_MARGIN + 60)
        room = self.epw - 60 - 25
        self.cell(room, text=_shortened(self._title, 60), align="R")
        self.cell(0, text=f"page {self.page_no()}", align="R")
        self.set_text_color(0)

    def heading(self, text: str, *, level: int = 1, room: float = 30.0) -> None:
        """Writes a heading.

        Args:
            text: One line.
            level: 1 for the title, 2 and 3 below.
            room: In millimetres; with less on the page, it goes to the next.
        """
        size = {1: 17.0, 2: 12.5, 3: 10.0}[level]
        if self.will_page_break(room):
            self.add_page()
        self.ln(0 if level == 1 else 3)
        self.set_font(BASE, size=size)
        # Bold by its outline: to cut a bold font out of the variable one takes seconds.
        with self.local_context(
            text_mode=TextMode.FILL_STROKE, line_width=size * 0.01, draw_color=0
        ):
            self._write(text, height=size * 0.5)
        self.ln(1.5)

    def paragraph(self, text: str, *, is_small: bool = False) -> None:
        """Writes text over as many lines and pages as it takes.

        Args:
            text: May hold line breaks.
            is_small: Whether it is set smaller, and grey.
        """
        self.set_font(BASE, size=_SMALL if is_small else _SIZE)
        self.set_text_color(_GREY if is_small else 0)
        self._write(text, height=_LINE)
        self.set_text_color(0)
        self.ln(1)

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Writes names with their values, one below the other.

        Args:
            facts: Names and values; long values go over several lines.
        """
        left = self.x
        named = min(42.0, self.epw * 0.4)
        for name, value in facts:
            self.set_font(BASE, size=_SIZE)
            lines = self.multi_cell(
                self.epw - named, h=_LINE, text=self._readable(value), dry_run=True,
                output=MethodReturnValue.HEIGHT,
            )  # fmt: skip
            if self.will_page_break(min(float(str(lines)), 40)):
                self.add_page()
                self.set_x(left)
            self.set_text_color(_GREY)
            self.cell(named, h=_LINE, text=self._readable(name))
            self.set_text_color(0)
            self.multi_cell(
                self.epw - named, h=_LINE, text=self._readable(value),
                new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L",
            )  # fmt: skip
            self.set_x(left)

    def rows(
        self, heading: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]
    ) -> None:
        """Draws a table whose heading is repeated on every page.

        Args:
            heading: A name for each column.
            rows: A text for each cell; long ones are shortened in the middle.
            widths: Of the columns, relative to each other.
        """
        self.set_font(BASE, size=_SMALL)
        self.set_draw_color(200)
        shaded = FontFace(fill_color=(235, 235, 235))
        with self.table(
            col_widths=tuple(widths), line_height=_LINE, text_align="LEFT",
            headings_style=shaded, borders_layout="HORIZONTAL_LINES", padding=0.8,
        ) as table:  # fmt: skip
            for row in (heading, *rows):
                table.row([_shortened(self._readable(cell), _LONGEST_CELL) for cell in row])
        self.ln(2)

    def picture(self, pixels: NDArray[np.uint8], *, width: float, height: float) -> float:
        """Draws a picture at the left margin, as large as it fits; the position stays.

        Args:
            pixels: uint8 RGB `(rows, columns, 3)`.
            width: Room in millimetres.
            height: Room in millimetres.

        Returns:
            How high it is, in millimetres.
        """
        rows, columns = pixels.shape[:2]
        scale = min(width / columns, height / rows)
        at = self.get_y()
        self.image(Image.fromarray(pixels), self.l_margin, at, columns * scale, rows * scale)
        self.set_y(at)
        return float(rows * scale)

    def _write(self, text: str, *, height: float) -> None:
        self.multi_cell(
            0, h=height, text=self._readable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L"
        )

    def _readable(self, text: str) -> str:
        return readable(text.replace("\r", ""), self._missing)


def _shortened(text: str, longest: int) -> str:
    """A text whose middle is left out if it is too long; its end often tells a file."""
    if len(text) <= longest:
        return text
    return f"{text[: longest // 2 - 1]}…{text[-longest // 2 :]}"
