"""Custom Streamlit components, each with its markup, style and behaviour in adjacent files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import streamlit as st

_IMPORT = re.compile(r'^import \{[\w\s,]*\} from "(\.{1,2}/[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def define(name: str, module: str) -> Any:
    """A component defined by those `.html`, `.css` and `.js` files with the name of a module.

    Args:
        name: Name of the component, unique in the app.
        module: The module's `__file__`.

    Returns:
        A function that draws it, see `st.components.v2.component`.
    """
    html, css = (
        path.read_text(encoding="utf-8") if path.is_file() else None
        for path in (Path(module).with_suffix(suffix) for suffix in (".html", ".css"))
    )
    js = Path(module).with_suffix(".js")
    return st.components.v2.component(
        name, html=html, css=css, js=assemble(js) if js.is_file() else None
    )


def assemble(script: Path) -> str:
    """A script and the files that it imports, as the one module that a component may have.

    What the files export shares one scope, so a name may be declared in one of them only, and
    none is renamed where it is imported.

    Args:
        script: A JavaScript module; its relative imports are followed.
    """
    parts: dict[Path, str] = {}
    _gather(script.resolve(), parts)
    return "\n".join(parts.values())


def _gather(script: Path, parts: dict[Path, str]) -> None:
    """Adds a script after all that it imports, each once."""
    if script in parts:
        return
    text = script.read_text(encoding="utf-8")
    for imported in _IMPORT.findall(text):
        _gather((script.parent / imported).resolve(), parts)
    parts[script] = _EXPORT.sub("", _IMPORT.sub("", text))
