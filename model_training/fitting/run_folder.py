"""The working folder of a run, from which an interrupted run can be resumed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.core.bundles.training_data import Data
from app.core.errors import DatasetError, OverreadError
from model_training.bundling import export
from model_training.config import TrainingConfig
from model_training.console import say

# The manifest requires this; checked before training rather than after.
BUNDLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

_RUN = "run.json"


@dataclass(frozen=True, slots=True)
class Run:
    """How `fit` is run; none of this changes its result.

    Attributes:
        resume: Resume an interrupted run.
        restart: Discard an interrupted run.
        finish: With `resume`: do not train further, but publish the best epoch so far.
        cache: Folder of the cache of decoded films; by default `film_cache.default_folder`.
        track: Whether to log settings, epochs, figures and the bundle to MLflow.
    """

    resume: bool = False
    restart: bool = False
    finish: bool = False
    cache: Path | None = None
    track: bool = False


def check_out(out: Path, samples: Path | None) -> None:
    """Checks before training whatever would make publishing fail afterwards.

    Args:
        out: Folder of the bundle.
        samples: Folder of images to ship with it, or None.

    Raises:
        DatasetError: If `out` exists or is no valid bundle name, or there are no samples.
    """
    if out.exists():
        raise DatasetError(
            f"{out.name!r} exists already and is not overwritten. Choose another name for --out, "
            "or remove that folder first."
        )
    if not BUNDLE_NAME.fullmatch(out.name):
        raise DatasetError(
            f"{out.name!r} is not a valid bundle name. Expected letters, digits, '.', '_' and '-', "
            "starting with a letter or digit, such as models/chest-2; choose another --out."
        )
    if samples is not None:
        export.sample_images(samples)


@contextmanager
def run_folder(out: Path, run: Run, *, epochs: int) -> Iterator[Path]:
    """The working folder next to the bundle, so that publishing it is a single rename.

    It is removed when the run ends or its options are refused, and kept if the run is interrupted,
    fails with a finished epoch, for example for lack of memory, or is being resumed.

    Args:
        out: Folder of the bundle.
        run: Whether an interrupted run is resumed or discarded.
        epochs: Of the whole run, for the message of an interruption.

    Raises:
        DatasetError: If there is an interrupted run that is neither, or none to resume.
    """
    work = out.parent / f".{out.name}-training"
    state = work / "state.npz"
    if run.resume and not state.is_file():
        raise DatasetError(
            f"There is no interrupted run of {out.name!r} with a finished epoch to resume. Leave "
            "out --resume, or check --out."
        )
    if state.is_file() and not (run.resume or run.restart):
        raise DatasetError(
            f"A run of {out.name!r} was interrupted. Resume it with --resume, or discard it with "
            "--restart."
        )
    if not run.resume:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
    is_kept = False
    try:
        yield work
    except OverreadError:
        is_kept = run.resume
        raise
    except BaseException:  # whatever ended it, epochs of training are not thrown away
        is_kept = state.is_file()
        if is_kept:
            say(_resume_hint(state, epochs))
        raise
    finally:
        if not is_kept:
            shutil.rmtree(work, ignore_errors=True)


def _resume_hint(state: Path, epochs: int) -> str:
    from model_training.training.resume import load_record

    record = load_record(state)
    done = record.epochs_done if record else 0
    return (
        f"Stopped after epoch {done} of {epochs}; the best epoch so far is kept. Run the same "
        "command with --resume to continue, or with --resume --finish to publish the best epoch."
    )


def check_same_run(work: Path, config: TrainingConfig, data: Data) -> None:
    """Records the options of a new run, and checks those of a resumed one.

    Args:
        work: Working folder of the run.
        config: The settings.
        data: Counts and fingerprint of the data.

    Raises:
        DatasetError: If settings or data differ; the interrupted run is left untouched.
    """
    file = work / _RUN
    about = {**config.as_dict(), "data": data.fingerprint[:16]}
    if not file.is_file():
        file.write_text(json.dumps(about, indent=2), encoding="utf-8")
        return
    before = json.loads(file.read_text(encoding="utf-8"))
    changed = [
        f"{name} was {before.get(name)!r}, now {about.get(name)!r}"
        for name in {**before, **about}
        if before.get(name) != about.get(name)
    ]
    if changed:
        raise DatasetError(
            f"The interrupted run cannot be resumed with these options: {'; '.join(changed)}. Use "
            "the original ones, or discard it with --restart."
        )
