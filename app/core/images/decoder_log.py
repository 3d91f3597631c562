"""Logs what a decoder says of a file, without any word that the file holds."""

from __future__ import annotations

import hashlib
import logging
import re

from app.core.images import dicom_file

_LOG = logging.getLogger(__name__)

_WORD = re.compile(r"[^\W_]+")
# Bytes of a file that are searched for words at a time.
_PART = 2**20


def log_error(data: bytes, error: Exception) -> None:
    """Logs a decoder's own words, without those that occur in the file.

    They might be a patient's. In a deflated file none can be found, so that none is logged. The
    file is named by the beginning of its digest.

    Args:
        data: The whole file.
        error: What the decoder raised.
    """
    is_deflated = dicom_file.is_deflated(data)
    words = set(_WORD.findall(str(error)))
    in_file = _found_in(data, {text for text in words if text.isascii()})

    def masked(word: re.Match[str]) -> str:
        text = word.group()
        may_be_in_file = is_deflated or not text.isascii() or text in in_file
        return "…" if may_be_in_file else text

    shown = _WORD.sub(masked, str(error))
    digest = hashlib.sha256(data).hexdigest()
    _LOG.warning("Image %s: %s: %s", digest[:8], type(error).__name__, shown)


def _found_in(data: bytes, words: set[str]) -> set[str]:
    """The words that occur in a file, in any case; the file is never copied as a whole.

    Args:
        data: The file.
        words: In ASCII.
    """
    sought = {word: word.lower().encode() for word in words}
    longest = max(map(len, words), default=0)
    found: set[str] = set()
    for start in range(0, len(data), _PART):
        part = data[start : start + _PART + longest].lower()
        found |= {word for word, content in sought.items() if content in part}
    return found
