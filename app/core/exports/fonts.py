"""The fonts of a PDF: those that its text needs, so that every name can be read in it."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF

BASE = "Noto Sans"
_NOTO = "manimgx_fonts"
_BASE_FILE = "NotoSans[wght].ttf"
_ITALIC_FILE = "NotoSans-Italic[wght].ttf"
_CJK = ("noto_cjk_sans_jp_regular", "NotoSansCJKjp-Regular.otf")
# Characters of these kinds need no glyph: controls, and marks of direction and joining.
_WITHOUT_GLYPH = ("Cc", "Cf")


def add_fonts(pdf: FPDF, text: str) -> frozenset[str]:
    """Adds the fonts that a text needs, so that `readable` and a page can use them.

    Args:
        pdf: Gets the fonts, and `BASE` as the one that is used.
        text: All that will be written.

    Returns:
        The characters of the text that no font has.
    """
    pdf.add_font(BASE, fname=_noto(_BASE_FILE))
    wanted = {one for one in text if unicodedata.category(one) not in _WITHOUT_GLYPH}
    missing = {ord(one) for one in wanted} - _covered(_noto(_BASE_FILE))
    used = []
    for path in _others():
        if missing and not missing.isdisjoint(_covered(path)):
            missing -= _covered(path)
            pdf.add_font(path.stem, fname=path)
            used.append(path.stem)
    pdf.set_fallback_fonts(used, exact_match=False)
    pdf.set_font(BASE)
    return frozenset(map(chr, missing))


def readable(text: str, missing: frozenset[str]) -> str:
    r"""A text whose missing characters are written as their numbers, such as `[U+1F9FF]`.

    Args:
        text: Any text.
        missing: What `add_fonts` returned.

    Example:
        >>> readable("a\u2715", frozenset("\u2715"))
        'a[U+2715]'
    """
    return "".join(f"[U+{ord(one):04X}]" if one in missing else one for one in text)


@cache
def _covered(font: Path) -> frozenset[int]:
    """The numbers of the characters that a font has."""
    with TTFont(font, lazy=True) as opened:
        return frozenset(opened.getBestCmap())


def _noto(file: str) -> Path:
    return Path(str(files(_NOTO))) / file


def _others() -> list[Path]:
    """The file of each further font: small ones first, then Chinese, Japanese and Korean."""
    small = sorted(Path(str(files(_NOTO))).glob("*.ttf"), key=lambda path: path.stat().st_size)
    others = [path for path in small if path.name not in (_BASE_FILE, _ITALIC_FILE)]
    package, file = _CJK
    return [*others, Path(str(files(package))) / file]
