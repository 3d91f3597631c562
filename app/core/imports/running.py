"""A model that is being imported by the trainer, in a process of its own, while pages go on."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from importlib.util import find_spec
from pathlib import Path

from app.core.settings import Settings

FOLDER = "imports"
_TRAINER = "model_training"
_OUT, _SAID = "out.txt", "said.txt"
_PROGRAM = "overread-train: "
_LAST_LINE = "The bundle is "  # and where, on the server
_SECONDS_TO_STOP = 10
# What is left of a server that was ended while it imported.
_SECONDS_KEPT = 24 * 3600


def trainer_is_installed() -> bool:
    """Whether models can be imported here: an app that only serves comes without the trainer."""
    return find_spec(_TRAINER) is not None


def make_folder(settings: Settings) -> Path:
    """A new folder for the files of an import; those of long ago are deleted.

    Args:
        settings: Where the data folder is.

    Raises:
        OSError: If it cannot be made.
    """
    parent = settings.home / FOLDER
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(OSError):
        for one in parent.iterdir():
            if one.stat().st_mtime < time.time() - _SECONDS_KEPT:
                shutil.rmtree(one, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=parent))


def remove(folder: Path) -> None:
    """Deletes the files of an import.

    Args:
        folder: As returned by `make_folder`.
    """
    shutil.rmtree(folder, ignore_errors=True)


class Importing:
    """The command `overread-train import`, running or ended. Thread-safe.

    It goes on whether or not a page looks at it.

    Attributes:
        name: Of the new model.
        cancelled: Whether the user gave up.
        told: Whether a page has shown how it ended.
    """

    def __init__(self, out: Path, arguments: list[str], folder: Path) -> None:
        """Starts the command.

        Args:
            out: Folder of the new model.
            arguments: Of the command.
            folder: Has the files that were uploaded, and is deleted when the command ends.
        """
        self.name = out.name
        self.cancelled = False
        self.told = False
        self._out = out
        self._folder = folder
        self._ending = threading.Lock()
        self._started = time.monotonic()
        self._texts: tuple[str, str] | None = None
        command = [sys.executable, "-m", f"{_TRAINER}.cli", "import"]
        command += [*arguments, "--out", str(out)]
        with (folder / _OUT).open("wb") as written, (folder / _SAID).open("wb") as said:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=said,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
        threading.Thread(target=self.wait, name="import", daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether it has not ended; its files are deleted once it has."""
        if self._process.poll() is None:
            return True
        self._end()
        return False

    @property
    def has_succeeded(self) -> bool:
        """Whether there is a new model."""
        return not self.running and self._process.returncode == 0

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self._started

    @property
    def said(self) -> list[str]:
        """What it found and decided so far, a sentence or a step each."""
        lines = self._read()[1].replace("\r", "\n").splitlines()
        left_out = (_PROGRAM, _LAST_LINE)
        return [line.strip() for line in lines if line.strip() and not line.startswith(left_out)]

    @property
    def figures(self) -> str:
        """What it measured, in Markdown; empty without labelled images."""
        return self._read()[0].strip()

    @property
    def error(self) -> str:
        """Why there is no model, once it has ended; empty if there is one."""
        if self.cancelled:
            return "Cancelled. Nothing was added."
        if self.running or self._process.returncode == 0:
            return ""
        lines = self._read()[1].splitlines()
        told = [line.removeprefix(_PROGRAM) for line in lines if line.startswith(_PROGRAM)]
        if told:
            return told[-1]
        return f"It stopped unexpectedly (exit status {self._process.returncode}). Try it again."

    def cancel(self) -> None:
        """Ends the command and removes what it has written, within seconds."""
        if self._process.poll() is None:
            self.cancelled = True
            self._process.terminate()
            try:
                self._process.wait(_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                for unfinished in self._out.parent.glob(f".{self.name}-*"):
                    remove(unfinished)
        self._end()

    def wait(self, timeout: float | None = None) -> None:
        """Blocks until it has ended and its files are deleted.

        Args:
            timeout: In seconds; None waits for ever.
        """
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
            self._end()

    def _read(self) -> tuple[str, str]:
        """What the command wrote, from its files while it runs."""
        if self._texts is not None:
            return self._texts
        found = []
        for name in (_OUT, _SAID):
            with contextlib.suppress(OSError):
                found.append((self._folder / name).read_text("utf-8", "replace"))
        # If they were deleted meanwhile, it has ended meanwhile.
        return (found[0], found[1]) if len(found) == 2 else self._texts or ("", "")

    def _end(self) -> None:
        with self._ending:
            if self._texts is None:
                self._texts = self._read()
                remove(self._folder)
