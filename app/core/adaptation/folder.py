"""Puts an adaptation beside its bundle, takes it away, and brings it back."""

from __future__ import annotations

import os
import re
import shutil
from glob import escape
from pathlib import Path

from app.core.adaptation.adapt import Adapted, one_line
from app.core.bundles.adaptation import ADAPTATION
from app.core.bundles.adaptation_checks import CHECKS
from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.manifest import MANIFEST
from app.core.errors import OverreadError, system_reason
from app.core.only_writer import lock_path

# Of one bundle; the page lets whoever reaches it write another one.
MOST_BESIDE = 50
# Where removed adaptations are, and how many; the app lists no hidden folder as a bundle.
REMOVED = ".removed"
MOST_REMOVED = 500
_BEFORE_DIGEST = " "
_DIGITS = 12
# Of the place in the name of a folder, which has 255 at most, with the bundle's name and a digest.
_MOST_BYTES = 120


def folder_name(bundle: Bundle, place: str) -> str:
    """The name of an adaptation's folder, such as `chest-pneumonia@ward-3`.

    Args:
        bundle: The bundle that is adapted.
        place: Where the films are from.

    Raises:
        OverreadError: If the place has no name, or none with a letter or digit.
    """
    dashed = re.sub(r"[^\w.]+", "-", one_line(place).lower())
    written = dashed.encode()[:_MOST_BYTES].decode(errors="ignore").strip("-._")
    if not written:
        raise OverreadError(f"The place is {place!r}. Expected a name with letters or digits.")
    return f"{bundle.path.name}@{written}"


def free_name(bundle: Bundle, place: str, models: Path) -> str:
    """The name of an adaptation's folder, if it can be written.

    Args:
        bundle: The bundle that is adapted.
        place: Where the films are from.
        models: The folder of bundles.

    Raises:
        OverreadError: If it has no name, it exists, or there are too many already.
    """
    name = folder_name(bundle, place)
    if (models / name).exists():
        raise OverreadError(
            f"There is an adaptation {name!r} already. Choose it as the model and remove it, or "
            "give the place another name, such as one with the date."
        )
    beside = sum(1 for one in models.glob(f"{escape(bundle.path.name)}@*"))
    if beside >= MOST_BESIDE:
        raise OverreadError(
            f"There are {beside:,} adaptations of {bundle.path.name!r} already. Expected fewer "
            f"than {MOST_BESIDE}: choose one that is no longer used as the model, and remove it."
        )
    return name


def may_be_written(models: Path) -> bool:
    """Whether anything can be added to the folder of bundles, as far as the system says.

    Args:
        models: The folder of bundles.
    """
    return os.access(models, os.W_OK)


def write_beside(adapted: Adapted, models: Path) -> Bundle:
    """Writes an adaptation into the folder of bundles, as `BUNDLE@PLACE`.

    Args:
        adapted: What was fitted.
        models: The folder of bundles.

    Raises:
        OverreadError: As of `free_name`, or if it cannot be written.
    """
    name = free_name(adapted.bundle, adapted.adaptation.place, models)
    try:
        return adapted.write(models / name)
    except OSError as error:
        raise OverreadError(
            f"{name!r} could not be written into the folder of models ({system_reason(error)}). "
            "Have that folder made writable for Overread, or set OVERREAD_MODELS to one that is."
        ) from None


def remove(bundle: Bundle) -> Path:
    """Takes an adaptation away from the folder of bundles; its bundle stays as it is.

    Nothing is deleted, as results refer to it: it is moved to the hidden folder `.removed`, under
    its name and the start of its digest, and `restore` brings it back.

    Args:
        bundle: An adaptation.

    Returns:
        Where it is then.

    Raises:
        OverreadError: If it is none, holds other files too, or cannot be moved.
    """
    path, adaptation = bundle.adapted_in, bundle.adaptation
    if path is None or adaptation is None or path.is_symlink() or (path / MANIFEST).exists():
        raise OverreadError(f"{bundle.name!r} is not an adaptation, so it is not removed.")
    of_checks = {CHECKS, lock_path(path / CHECKS).name}
    found = {one.name for one in path.iterdir()}
    others = sorted(found - {ADAPTATION, *of_checks, *adaptation.files})
    if others:
        raise OverreadError(
            f"The folder {path.name!r} also holds {others[0]!r}, so it is not removed. Take away "
            "what is not of the adaptation, or remove the folder by hand."
        )
    folder = path.parent / REMOVED
    if len(list(folder.glob("*"))) >= MOST_REMOVED:
        raise OverreadError(
            f"{MOST_REMOVED:,} adaptations were removed already. Delete those in the folder "
            f"{REMOVED!r} of the models that no result refers to any longer."
        )
    away = folder / f"{path.name}{_BEFORE_DIGEST}{bundle.sha256[:_DIGITS]}"
    try:
        folder.mkdir(exist_ok=True)
        if away.exists():  # the same adaptation, which was copied back by hand
            shutil.rmtree(away)
        path.rename(away)
    except OSError as error:
        raise OverreadError(
            f"The folder {path.name!r} could not be removed ({system_reason(error)}). Remove it "
            "by hand from the folder of models."
        ) from None
    return away


def removed(bundle: Bundle, models: Path) -> list[Path]:
    """Where the removed adaptations of a bundle are, in the order of their names.

    Args:
        bundle: The bundle, which is no adaptation.
        models: The folder of bundles.
    """
    found = (models / REMOVED).glob(f"{escape(bundle.path.name)}@*{_BEFORE_DIGEST}*")
    return sorted(one for one in found if (one / ADAPTATION).is_file())


def removed_name(path: Path) -> str:
    """What a removed adaptation was called, such as `chest-pneumonia@ward-3`.

    Args:
        path: As of `removed`.
    """
    return path.name.rpartition(_BEFORE_DIGEST)[0]


def restore(path: Path, models: Path) -> Bundle:
    """Puts a removed adaptation back beside its bundle, and checks it.

    Args:
        path: As of `removed`.
        models: The folder of bundles.

    Raises:
        OverreadError: If there is another of its name, or it cannot be moved.
        BundleError: If it no longer fits its bundle; it is then back all the same, as before.
    """
    name = removed_name(path)
    back = models / name
    if back.exists():
        raise OverreadError(
            f"There is another adaptation {name!r} now. Remove that one first, then restore this."
        )
    try:
        path.rename(back)
    except OSError as error:
        raise OverreadError(
            f"{name!r} could not be restored ({system_reason(error)}). Move it by hand from "
            f"{REMOVED!r} into the folder of models."
        ) from None
    return load_bundle(back)
