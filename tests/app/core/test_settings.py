"""Settings from the environment."""

import ast
import os
import re
from pathlib import Path

import pytest

from app.core.errors import SettingsError
from app.core.settings import Settings, read_settings, settings_table

ROOT = Path(__file__).parents[3]
VARIABLES = [f"OVERREAD_{name.upper()}" for name in Settings.model_fields]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_without_an_environment_everything_has_a_place():
    settings = read_settings()

    assert settings.models.name == "models"
    assert settings.data_root is settings.cache is None
    assert settings.backend == "auto"
    assert settings.max_result_bytes == 1024 * 1024**2
    assert settings.results.parent == settings.converted.parent == settings.home
    assert settings.environment() == {}


def test_what_is_set_is_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path))
    monkeypatch.setenv("OVERREAD_BACKEND", "tensorflow")
    monkeypatch.setenv("OVERREAD_RESULTS_MB", "5")
    monkeypatch.setenv("OVERREAD_CACHE", "")

    settings = read_settings()

    assert settings.home == tmp_path
    assert settings.backend == "tensorflow"
    assert settings.max_result_bytes == 5 * 1024**2
    assert settings.cache is None


def test_relative_paths_start_where_the_user_stands(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OVERREAD_DATA_ROOT", "films")
    monkeypatch.setenv("OVERREAD_MODELS", os.path.join("~", "models"))

    settings = read_settings()

    assert settings.data_root == tmp_path / "films"
    assert settings.models == Path.home() / "models"
    assert settings.environment() == {
        "OVERREAD_DATA_ROOT": str(tmp_path / "films"),
        "OVERREAD_MODELS": str(Path.home() / "models"),
    }


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OVERREAD_RESULTS_MB", "0", "a whole number of megabytes, from 1 to 1,000,000"),
        ("OVERREAD_RESULTS_MB", "two", "a whole number of megabytes"),
        ("OVERREAD_RESULTS_MB", "-5", "a whole number of megabytes"),
        ("OVERREAD_RESULTS_MB", "9" * 5000, "a whole number of megabytes"),
        ("OVERREAD_BACKEND", "torch", "expected auto, openvino or tensorflow"),
        ("OVERREAD_HOME", "~nobody-of-this-name/kept", "expected the path of a folder"),
    ],
)
def test_an_impossible_value_is_refused_in_one_sentence(monkeypatch, name, value, expected):
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=expected) as told:
        read_settings()
    assert f"{name} is {value!r}" in str(told.value)
    assert "\n" not in str(told.value)


def test_without_a_home_folder_the_error_says_what_to_set(monkeypatch):
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)

    with pytest.raises(SettingsError, match="Set OVERREAD_HOME"):
        read_settings()


def test_the_readme_shows_every_setting():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert settings_table() in readme, f"The table of settings is now:\n{settings_table()}"


@pytest.mark.parametrize("area", ["app", "model_training"])
def test_only_the_settings_name_a_variable_to_read(area):
    """A sentence may name a variable; a string that is its name alone is there to read it."""
    named = [
        f"{path.relative_to(ROOT)} names {node.value}"
        for path in sorted((ROOT / area).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch("OVERREAD_[A-Z_]*", node.value)
    ]

    # The prefix, from which the settings make every name.
    assert named == (["app/core/settings.py names OVERREAD_"] if area == "app" else [])


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://reader:secret@host/overread", "postgresql+psycopg://reader:secret@host/overread"),
        ("postgres://host/overread", "postgresql+psycopg://host/overread"),
        ("sqlite:////folder/record.sqlite3", "sqlite:////folder/record.sqlite3"),
    ],
)  # fmt: skip
def test_the_record_is_in_the_home_or_at_a_url(monkeypatch, tmp_path, given, used):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path))
    assert read_settings().database_url == f"sqlite:///{tmp_path / 'reviews.sqlite3'}"

    monkeypatch.setenv("OVERREAD_DATABASE", given)
    assert read_settings().database_url == used
    assert "secret" not in repr(read_settings())


@pytest.mark.parametrize("url", ["mysql://reader:secret@host/overread", "secret", "postgresql://"])
def test_an_impossible_database_is_refused_without_its_password(monkeypatch, url):
    monkeypatch.setenv("OVERREAD_DATABASE", url)

    with pytest.raises(SettingsError, match="OVERREAD_DATABASE is not a valid one") as told:
        read_settings()
    assert "secret" not in str(told.value)


def test_tags_are_separated_by_commas_and_each_is_offered_once(monkeypatch):
    assert "rotated" in read_settings().reading_tags

    monkeypatch.setenv("OVERREAD_TAGS", " lateral, , motion,lateral ")

    assert read_settings().reading_tags == ("lateral", "motion")


def test_settings_are_read_anew_once_a_variable_changes(monkeypatch, tmp_path):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path))
    before = read_settings()

    assert read_settings() is before
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "other"))
    assert read_settings().home == tmp_path / "other"
