"""Every setting of Overread, from the environment; the only module that reads `OVERREAD_*`."""

from __future__ import annotations

from dataclasses import dataclass
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
    """What a person is told of a setting, beside its description.

    Attributes:
        expected: What a value must be; ends the sentence about one that is not.
        default: The default as the README shows it.
    """

    expected: str
    default: str


def _absolute(path: Path) -> Path:
    """The path from the folder the user stands in; `~` is the home folder, in any shell."""
    try:
        return path.expanduser().absolute()
    except RuntimeError:  # raised where there is no such home folder
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
            "This user has no home folder to keep verdicts and results in; set OVERREAD_HOME to a "
            "folder that can be written to and start Overread again."
        ) from None


_FOLDER = "the path of a folder"
_Folder = Annotated[Path, AfterValidator(_absolute)]


class Settings(BaseSettings):
    """What this installation was told. A field `name` is the variable `OVERREAD_NAME`.

    Paths are absolute. An empty variable counts as one that is not set.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True
    )

    models: Annotated[_Folder, Explained(_FOLDER, "the shipped ones")] = Field(
        default_factory=_shipped_models, description="folder whose subfolders are bundles"
    )
    data_root: Annotated[_Folder | None, Explained(_FOLDER, "not offered")] = Field(
        default=None,
        description="folder below which server folders may be reviewed; nothing outside it can "
        "be reached",
    )
    home: Annotated[_Folder, Explained(_FOLDER, "`~/.local/share/overread`")] = Field(
        default_factory=_default_home,
        description="folder of what is kept: verdicts, results with their heatmaps, networks "
        "prepared for this machine",
    )
    results_mb: Annotated[
        int, Explained("a whole number of megabytes, from 1 to 1,000,000", "1024")
    ] = Field(
        default=1024,
        ge=1,
        le=1_000_000,
        description="what results and heatmaps may take on disk, in megabytes; the oldest go first",
    )
    backend: Annotated[
        BackendName, Explained(f"{', '.join(BACKENDS[:-1])} or {BACKENDS[-1]}", "`auto`")
    ] = Field(
        default="auto",
        description="what computes: `openvino`, `tensorflow`, or `auto`, which takes OpenVINO on "
        "a CPU and TensorFlow on a GPU",
    )
    cache: Annotated[_Folder | None, Explained(_FOLDER, "`~/.cache/overread`")] = Field(
        default=None,
        description="folder of the films that the trainer has decoded; may be deleted at any time",
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
        """The environment alone: every page asks, and other sources would double the time."""
        return (env_settings,)

    @property
    def max_result_bytes(self) -> int:
        """What kept results and heatmaps may take, in bytes."""
        return self.results_mb * 1024**2

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

    def environment(self) -> dict[str, str]:
        """The variables that are set, with absolute paths, for a process started elsewhere."""
        return {_variable(name): str(getattr(self, name)) for name in self.model_fields_set}


def read_settings() -> Settings:
    """The settings as the environment gives them now.

    Raises:
        SettingsError: If one has a value that it cannot have.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise SettingsError(
            f"{_variable(name)} is {first['input']!r}; expected {_explained(name).expected}. "
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
