"""Where things are, from the environment; the only module that reads it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Settings:
    """Folders of this installation.

    Attributes:
        models: Folder whose subfolders are bundles (`OVERREAD_MODELS`).
        data_root: Folder below which server folders may be reviewed (`OVERREAD_DATA_ROOT`);
            None where that is not offered.
        home: Folder of what is kept: verdicts, results, converted networks (`OVERREAD_HOME`).
    """

    models: Path
    data_root: Path | None
    home: Path

    @property
    def database_url(self) -> str:
        """SQLAlchemy address of the verdicts' database."""
        return f"sqlite:///{self.home / 'reviews.sqlite3'}"

    @property
    def converted(self) -> Path:
        """Folder of networks converted for this machine; may be deleted at any time."""
        return self.home / "converted"


def read_settings() -> Settings:
    """The settings as the environment gives them now."""
    root = os.environ.get("OVERREAD_DATA_ROOT")
    home = os.environ.get("OVERREAD_HOME")
    return Settings(
        models=Path(os.environ.get("OVERREAD_MODELS") or _REPOSITORY / "models"),
        data_root=Path(root) if root else None,
        home=Path(home) if home else Path.home() / ".local" / "share" / "overread",
    )
