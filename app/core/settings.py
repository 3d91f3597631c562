"""Where things are, from the environment; the only module that reads it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.core.errors import SettingsError

BackendName = Literal["auto", "openvino", "tensorflow"]
BACKENDS: tuple[BackendName, ...] = ("auto", "openvino", "tensorflow")

_REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Settings:
    """Folders of this installation.

    Attributes:
        models: Folder whose subfolders are bundles (`OVERREAD_MODELS`).
        data_root: Folder below which server folders may be reviewed (`OVERREAD_DATA_ROOT`);
            None where that is not offered.
        home: Folder of what is kept: verdicts, results, converted networks (`OVERREAD_HOME`).
        backend: What computes, `auto`, `openvino` or `tensorflow` (`OVERREAD_BACKEND`).
        max_result_bytes: What kept results and heatmaps may take (`OVERREAD_RESULTS_MB`).
    """

    models: Path
    data_root: Path | None
    home: Path
    backend: BackendName
    max_result_bytes: int

    @property
    def database_url(self) -> str:
        """SQLAlchemy address of the verdicts' database."""
        return f"sqlite:///{self.home / 'reviews.sqlite3'}"

    @property
    def results(self) -> Path:
        """File of results and heatmaps; may be deleted while the app is not running."""
        return self.home / "results.sqlite3"

    @property
    def converted(self) -> Path:
        """Folder of networks converted for this machine; may be deleted at any time."""
        return self.home / "converted"


def read_settings() -> Settings:
    """The settings as the environment gives them now.

    Raises:
        SettingsError: If one has a value that it cannot have.
    """
    root = os.environ.get("OVERREAD_DATA_ROOT")
    home = os.environ.get("OVERREAD_HOME")
    return Settings(
        models=Path(os.environ.get("OVERREAD_MODELS") or _REPOSITORY / "models"),
        data_root=Path(root) if root else None,
        home=Path(home) if home else Path.home() / ".local" / "share" / "overread",
        backend=_backend(),
        max_result_bytes=_megabytes("OVERREAD_RESULTS_MB", default=1024) * 1024**2,
    )


def _backend() -> BackendName:
    given = os.environ.get("OVERREAD_BACKEND") or "auto"
    for name in BACKENDS:
        if given == name:
            return name
    raise SettingsError(
        f"OVERREAD_BACKEND is {given!r}; expected {', '.join(BACKENDS)}. Change it and start "
        "Overread again."
    )


def _megabytes(name: str, *, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise SettingsError(
            f"{name} is {text!r}; expected a whole number of megabytes, at least 1. Change it and "
            "start Overread again."
        )
    return int(text)
