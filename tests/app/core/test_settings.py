"""Settings from the environment."""

from pathlib import Path

import pytest

from app.core.errors import SettingsError
from app.core.settings import read_settings


def test_without_an_environment_everything_has_a_place(monkeypatch):
    for name in ("MODELS", "DATA_ROOT", "HOME", "BACKEND", "RESULTS_MB"):
        monkeypatch.delenv(f"OVERREAD_{name}", raising=False)

    settings = read_settings()

    assert settings.models.name == "models"
    assert settings.data_root is None
    assert settings.backend == "auto"
    assert settings.max_result_bytes == 1024 * 1024**2
    assert settings.results.parent == settings.converted.parent == settings.home


def test_what_is_set_is_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path))
    monkeypatch.setenv("OVERREAD_DATA_ROOT", "films")
    monkeypatch.setenv("OVERREAD_BACKEND", "tensorflow")
    monkeypatch.setenv("OVERREAD_RESULTS_MB", "5")

    settings = read_settings()

    assert settings.home == tmp_path
    assert settings.data_root == Path("films")
    assert settings.backend == "tensorflow"
    assert settings.max_result_bytes == 5 * 1024**2


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OVERREAD_RESULTS_MB", "0", "a whole number of megabytes, at least 1"),
        ("OVERREAD_RESULTS_MB", "two", "a whole number of megabytes, at least 1"),
        ("OVERREAD_RESULTS_MB", "-5", "a whole number of megabytes, at least 1"),
        ("OVERREAD_BACKEND", "torch", "expected auto, openvino, tensorflow"),
    ],
)
def test_what_cannot_be_is_told(monkeypatch, name, value, expected):
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=expected) as told:
        read_settings()
    assert f"{name} is {value!r}" in str(told.value)
