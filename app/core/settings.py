"""All settings of Overread, from the environment; the only module that reads `OVERREAD_*`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.core.backend_names import BACKENDS, BackendName
from app.core.errors import SettingsError

_PREFIX = "OVERREAD_"


@dataclass(frozen=True, slots=True)
class Explained:
    """Documentation of a setting, in addition to its description.

    Attributes:
        expected: What a valid value is; completes the error message about an invalid one.
        default: The default value as shown in the README.
        is_secret: Whether an error must not repeat the value.
    """

    expected: str
    default: str
    is_secret: bool = False


def _supported_url(url: str) -> str:
    """A URL of a database as SQLAlchemy takes it; PostgreSQL is read by psycopg."""
    kind, separator, rest = url.partition("://")
    if kind in ("postgres", "postgresql"):
        kind = "postgresql+psycopg"
    if not separator or not rest or kind not in ("sqlite", "postgresql+psycopg"):
        raise ValueError("no such database")
    return f"{kind}://{rest}"


def _absolute(path: Path) -> Path:
    """The path made absolute from the user's current folder; `~` is expanded in any shell."""
    try:
        return path.expanduser().absolute()
    except RuntimeError:  # there is no such home folder
        raise ValueError("no such home folder") from None


def _shipped_models() -> Path:
    """The bundles that come with Overread: those inside an installed package, or the clone's."""
    inside = Path(__file__).parents[1] / "models"  # setup.py puts the demonstration bundle there
    return inside if inside.is_dir() else Path(__file__).parents[2] / "models"


def _default_home() -> Path:
    try:
        return Path.home() / ".local" / "share" / "overread"
    except RuntimeError:
        raise SettingsError(
            "This user has no home folder to store verdicts and results in. Set OVERREAD_HOME to "
            "a writable folder and start Overread again."
        ) from None


_FOLDER = "the path of a folder"
_TAGS = "rotated, poor inspiration, device, artefact, label doubtful"
_Folder = Annotated[Path, AfterValidator(_absolute)]


class Settings(BaseSettings):
    """The settings of this installation. The field `name` is the variable `OVERREAD_NAME`.

    Paths are absolute. An empty variable counts as not set.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True
    )

    models: Annotated[_Folder, Explained(_FOLDER, "the shipped ones")] = Field(
        default_factory=_shipped_models,
        description="folder whose subfolders are bundles; the pages Adapt and Add a model write "
        "there, if it is writable",
    )
    data_root: Annotated[_Folder | None, Explained(_FOLDER, "not offered")] = Field(
        default=None,
        description="folder whose subfolders may be reviewed as server folders; nothing outside "
        "it is accessible",
    )
    home: Annotated[_Folder, Explained(_FOLDER, "`~/.local/share/overread`")] = Field(
        default_factory=_default_home,
        description="data folder: verdicts, results with their heatmaps, networks converted for "
        "this machine",
    )
    database: Annotated[
        str | None,
        Explained(
            "a URL such as postgresql://name:password@host/overread or sqlite:////folder/file",
            "a file in `OVERREAD_HOME`",
            is_secret=True,
        ),
        AfterValidator(lambda url: url and _supported_url(url)),
    ] = Field(
        default=None,
        repr=False,
        description="URL of the database of the record: readers, worklists, verdicts; "
        "`postgresql://name:password@host/overread` with the extra `postgresql`",
    )
    administrators: Annotated[
        str | None, Explained("e-mail addresses, separated by commas", "nobody")
    ] = Field(
        default=None,
        description="e-mail addresses of those who are administrators as soon as they sign in, "
        "separated by commas (docs/readers.md)",
    )
    tags: Annotated[str, Explained("words, separated by commas", _TAGS)] = Field(
        default=_TAGS,
        description="what a reader may tag a film with, separated by commas",
    )
    results_mb: Annotated[
        int, Explained("a whole number of megabytes, from 1 to 1,000,000", "1024")
    ] = Field(
        default=1024,
        ge=1,
        le=1_000_000,
        description="disk space for results and heatmaps, in megabytes; the oldest are deleted "
        "first",
    )
    uploads_mb: Annotated[
        int, Explained("a whole number of megabytes, from 1 to 1,000,000", "4096")
    ] = Field(
        default=4096,
        ge=1,
        le=1_000_000,
        description="disk space for uploaded films, in megabytes; beyond it none can be uploaded "
        "until a worklist is closed or its films are deleted",
    )
    uploads_days: Annotated[int, Explained("a whole number of days, from 1 to 3,650", "30")] = (
        Field(
            default=30,
            ge=1,
            le=3650,
            description="for how long uploaded films are kept, in days; what was decided about "
            "them is kept for ever",
        )
    )
    backend: Annotated[
        BackendName, Explained(f"{', '.join(BACKENDS[:-1])} or {BACKENDS[-1]}", "`auto`")
    ] = Field(
        default="auto",
        description="library to compute with: `openvino`, `tensorflow`, or `auto`, which uses "
        "OpenVINO on a CPU and TensorFlow on a GPU",
    )
    cache: Annotated[_Folder | None, Explained(_FOLDER, "`~/.cache/overread`")] = Field(
        default=None,
        description="folder for films decoded by the trainer; may be deleted at any time",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """See `BaseSettings.settings_customise_sources`."""
        # Every page reads the settings, and the other sources would double the time.
        return (env_settings,)

    @property
    def max_result_bytes(self) -> int:
        """Disk space for results and heatmaps, in bytes."""
        return self.results_mb * 1024**2

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the database of the record."""
        return self.database or f"sqlite:///{self.home / 'reviews.sqlite3'}"

    @property
    def administrator_emails(self) -> frozenset[str]:
        """E-mail addresses of the first administrators, in lower case."""
        named = (self.administrators or "").split(",")
        return frozenset(email.strip().lower() for email in named if email.strip())

    @property
    def secrets(self) -> Path:
        """File of Streamlit's secrets, by which readers sign in; there need not be one."""
        return self.home / "secrets.toml"

    @property
    def reading_tags(self) -> tuple[str, ...]:
        """What a reader may tag a film with, each once."""
        return tuple(dict.fromkeys(tag.strip() for tag in self.tags.split(",") if tag.strip()))

    @property
    def results(self) -> Path:
        """File with results and heatmaps; may be deleted while the app is not running."""
        return self.home / "results.sqlite3"

    @property
    def max_upload_bytes(self) -> int:
        """Disk space for uploaded films, in bytes."""
        return self.uploads_mb * 1024**2

    @property
    def uploads(self) -> Path:
        """Folder of uploaded films, with a folder for each worklist."""
        return self.home / "uploads"

    @property
    def evidence(self) -> Path:
        """Folder of results without a model, with a folder for each."""
        return self.home / "evidence"

    @property
    def converted(self) -> Path:
        """Folder of networks converted for this machine; may be deleted at any time."""
        return self.home / "converted"

    @property
    def decoding(self) -> Path:
        """Folder with a note of each film that is being decoded, see `images.in_flight`."""
        return self.home / "decoding"

    def environment(self) -> dict[str, str]:
        """The variables that are set, with absolute paths, for a process in another folder."""
        return {_variable(name): str(getattr(self, name)) for name in self.model_fields_set}


def read_settings() -> Settings:
    """The current settings from the environment.

    Raises:
        SettingsError: If a variable has an invalid value.
    """
    # Every page asks a dozen times; they are read anew only once the environment has changed.
    return _read(frozenset(os.environ.items()))


@lru_cache(maxsize=8)
def _read(environment: frozenset[tuple[str, str]]) -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        explained = _explained(name)
        found = "not a valid one" if explained.is_secret else repr(first["input"])
        raise SettingsError(
            f"{_variable(name)} is {found}; expected {explained.expected}. "
            "Change it and start Overread again."
        ) from None


def settings_table() -> str:
    """The table of settings in the README, as Markdown."""
    rows = [
        f"| `{_variable(name)}` | {field.description} | {_explained(name).default} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| environment variable | meaning | default |", "|---|---|---|", *rows])


def _variable(name: str) -> str:
    return _PREFIX + name.upper()


def _explained(name: str) -> Explained:
    field: FieldInfo = Settings.model_fields[name]
    return next(item for item in field.metadata if isinstance(item, Explained))
