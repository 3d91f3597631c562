"""Says what could be done where the folders are not those of two classes or more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from app.core.errors import DatasetError
from model_training.data.image_files import HIDDEN, LabelledImage, name_below
from model_training.data.table_files import tables_in

_MAX_LISTED = 5


def require_classes(
    data: Path, images: Sequence[Path], labelled: Sequence[LabelledImage], notes: Sequence[str]
) -> None:
    """Checks that the folders give two classes.

    Args:
        data: The data folder, without a table that is read.
        images: The images below it.
        labelled: Those in folders of classes.
        notes: Remarks on what else is there.

    Raises:
        DatasetError: If they do not. It offers the folders and tables further down.
    """
    classes = sorted({image.label for image in labelled})
    if len(classes) > 1:
        return
    found = f"one class only ({classes[0]})" if classes else "no class"
    message = (
        f"The data contain images of {found}; at least two classes are needed. Expected CLASS/ "
        "folders, train|val|test/CLASS/ folders, or a table (CSV, JSON lines, Excel or Parquet) "
        "with one file name and label per row."
    )
    raise DatasetError(" ".join([message, *_offers(data, images, classes), *notes]))


def _offers(data: Path, images: Sequence[Path], classes: Sequence[str]) -> list[str]:
    """What else could be passed as the data."""
    folders = {PurePosixPath(name_below(path, data)).parent for path in images}
    around = {place for folder in folders for place in (folder, *folder.parents)}
    offers = []
    if classes:
        (only,) = classes
        outer = next((place for place in sorted(around) if place.name == only), None)
        inner = sorted(place.name for place in around if place.parent == outer)
        if outer is not None and len(inner) > 1:
            shown = _shown(inner)
            offers.append(f"If its folders {shown} are the classes, pass {data.name}/{outer}.")
    below = sorted(path for path in data.rglob("*") if path.is_dir() and not _is_hidden(path, data))
    tables = [name_below(table, data) for folder in below for table in tables_in(folder)]
    if tables:
        offers.append(f"If the labels are in a table, say --table FILE: {_shown(tables)}.")
    return offers


def _is_hidden(folder: Path, data: Path) -> bool:
    return any(part.startswith(HIDDEN) for part in folder.relative_to(data).parts)


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(names[:_MAX_LISTED]) + more
