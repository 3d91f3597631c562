"""Text inside a PNG file, such as the scale of the colours it shows."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image, PngImagePlugin

# Signature and header, which every PNG begins with; text may follow them.
_BEFORE_TEXT = 33


def with_text(png: bytes, key: str, text: str) -> bytes:
    """A PNG with a text added. Its pixels are not encoded again.

    Args:
        png: The content of a PNG file.
        key: What the text is about, in Latin letters, at most 79 characters.
        text: The text, in Latin letters.
    """
    chunk = BytesIO()
    PngImagePlugin.putchunk(chunk, b"tEXt", key.encode("latin-1"), b"\0", text.encode("latin-1"))
    return png[:_BEFORE_TEXT] + chunk.getvalue() + png[_BEFORE_TEXT:]


def text_of(path: Path, key: str) -> str | None:
    """A text of a PNG file; None without it, or if there is no such file or it is no picture.

    Args:
        path: The file, of which only the beginning is read.
        key: As given to `with_text`.
    """
    try:
        with Image.open(path) as picture:
            found = picture.info.get(key)
    except (OSError, SyntaxError, ValueError):  # how Pillow says that it is not a PNG
        return None
    return found if isinstance(found, str) else None
