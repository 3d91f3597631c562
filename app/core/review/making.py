"""Makes worklists, and adds to them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import SAMPLES
from app.core.errors import SourceError
from app.core.record.worklist import Mode, Origin, Worklist
from app.core.record.worklist_items import NewItem, add_items, items
from app.core.record.worklists import all_worklists, create_worklist
from app.core.review.open_worklist import OpenWorklist
from app.core.review.places import FolderPlace, Place, SamplesPlace, UploadsPlace
from app.core.review.reading_order import in_reading_order
from app.core.review.upload_space import copy_uploads, delete_expired, require_space
from app.core.review.worklist_registry import OpenWorklists
from app.core.settings import Settings
from app.core.sources.left_out import LeftOut
from app.core.sources.uploads import Upload, keep_uploads

# Uploads of a worklist that is being made; no worklist has such an id.
_UNNAMED = ".new-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a new worklist is to be.

    Attributes:
        name: Not empty.
        bundle: Its model.
        mode: How it is read.
        hides_names: Whether names of files are not shown.
        created_by: Number of the reader who makes it; None if nobody is named.
        readers: Numbers of those who may read it; empty for everybody.
        threshold: A decision threshold in place of the model's, in [0, 1].
    """

    name: str
    bundle: Bundle
    mode: Mode = "open"
    hides_names: bool = False
    created_by: int | None = None
    readers: Collection[int] = ()
    threshold: float | None = None


def of_samples(worklists: OpenWorklists, plan: Plan) -> OpenWorklist:
    """A worklist of the sample films of its model.

    Args:
        worklists: Where it is opened.
        plan: What it is to be.

    Raises:
        OverreadError: If it could not be made.
    """
    return _make(worklists, plan, "samples", SamplesPlace(plan.bundle))


def of_folder(
    worklists: OpenWorklists, plan: Plan, folder: str, *, settings: Settings
) -> OpenWorklist:
    """A worklist of a folder below the data root.

    Args:
        worklists: Where it is opened.
        plan: What it is to be.
        folder: Relative to the data root.
        settings: Where that is.

    Raises:
        OverreadError: If it could not be made, or the folder contains no image.
    """
    place = FolderPlace(settings.data_root, folder)
    return _make(worklists, plan, "folder", place, path=folder)


def of_uploads(
    worklists: OpenWorklists, plan: Plan, uploads: Sequence[Upload], *, settings: Settings
) -> OpenWorklist:
    """A worklist of uploads, which are kept in the data folder.

    Args:
        worklists: Where it is opened.
        plan: What it is to be.
        uploads: The films.
        settings: Where uploads are kept, and how much of them.

    Raises:
        OverreadError: If it could not be made; nothing of the uploads is kept then.
    """
    delete_expired(settings)
    require_space(uploads, settings)
    folder = _new_folder(settings)
    left_out = LeftOut()
    try:
        keep_uploads(uploads, folder, left_out)
        opened = _make(
            worklists, plan, "uploads", UploadsPlace(folder), left_out=left_out, moved=folder
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return opened


def add_uploads(opened: OpenWorklist, uploads: Sequence[Upload], *, settings: Settings) -> int:
    """Adds uploads to a worklist of uploads.

    Args:
        opened: The worklist.
        uploads: The films.
        settings: Where uploads are kept, and how much of them.

    Returns:
        How many films are new.

    Raises:
        OverreadError: If they could not be kept.
    """
    delete_expired(settings)
    require_space(uploads, settings)
    left_out = LeftOut()
    keep_uploads(uploads, settings.uploads / opened.worklist.id, left_out)
    return opened.look_again()


def copy(
    worklists: OpenWorklists, original: Worklist, plan: Plan, *, settings: Settings
) -> OpenWorklist:
    """A worklist of the same films, without what was decided about them.

    Args:
        worklists: Where it is opened.
        original: The other worklist.
        plan: What the new one is to be, usually of another model.
        settings: Where uploads are kept.

    Raises:
        SourceError: If its films belong to another model, or are gone.
        OverreadError: If it could not be made.
    """
    films = [
        NewItem(one.name, one.image_id, one.stamp) for one in items(worklists.record, original.id)
    ]
    if original.origin == "samples" and original.network_sha256 != plan.bundle.network_sha256:
        raise SourceError(
            "Sample films belong to their model. Make a worklist of the sample films of the other "
            "model instead."
        )
    moved = None
    if original.origin == "uploads":
        moved = _new_folder(settings)
        shutil.rmtree(moved)
        copy_uploads(settings.uploads / original.id, moved)
    return _save(worklists, plan, original.origin, original.place, films, moved=moved)


def of_film(
    worklists: OpenWorklists, plan: Plan, path: Path, *, settings: Settings
) -> tuple[OpenWorklist, int] | None:
    """A worklist for looking at single films, and the position of one of them in it.

    There is one for each model and place, to which films are added.

    Args:
        worklists: Where it is opened.
        plan: What it is to be, if it is not there yet.
        path: A film among the samples of the model, or below the data root.
        settings: Where that is.

    Returns:
        None if the film is in neither.

    Raises:
        OverreadError: If it could not be made.
    """
    samples = plan.bundle.path / SAMPLES
    root = samples if path.is_relative_to(samples) else settings.data_root
    if root is None or not path.resolve().is_relative_to(root.resolve()):
        return None
    origin: Origin = "samples" if root == samples else "folder"
    name = path.resolve().relative_to(root.resolve()).as_posix()
    found = next(
        (
            one
            for one in all_worklists(worklists.record)
            if (one.name, one.origin, one.bundle_sha256) == (plan.name, origin, plan.bundle.sha256)
            and not one.is_closed
        ),
        None,
    )
    if found is None:
        opened = _save(worklists, plan, origin, "", [NewItem(name)], moved=None)
    else:
        opened = worklists.get(found.id)
        opened.add([NewItem(name)])
    return opened, opened.names.index(name)


def delete_uploads(worklist_id: str, settings: Settings) -> None:
    """Deletes the uploads of a worklist; what was decided about them is kept.

    Args:
        worklist_id: Part of its address.
        settings: Where uploads are kept.
    """
    shutil.rmtree(settings.uploads / worklist_id, ignore_errors=True)


def _make(
    worklists: OpenWorklists,
    plan: Plan,
    origin: Origin,
    place: Place,
    *,
    path: str = "",
    left_out: LeftOut | None = None,
    moved: Path | None = None,
) -> OpenWorklist:
    counted = left_out if left_out is not None else LeftOut()
    films = [NewItem(one.name) for one in place.listed(counted)]
    if not films:
        raise SourceError(
            "There are no images. Expected JPEG, PNG, TIFF or DICOM files; choose others. "
            f"{counted}".rstrip()
        )
    opened = _save(worklists, plan, origin, path, films, moved=moved)
    opened.left_out = counted
    return opened


def _save(
    worklists: OpenWorklists,
    plan: Plan,
    origin: Origin,
    path: str,
    films: Sequence[NewItem],
    *,
    moved: Path | None,
) -> OpenWorklist:
    bundle = plan.bundle
    made = create_worklist(
        worklists.record,
        name=plan.name,
        origin=origin,
        place=path,
        bundle_sha256=bundle.sha256,
        network_sha256=bundle.network_sha256,
        model=(bundle.adapted_in or bundle.path).name,
        mode=plan.mode,
        created_by=plan.created_by,
        hides_names=plan.hides_names,
        readers=plan.readers,
        threshold=plan.threshold,
    )
    if moved is not None:
        moved.rename(moved.with_name(made.id))
    add_items(worklists.record, made.id, in_reading_order(films, made))
    return worklists.get(made.id)


def _new_folder(settings: Settings) -> Path:
    try:
        settings.uploads.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Path(tempfile.mkdtemp(prefix=_UNNAMED, dir=settings.uploads))
    except OSError:
        raise SourceError(
            "The folder of uploads in the data folder (OVERREAD_HOME) cannot be written. Make it "
            "writable, or choose a server folder."
        ) from None
