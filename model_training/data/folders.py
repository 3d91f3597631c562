"""Images in folders named after their classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from app.core.bundles.predictions_table import CaseSplit
from app.core.errors import DatasetError
from app.core.performance.formatting import counted
from model_training.data.class_names import spelling_key
from model_training.data.folder_levels import (
    about_folders_below,
    are_numbered,
    are_unique,
    require_one_level,
)
from model_training.data.image_files import HIDDEN, LabelledImage, images_below, name_below
from model_training.data.nested_copies import Place, without_nested_copies
from model_training.data.split_names import splits_of_folders
from model_training.data.wrappers import wrapper

# Folders of images that somebody is still to label, beside those of the classes.
_UNLABELLED = frozenset({
    "pred", "predict", "predictions", "prediction", "to predict", "seg pred", "pred images",
    "unlabelled", "unlabeled", "unlabelled images", "unlabeled images", "unclassified", "unsorted",
    "inference", "submission", "no label", "nolabel",
})  # fmt: skip
_UNKNOWN = frozenset(
    "unknown unbekannt inconnu inconnue desconocido sconosciuto onbekend unclear".split()
)


@dataclass(frozen=True, slots=True)
class LabelledFolders:
    """What the folders say.

    Attributes:
        images: With the name of their class folder as label.
        notes: Remarks for the reader.
        numbered: Whether the folders look like parts of one set, such as `images_001`, or like
            patients.
    """

    images: list[LabelledImage]
    notes: list[str]
    numbered: bool


def read_folders(
    folder: Path,
    images: Sequence[Path],
    *,
    named: Collection[str] = (),
    class_folder: int | None = None,
) -> LabelledFolders:
    """The images of `train|val|test/CLASS/`, `CLASS/` or `CLASS/train|val|test/` folders.

    Args:
        folder: The data folder.
        images: The images below it that are read, by name.
        named: Labels that somebody named; their folders are classes whatever they are called.
        class_folder: Which folder is the class, counted from the data folder (1 is the first) or
            from the image (-1 holds it); None for the first, after that of a split.

    Raises:
        DatasetError: If it is not clear which folders are classes.
    """
    known = {spelling_key(name) for name in named}
    parts = {path: PurePosixPath(name_below(path, folder)).parts[:-1] for path in images}
    notes: list[str] = []
    if class_folder is not None:
        places = _at_level(parts, class_folder)
    else:
        places, notes = _first_level(folder, parts, known)
        places, more = _without_unlabelled(places, known)
        notes += more
        places, more = _with_splits_inside(places)
        notes += more
        places, more = without_nested_copies(places)
        notes += more
    names = {place.class_name for place in places}
    is_named = class_folder is not None or any(spelling_key(name) in known for name in names)
    numbered = not is_named and (are_numbered(names) or are_unique(names, places))
    if class_folder is None and not numbered:
        require_one_level(places)
        notes += about_folders_below(places)
    found = [
        LabelledImage(p.path, name_below(p.path, folder), p.class_name, "", p.split, "")
        for p in places
    ]
    return LabelledFolders(found, notes, numbered)


def _at_level(parts: Mapping[Path, tuple[str, ...]], level: int) -> list[Place]:
    """The images whose class is the folder of a level, and whose split is any other folder."""
    index = level - 1 if level > 0 else level
    others = {part for folders in parts.values() for part in folders}
    splits = splits_of_folders(sorted(others))
    places = []
    for path, folders in parts.items():
        if not -len(folders) <= index < len(folders):
            raise DatasetError(
                f"--class-folder {level} is not there for every image: {'/'.join(folders) or '.'} "
                f"has {len(folders)} folders. Choose another level."
            )
        class_name = folders[index]
        found = [splits[part] for part in folders if part in splits and part != class_name]
        places.append(Place(path, found[0] if found else "", class_name, ()))
    return places


def _first_level(
    folder: Path, parts: Mapping[Path, tuple[str, ...]], known: Collection[str]
) -> tuple[list[Place], list[str]]:
    """The images below a class folder, with the split above it, and remarks on the others."""
    top = wrapper(folder, parts.values(), classes=known)
    notes = [f"The data are in the folder {'/'.join(top)}."] if top else []
    inner = {path: f[len(top) :] for path, f in parts.items() if f[: len(top)] == top}
    firsts = sorted({folders[0] for folders in inner.values() if folders})
    splits = splits_of_folders([name for name in firsts if spelling_key(name) not in known])
    if splits and "train" not in splits.values() and len(splits) < len(firsts):
        others = [name for name in firsts if name not in splits]
        raise DatasetError(
            f"{sorted(splits)} could be splits, but lie beside {others} and no folder for "
            "training. Leave them out with --exclude, name them as classes with --class-names, or "
            "move the other folders into train."
        )
    places, loose = [], Counter[str]()
    others_read = Counter[str]()
    for path, folders in inner.items():
        split: CaseSplit = ""
        if splits and folders:
            name, *rest = folders
            if name not in splits:
                others_read[name] += 1
                continue
            split, folders = splits[name], _without_repeated_split(name, tuple(rest))
        if folders:
            places.append(Place(path, split, folders[0], tuple(folders[1:])))
        else:
            loose["/".join(parts[path])] += 1
    notes += _about_others(others_read)
    if places:
        notes += [
            f"Not read: {counted(count, 'image')} in {name or 'the data folder itself'}, outside "
            "the folders of the classes."
            for name, count in loose.items()
        ]
        bases = [folder.joinpath(*top, name) for name in splits] or [folder.joinpath(*top)]
        notes += _about_empty_folders(bases, {place.class_name for place in places})
    return places, notes


def _without_repeated_split(split_folder: str, below: tuple[str, ...]) -> tuple[str, ...]:
    """The folders below a split, without one of the same name, as in `train/train/CLASS`."""
    if below and spelling_key(below[0]) == spelling_key(split_folder):
        return below[1:]
    return below


def _about_others(others: Mapping[str, int]) -> list[str]:
    if not others:
        return []
    listed = ", ".join(f"{name}: {count:,}" for name, count in sorted(others.items()))
    folders = "1 folder" if len(others) == 1 else f"{len(others)} folders"
    are = "is" if len(others) == 1 else "are"
    return [f"{folders} next to train, val and test {are} not read (images in {listed})."]


def _about_empty_folders(bases: Sequence[Path], classes: Collection[str]) -> list[str]:
    """Remarks on folders beside the classes that hold files, but no images."""
    notes = []
    for base in bases:
        for child in sorted(base.iterdir()):
            hidden = child.name.startswith(HIDDEN)
            if hidden or child.name in classes or not child.is_dir() or images_below(child):
                continue
            kinds = Counter(
                path.suffix.lower() or "without ending"
                for path in child.rglob("*")
                if path.is_file()
            )
            held = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
            notes.append(
                f"The folder {child.name} contains no images ({held or 'it is empty'}) and is "
                "not a class."
            )
    return notes


def _without_unlabelled(
    places: list[Place], known: Collection[str]
) -> tuple[list[Place], list[str]]:
    counts = Counter(place.class_name for place in places)
    keys = {name: spelling_key(name) for name in counts}
    unlabelled = [n for n in counts if keys[n] in _UNLABELLED and keys[n] not in known]
    unknown = [n for n in counts if keys[n] in _UNKNOWN and keys[n] not in known]
    if len(counts) - len(unlabelled) < 2:
        return places, []
    if unknown and len(counts) - len(unlabelled) - len(unknown) > 1:
        raise DatasetError(
            f"The folder {unknown[0]!r} could hold images without a label, or be a class. Leave it "
            f"out with --exclude {unknown[0]}, or keep it with --class-names "
            f"{unknown[0]}={unknown[0]}."
        )
    notes = [
        f"{counts[name]:,} images in {name} are not read: by its name they have no label. "
        f"--class-names {name}={name} makes it a class."
        for name in unlabelled
    ]
    return [place for place in places if place.class_name not in unlabelled], notes


def _with_splits_inside(places: list[Place]) -> tuple[list[Place], list[str]]:
    """The splits of `CLASS/train|val|test/`, if all classes are divided like that."""
    if any(place.split or not place.below for place in places):
        return places, []
    splits = splits_of_folders(sorted({place.below[0] for place in places}))
    divided = {place.below[0] for place in places} == set(splits)
    if not divided or "train" not in splits.values() or len(set(splits.values())) < 2:
        return places, []
    return [
        replace(place, split=splits[place.below[0]], below=place.below[1:]) for place in places
    ], ["The splits are folders inside the classes."]
