"""Files beside the data that may say which class a number stands for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from app.core.errors import DatasetError
from model_training.data.cells import number_of

_NAME = re.compile(
    r"(class(es)?|labels?|categor(y|ies)|names|obj)([ _-]?(names?|list|map(ping)?|ind(ex|ices)))?"
    r"|(label|class)map|mapping",
    re.IGNORECASE,
)
_SUFFIXES = (".txt", ".json", ".yaml", ".yml", ".names", ".pbtxt")


def about_class_lists(
    folders: Sequence[Path], classes: Sequence[str], *, positive: str | None
) -> list[str]:
    """Remarks on files such as `classes.txt`, where the classes are numbers.

    Args:
        folders: The data folder, and others around all images.
        classes: Names of the classes.
        positive: The positive one of two, if somebody named it.

    Raises:
        DatasetError: If such a file may say which of two numbers is the positive class.
    """
    if any(number_of(name) is None for name in classes):
        return []
    found = [
        path.name
        for folder in folders
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _SUFFIXES and _NAME.fullmatch(path.stem)
    ]
    named = " ".join(f"{name}=NAME" for name in sorted(classes)[:2])
    notes = [
        f"{name} may say what the classes {', '.join(sorted(classes))} are, and is not read. Name "
        f"them with --class-names {named}."
        for name in found
    ]
    if notes and len(classes) == 2 and positive is None:
        raise DatasetError(f"{notes[0]} Or say which is the positive one with --positive.")
    return notes
