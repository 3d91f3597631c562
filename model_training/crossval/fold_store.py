"""The folder of a cross-validation: the options it was made with, and its progress."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from app.core.errors import DatasetError
from model_training.console import say

HELD_OUT = "held_out.npz"
WORK = "training"
LEAVE_OUT_TEST = "leave_out_test"
FOLD_PATTERN = "fold_pattern"
_RUN = "run.json"

_NAMES = {"num_folds": "--folds", "data": "DATA"}
# These settings decide the split, which is part of the fingerprint of the data.
_SPLIT = {"leaks", "seed", "split_seed", "test_fraction", "validation_fraction"}


def fold_folder(out: Path, number: int) -> Path:
    """Folder of a fold.

    Args:
        out: Folder of the cross-validation.
        number: Number of the fold from 0; folder names count from 1.
    """
    return out / "folds" / str(number + 1)


def check_same_run(
    out: Path,
    about: Mapping[str, str | int | float | bool | None],
    *,
    sizes: Sequence[int],
    sizes_with_test: Sequence[int],
) -> None:
    """Records the options of a new cross-validation, and checks those of a resumed one.

    Args:
        out: Folder of the cross-validation.
        about: The settings, `num_folds`, `data` and `leave_out_test` of this call.
        sizes: Number of held-out images of each fold.
        sizes_with_test: The same, if no test split were left out.

    Raises:
        DatasetError: If they differ, or an earlier version did not record whether a test split was
            left out and the folds do not show it; the folds are left untouched.
    """
    if not (out / _RUN).is_file():
        if any(out.glob("folds/*")):
            raise DatasetError(
                f"{out.name!r} holds folds but no {_RUN} with their settings and data. "
                "Choose another --out."
            )
        out.mkdir(parents=True, exist_ok=True)
        _note(out, about)
        return
    before = json.loads((out / _RUN).read_text(encoding="utf-8"))
    was_noted = LEAVE_OUT_TEST in before
    if not was_noted:
        if not _show_no_test(out, sizes, sizes_with_test):
            raise DatasetError(
                f"{out.name!r} holds folds of an earlier version, which did not record whether a "
                "test split was left out. Choose another --out."
            )
        before[LEAVE_OUT_TEST] = True
    if before[LEAVE_OUT_TEST] != about[LEAVE_OUT_TEST]:
        made, this = ("with", "none") if before[LEAVE_OUT_TEST] else ("without", "one")
        raise DatasetError(
            f"{out.name!r} holds folds made {made} a test split left out, and this call leaves "
            f"{this} out. A test split is left out with --ensemble, and if DATA has one. Choose "
            "another --out."
        )
    changed = {name for name in {**before, **about} if before.get(name) != about.get(name)}
    if changed & _SPLIT:
        changed.discard("data")
    if changed:
        names = sorted(_NAMES.get(name, f"--{name.replace('_', '-')}") for name in changed)
        raise DatasetError(
            f"{out.name!r} holds folds with another {', '.join(names)} and cannot be resumed with "
            "these options. Use the original settings and data, or choose another --out."
        )
    if not was_noted:
        # An unfinished fold does not reveal which images its epochs were trained on.
        for work in out.glob(f"folds/*/{WORK}"):
            shutil.rmtree(work)
        _note(out, about)


@contextmanager
def resume_hint(out: Path, num_folds: int) -> Iterator[None]:
    """If the work inside is interrupted or the disk is full, prints what is kept and how to resume.

    Args:
        out: Folder of the cross-validation.
        num_folds: Number of folds.
    """
    try:
        yield
    except (KeyboardInterrupt, OSError):
        if finished := _progress(out, num_folds):
            say(f"Kept: {finished}. Run the same command again to resume.")
        raise


def _progress(out: Path, num_folds: int) -> str:
    """Such as `2 of 4 folds and 3 epochs of fold 3`; empty if there is nothing."""
    folders = [fold_folder(out, number) for number in range(num_folds)]
    unfinished = [folder for folder in folders if not (folder / HELD_OUT).is_file()]
    done = num_folds - len(unfinished)
    finished = [f"{done} of {num_folds} folds"] if done else []
    for folder in unfinished:
        if epochs := _num_epochs(folder):
            finished.append(f"{epochs} {'epochs' if epochs > 1 else 'epoch'} of fold {folder.name}")
    return " and ".join(finished)


def _num_epochs(folder: Path) -> int:
    """Number of completed epochs of an unfinished fold."""
    if not (folder / WORK).is_dir():
        return 0
    from model_training.training.resume import STATE, load_record

    record = load_record(folder / WORK / STATE)
    return record.epochs_done if record else 0


def _note(out: Path, about: Mapping[str, str | int | float | bool | None]) -> None:
    unfinished = out / f".{_RUN}"
    unfinished.write_text(json.dumps(dict(about), indent=2), encoding="utf-8")
    unfinished.replace(out / _RUN)


def _show_no_test(out: Path, sizes: Sequence[int], sizes_with_test: Sequence[int]) -> bool:
    """Whether all finished folds, at least one, have the size they have without a test split.

    With the same settings and data, a fold holds out one number of images or the other.
    """
    found = []
    for number, (size, with_test) in enumerate(zip(sizes, sizes_with_test, strict=True)):
        file = fold_folder(out, number) / HELD_OUT
        if file.is_file():
            with np.load(file) as arrays:
                found.append(len(arrays[arrays.files[0]]) == size != with_test)
    return bool(found) and all(found)
