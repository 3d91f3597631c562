"""Puts an adaptation beside its bundle, and takes it away again."""

from __future__ import annotations

import re
import shutil
from glob import escape
from pathlib import Path

from app.core.adaptation.adapt import Adapted, require_place
from app.core.bundles.adaptation import ADAPTATION
from app.core.bundles.bundle import Bundle
from app.core.bundles.manifest import MANIFEST
from app.core.errors import OverreadError, system_reason

# Of one bundle; the page lets whoever reaches it write another one.
MOST_BESIDE = 50


def folder_name(bundle: Bundle, place: str) -> str:
    """The name of an adaptation's folder, such as `chest-pneumonia@ward-3`.

    Args:
        bundle: The bundle that is adapted.
        place: Where the films are from.

    Raises:
        OverreadError: If the place has no name, or none with a letter or digit.
    """
    require_place(place)
    written = re.sub(r"[^\w.]+", "-", place.strip().lower()).strip("-._")
    if not written:
        raise OverreadError(f"The place is {place!r}. Expected a name with letters or digits.")
    return f"{bundle.path.name}@{written}"


def write_beside(adapted: Adapted, models: Path) -> Bundle:
    """Writes an adaptation into the folder of bundles, as `BUNDLE@PLACE`.

    Args:
        adapted: What was fitted.
        models: The folder of bundles.

    Raises:
        OverreadError: If it exists, there are too many already, or it cannot be written.
    """
    name = folder_name(adapted.bundle, adapted.adaptation.place)
    if (models / name).exists():
        raise OverreadError(
            f"There is an adaptation {name!r} already. Choose it as the model and remove it, or "
            "give the place another name, such as one with the date."
        )
    beside = sum(1 for one in models.glob(f"{escape(adapted.bundle.path.name)}@*"))
    if beside >= MOST_BESIDE:
        raise OverreadError(
            f"There are {beside:,} adaptations of {adapted.bundle.path.name!r} already. Expected "
            f"fewer than {MOST_BESIDE}: choose one that is no longer used as the model, and remove "
            "it."
        )
    try:
        return adapted.write(models / name)
    except OSError as error:
        raise OverreadError(
            f"{name!r} could not be written into the folder of models ({system_reason(error)}). "
            "Have that folder made writable for Overread, or set OVERREAD_MODELS to one that is."
        ) from None


def remove(bundle: Bundle) -> None:
    """Removes the folder of an adaptation; its bundle stays as it is.

    Args:
        bundle: An adaptation.

    Raises:
        OverreadError: If it is none, holds other files too, or cannot be removed.
    """
    path, adaptation = bundle.adapted_in, bundle.adaptation
    if path is None or adaptation is None or path.is_symlink() or (path / MANIFEST).exists():
        raise OverreadError(f"{bundle.name!r} is not an adaptation, so it is not removed.")
    others = sorted({one.name for one in path.iterdir()} - {ADAPTATION, *adaptation.files})
    if others:
        raise OverreadError(
            f"The folder {path.name!r} also holds {others[0]!r}, so it is not removed. Take away "
            "what is not of the adaptation, or remove the folder by hand."
        )
    away = path.with_name(f".{path.name}-removed")
    try:
        path.rename(away)
        shutil.rmtree(away)
    except OSError as error:
        raise OverreadError(
            f"The folder {path.name!r} could not be removed ({system_reason(error)}). Remove it "
            "by hand from the folder of models."
        ) from None
