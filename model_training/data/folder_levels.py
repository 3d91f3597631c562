"""Which level of folders is that of the classes: the first, unless others look as much like it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from app.core.errors import DatasetError
from app.core.sources.patient_names import KNOWN_PATTERNS
from model_training.data.class_names import spelling_key
from model_training.data.nested_copies import Place
from model_training.data.positive_class import is_telling, says_nothing_found

# Folders that divide one set by number, and are not classes.
_NUMBERED = re.compile(
    r"(.*[ _-])?(images?|imgs?|pictures?|part|batch|chunk|shard|archive)[ _-]?\d+"
    r"|(data|folder|set|dicom|dcm|series|files?|group|patients?|subjects?|sub|persons?|pat|case"
    r"|study|exam|p|s)[ _-]?\d+",
    re.IGNORECASE,
)
# A long number at the end is that of a patient: `LIDC-IDRI-0001`, `10253`.
_LONG_NUMBER = re.compile(r"\d{3,}$")
_MANY = 20
_MAX_LISTED = 10


def are_numbered(names: Collection[str]) -> bool:
    """Whether folders have numbers of parts or patients, and no names of classes.

    Args:
        names: Of the folders.
    """
    return len(names) > 1 and (
        all(_NUMBERED.fullmatch(name) or _LONG_NUMBER.search(name) for name in names)
        or any(
            all(pattern.search(f"{name}/") for name in names) for pattern in KNOWN_PATTERNS.values()
        )
    )


def are_unique(names: Collection[str], places: Sequence[Place]) -> bool:
    """Whether most folders hold one image, as those of people do.

    Args:
        names: Of the folders.
        places: Where the images lie.
    """
    return len(names) > _MANY and len(names) * 2 > len(places)


def about_folders_below(places: Sequence[Place]) -> list[str]:
    """The remark on folders in those of the classes that may be classes too.

    Args:
        places: Where the images lie.
    """
    below = Counter(place.below[0] for place in places if place.below)
    are_few = 1 < len(below) <= _MANY and 2 * len(below) <= below.total()
    if not are_few or are_numbered(below) or any(map(_NUMBERED.fullmatch, below)):
        return []
    return [
        f"Folders inside those of the classes make no difference ({_listed(below)}); "
        "--class-folder makes a level of them the classes."
    ]


def require_one_level(places: Sequence[Place]) -> None:
    """Checks that only the first level of folders can be the classes.

    Args:
        places: Where the images lie.

    Raises:
        DatasetError: If the same folders are in them again and again, as in `HOSPITAL/CLASS/` and
            in `PATIENT/CLASS/` of patients with some of the classes, or if folders further down
            say that nothing was found, as in `ELBOW/patient1/study1_negative/`.
    """
    below: dict[str, set[str]] = defaultdict(set)
    healthy: dict[str, set[str]] = defaultdict(set)
    for place in places:
        below[place.class_name].add(spelling_key(place.below[0]) if place.below else "")
        healthy[place.class_name] |= {name for name in place.below if says_nothing_found(name)}
    if len(below) < 2:
        return
    is_clear = any(is_telling(name) for name in below)
    times = Counter(name for names in below.values() for name in names)
    is_same = len({frozenset(names) for names in below.values()}) == 1
    is_shared = min(times.values()) > 1 and len(below) > len(times) and not is_clear
    if (is_same or is_shared) and len(times) > 1 and "" not in times:
        are_parts = all(_NUMBERED.fullmatch(name) for name in times)
        if not are_parts and not (is_clear and all(re.search(r"\d$", name) for name in times)):
            raise _two_levels(below, times)
    found = [names for names in healthy.values() if names]
    if len(found) > 1 and not is_clear:
        raise _two_levels(below, set().union(*found))


def _two_levels(outer: Collection[str], inner: Collection[str]) -> DatasetError:
    return DatasetError(
        f"Each of the folders {_listed(outer)} contains folders {_listed(inner)}, so either "
        "could be the classes. Say which: --class-folder 1 for the first level, --class-folder 2 "
        "for the second, counted from the data folder, or -1 for the folder that holds the image."
    )


def _listed(names: Collection[str]) -> str:
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(sorted(names)[:_MAX_LISTED]) + more
