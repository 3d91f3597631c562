"""`overread app` is safe wherever it is installed and started."""

import os
import signal
import sys
import tomllib
from pathlib import Path

import pytest

from app.cli import main
from app.commands.serve import OPTIONS

CONFIG = Path(__file__).parents[3] / ".streamlit" / "config.toml"


@pytest.fixture
def started(tmp_path, monkeypatch) -> list[str]:
    """What `overread app` starts from an empty folder, with a relative folder of models."""
    calls: list[list[str]] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OVERREAD_MODELS", "my models")
    monkeypatch.setattr(os, "execv", lambda program, arguments: calls.append(arguments))

    assert main(["app", "--port", "8765"]) == 0
    return calls[0]


def test_it_listens_on_this_machine_only_and_reports_nothing(started):
    for name, value in {
        "server.address": "127.0.0.1", "browser.gatherUsageStats": "false",
        "client.showErrorDetails": "none", "server.port": "8765",
    }.items():  # fmt: skip
        assert started[started.index(f"--{name}") + 1] == value


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal masks")
@pytest.mark.usefixtures("started")
def test_ctrl_c_is_heeded_again_where_the_app_could_not_be_started():
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


@pytest.mark.parametrize("port", ["65536", "-1", "web", "²"])
def test_a_port_that_cannot_be_is_a_wrong_call(port, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["app", f"--port={port}"])

    assert stopped.value.code == 2
    assert f"{port!r} is not a port; expected a whole number from 0 to 65535" in (
        capsys.readouterr().err
    )


def test_an_invalid_setting_is_reported_before_anything_starts(monkeypatch, capsys):
    monkeypatch.setenv("OVERREAD_BACKEND", "torch")
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("the app was started"))

    assert main(["app"]) == 1
    assert "OVERREAD_BACKEND is 'torch'; expected auto" in capsys.readouterr().err


def test_relative_folders_are_those_where_the_user_stands(started, tmp_path):
    assert os.environ["OVERREAD_MODELS"] == str(tmp_path / "my models")


@pytest.mark.parametrize("name", [name for name in OPTIONS if name != "theme.base"])
def test_a_clone_served_by_streamlit_itself_has_the_same_options(name):
    section, key = name.split(".")
    stated = tomllib.loads(CONFIG.read_text("utf-8"))[section][key]

    assert str(stated).lower() == OPTIONS[name]


def test_the_theme_is_the_same_for_a_clone_served_by_streamlit_itself():
    named = tomllib.loads(CONFIG.read_text("utf-8"))["theme"]["base"]

    assert (CONFIG.parents[1] / named).samefile(OPTIONS["theme.base"])
