"""The image files of a data folder, without those that are excluded and without masks."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from app.core.errors import DatasetError
from app.core.sources.left_out import LeftOut
from model_training.data.image_files import images_below, name_below
from model_training.data.mask_content import with_other_sizes, with_two_levels
from model_training.data.masks import masks_among
from model_training.data.rules import Rules
from model_training.data.split_names import splits_of_folders
from model_training.data.table_files import tables_in
from model_training.data.wrappers import folders_for_tables

_MAX_LISTED = 5


def list_images(folder: Path, rules: Rules) -> tuple[list[Path], list[str]]:
    """The images to read, by name, and remarks on those that are not.

    Args:
        folder: The data folder.
        rules: What to exclude, and whether masks are dropped.

    Raises:
        DatasetError: If a pattern to exclude matches nothing.
    """
    left_out = _Besides()
    images = images_below(folder, left_out)
    kept, notes = _without_excluded(images, folder, rules.exclude)
    masks, unmatched = masks_among(kept, folder)
    named = set(masks)
    films = [path for path in kept if path not in named]
    if masks and rules.masks == "drop":
        kept = films
        notes.append(
            f"{_images(len(masks))} named as masks of others ({_where(masks, folder)}) and not "
            "read; --masks keep reads them."
        )
    elif masks:
        notes.append(f"{_images(len(masks))} named as masks of others, and read (--masks keep).")
    if masks and (wrong := with_other_sizes(masks, films)):
        notes.append(
            f"{_images(len(wrong))} named as masks, but not as large as the image of that name: "
            f"look at them ({_where(wrong, folder)})."
        )
    if unmatched:
        notes.append(
            f"{_images(len(unmatched))} named like masks, but no image is beside them: they are "
            f"read as images. --exclude leaves them out ({_where(unmatched, folder)})."
        )
    if two := with_two_levels(films):
        notes.append(
            f"{_images(len(two))} of two grey levels only, as masks are ({_where(two, folder)}). "
            "--exclude leaves out what is not a film."
        )
    left_out.without(tables_beside(folder, kept))
    return kept, [*notes, str(left_out)] if left_out else notes


def tables_beside(folder: Path, images: Sequence[Path]) -> list[Path]:
    """The tables that may label the images.

    They are in the data folder, else in a folder around all images, else there is one in the folder
    of each split, as in `train/metadata.csv`.

    Args:
        folder: The data folder.
        images: The images below it that are read.
    """
    places = folders_for_tables(folder, images)
    for place in places:
        if tables := tables_in(place):
            return tables
    return _tables_of_splits(places[-1]) if places else []


def _tables_of_splits(folder: Path) -> list[Path]:
    """The table of each folder of a split, if none has several and that for training has one."""
    inside = [child.name for child in sorted(folder.iterdir()) if child.is_dir()]
    splits = splits_of_folders(inside)
    tables = {name: tables_in(folder / name) for name in splits}
    with_one = [name for name, found in tables.items() if len(found) == 1]
    if any(len(found) > 1 for found in tables.values()):
        return []
    has_training = "train" in {splits[name] for name in with_one}
    return [tables[name][0] for name in with_one] if has_training else []


class _Besides(LeftOut):
    """What lies beside the images, with the tables that may label them."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[str, list[str]] = defaultdict(list)

    def add(self, name: str, kind: str = "") -> None:
        """See `LeftOut.add`."""
        self._kinds[name].append(kind)

    def without(self, tables: Sequence[Path]) -> None:
        """Counts all but these tables."""
        for table in tables:
            if self._kinds[table.name]:
                self._kinds[table.name].pop()
        for name, kinds in self._kinds.items():
            for kind in kinds:
                super().add(name, kind)


def is_excluded(name: str, patterns: Sequence[str]) -> bool:
    """Whether a path, or a folder in it, matches one of the patterns.

    Args:
        name: Path relative to the data folder, with `/`.
        patterns: With `*` and `?`; one without `/` is that of a file or folder anywhere.
    """
    path = PurePosixPath(unicodedata.normalize("NFC", name))
    places = [path, *path.parents][:-1]
    return any(
        fnmatchcase(place.as_posix() if "/" in pattern else place.name, pattern)
        for pattern in (unicodedata.normalize("NFC", each).rstrip("/") for each in patterns)
        for place in places
    )


def _without_excluded(
    images: list[Path], folder: Path, patterns: Sequence[str]
) -> tuple[list[Path], list[str]]:
    kept, notes = images, []
    for pattern in patterns:
        rest = [path for path in kept if not is_excluded(name_below(path, folder), [pattern])]
        number = len(kept) - len(rest)
        if not number and not any(is_excluded(p.name, [pattern]) for p in folder.iterdir()):
            raise DatasetError(
                f"--exclude {pattern} matches no file. Patterns are relative to the data folder, "
                "such as 'masks', '*_mask.png' or 'train/copy/*'."
            )
        if number:
            notes.append(f"{_images(number)} excluded by --exclude {pattern}.")
        kept = rest
    return kept, notes


def _where(images: Sequence[Path], folder: Path) -> str:
    """The folders of some images, with counts."""
    counts = Counter(name_below(path.parent, folder) for path in images)
    shown = [f"{count:,} in {name}" for name, count in counts.most_common(_MAX_LISTED)]
    hidden = len(counts) - len(shown)
    return ", ".join(shown) + (f" and {hidden:,} more folders" if hidden else "")


def _images(number: int) -> str:
    return f"{number:,} image is" if number == 1 else f"{number:,} images are"
