"""Decides whether folders or tables label the images of a data set, and reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from app.core.errors import DatasetError
from model_training.data.folders import LabelledFolders, read_folders
from model_training.data.image_files import LabelledImages
from model_training.data.image_index import ImageIndex
from model_training.data.listing import is_excluded, list_images, tables_beside
from model_training.data.manifest import MANIFEST, with_manifest
from model_training.data.no_classes import require_classes
from model_training.data.rules import Rules
from model_training.data.table_columns import Columns, choose_columns
from model_training.data.table_files import SUFFIXES, load_table
from model_training.data.table_loading import are_splits
from model_training.data.tables import read_tables

# A table that names a smaller proportion of the images does not label the data set.
_LEAST_NAMED = 0.9


def read_labelled(
    data: Path,
    tables: Sequence[Path],
    columns: Columns | None,
    rules: Rules,
    *,
    named: Collection[str] = (),
) -> LabelledImages:
    """The images as labelled by folders or tables, and remarks.

    Tables that were named are read. Of a folder, class folders are, unless a table beside them
    says otherwise: then one of them must be named.

    Args:
        data: A folder, or a table beside the images it lists.
        tables: Tables that label the images in the folder.
        columns: Their columns, if they should not be recognised.
        rules: What to do where there is a choice.
        named: Labels that somebody named.

    Raises:
        DatasetError: If there is no such file, or it is not clear what gives the labels.
    """
    if not tables and (data.is_file() or data.suffix.lower() in SUFFIXES):
        data, tables = data.parent, [data]
    for table in tables:
        _require_table(table)
    if not data.is_dir():
        raise DatasetError(
            f"There is no folder {data.name!r}. Expected a folder with CLASS/ or "
            "train|val|test/CLASS/ folders; check the path."
        )
    images, notes = list_images(data, rules)
    index = ImageIndex(data, images)

    def by_tables(files: Sequence[Path], more: Sequence[str] = ()) -> LabelledImages:
        reading = read_tables(files, index=index, columns=columns or Columns(), rules=rules)
        return replace(reading, notes=[*notes, *more, *reading.notes])

    if tables:
        return by_tables(tables)
    beside = [
        file
        for file in tables_beside(data, images)
        if file.name != MANIFEST and not is_excluded(file.name, rules.exclude)
    ]
    about_tables = (columns, rules.join, rules.encoding, rules.sheet)
    if not beside and any(option is not None for option in about_tables):
        raise DatasetError(
            f"The data folder {data.name!r} contains no table, so options about tables and their "
            "columns have no effect. Name the table with --table, or leave them out."
        )
    if beside and (columns is not None or rules.join is not None):
        _require_one(beside, rules)
        return by_tables(beside)
    folders = _by_folders(data, images, named, rules, beside)
    if len({image.label for image in folders.images}) > 1 and not folders.numbered:
        found, more = with_manifest(folders.images, data)
        more += [_not_read(file, folders, index, rules) for file in beside]
        return LabelledImages(found, [*notes, *folders.notes, *more])
    if beside:
        _require_one(beside, rules)
        more = [f"The folders divide the images by number and are not classes; {beside[0].name} is "
                "read."] if folders.numbered else []  # fmt: skip
        return by_tables(beside, more)
    if folders.numbered:
        examples = sorted({image.label for image in folders.images})
        raise DatasetError(
            f"The {len(examples)} folders, such as {examples[0]!r}, look like parts of one set or "
            "like patients, and not like classes. Pass a table with the labels (--table FILE), say "
            "which level of folders is the class (--class-folder), or name the classes with "
            "--class-names."
        )
    require_classes(data, images, folders.images, notes)
    found, more = with_manifest(folders.images, data)
    return LabelledImages(found, [*notes, *folders.notes, *more])


def _by_folders(
    data: Path,
    images: Sequence[Path],
    named: Collection[str],
    rules: Rules,
    beside: Sequence[Path],
) -> LabelledFolders:
    """What the folders say.

    Raises:
        DatasetError: If it is not clear which folders are classes.
    """
    try:
        return read_folders(data, images, named=named, class_folder=rules.class_folder)
    except DatasetError as error:
        if not beside:
            raise
        raise DatasetError(
            f"{error} If a table has the labels, pass it as the data: {_listed(beside)}."
        ) from None


def _listed(tables: Sequence[Path]) -> str:
    return ", ".join(file.name for file in tables)


def _require_one(tables: Sequence[Path], rules: Rules) -> None:
    if len(tables) > 1 and rules.join is None and not are_splits(tables):
        raise DatasetError(
            f"The data folder contains {len(tables)} tables, {[file.name for file in tables]}, and "
            "no folders of two classes. Pass the table to read as the data, name those of several "
            "splits with --table each, or join them with --join COLUMN."
        )


def _not_read(file: Path, folders: LabelledFolders, index: ImageIndex, rules: Rules) -> str:
    """The remark on a table beside class folders.

    Raises:
        DatasetError: If it labels the same images in another way.
    """
    labels = _labels_of(file, index, rules)
    if labels is not None and _differ(labels, folders):
        raise DatasetError(
            f"Both the folders and {file.name} label the images, and not in the same way. Pass "
            f"{file.name} as the data to read the table, or leave it out with --exclude "
            f"{file.name} to read the folders."
        )
    return (
        f"{file.name} is not read, because the folders give the classes. To use it instead, pass "
        "it as the data."
    )


def _labels_of(file: Path, index: ImageIndex, rules: Rules) -> dict[Path, tuple[str, ...]] | None:
    """What a table says of most images, as a whole; None if it does not label them."""
    try:
        table, _ = load_table(file, encoding=rules.encoding, sheet=rules.sheet)
        chosen = choose_columns(table, Columns(), index, file.name)
    except DatasetError:
        return None
    found: dict[Path, tuple[str, ...]] = {}
    cells = zip(table[chosen.path], *(table[column] for column in chosen.labels), strict=True)
    for name, *labels in cells:
        # A name may be that of several, such as views of one study in folders.
        below = index.find_below(str(name)) if chosen.by_folder else [index.find(str(name))]
        paths = [path for folder in below for path in folder]
        found |= dict.fromkeys(paths, tuple(map(str, labels)))
    return found if len(found) >= _LEAST_NAMED * len(index.images) else None


def _differ(labels: dict[Path, tuple[str, ...]], folders: LabelledFolders) -> bool:
    """Whether a table and the folders divide the images differently."""
    by_folder: dict[str, set[object]] = defaultdict(set)
    by_label: dict[object, set[str]] = defaultdict(set)
    for image in folders.images:
        if image.path in labels:
            by_folder[image.label].add(labels[image.path])
            by_label[labels[image.path]].add(image.label)
    sizes = [len(found) for found in by_folder.values()]
    sizes += [len(found) for found in by_label.values()]
    return max(sizes, default=0) > 1


def _require_table(table: Path) -> None:
    if not table.is_file() or table.suffix.lower() not in SUFFIXES:
        what = "not a table" if table.is_file() else "not there"
        raise DatasetError(
            f"{table.name!r} is {what}. Expected a folder of images, or a table of them (CSV, "
            "JSON lines, Excel .xlsx or Parquet); check the path, or save the table as CSV."
        )
