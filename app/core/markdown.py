"""Makes text safe to show as Markdown, where names would otherwise be taken for markup."""

from __future__ import annotations

import re

_SPECIAL = re.compile(
    r"""
    [\\`*_\[\]|~$<>]        # markup wherever it stands
    | :(?=\w)                # colours, icons, links
    | -(?=[->]) | (?<=[-<])- # arrows and dashes
    | (?<=www)\.             # links
    | (?m:^[#+\-=])          # headings and lists, at the start of a line
    | (?m:(?<=^\d)[.)])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CODE = re.compile(r"(`[^`\n]+`)")


def escape_markdown(text: str) -> str:
    r"""Escapes text for Markdown, such as a file name with underscores or the name of a class.

    Example:
        >>> print(escape_markdown("left_lung*"))
        left\_lung\*
    """
    return _SPECIAL.sub(lambda found: f"\\{found.group()}", text)


def escape_sentence(sentence: str) -> str:
    r"""Escapes a sentence in which only commands are marked up, such as that of an error.

    Example:
        >>> print(escape_sentence("Train 'a_b' again with `overread-train fit`"))
        Train 'a\_b' again with `overread-train fit`
    """
    parts = _CODE.split(sentence)
    return "".join(
        part if number % 2 else escape_markdown(part) for number, part in enumerate(parts)
    )
