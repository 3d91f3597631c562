"""A running dashboard and a real browser for the journeys."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.backends.conversion import converted
from app.core.bundles.bundle import Bundle, load_bundle
from app.core.settings import read_settings
from tests.homes import link_converted
from tests.openid_provider import free_port

REPOSITORY = Path(__file__).parents[2]
# Without these Chromium looks for servers of its own at every start.
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
         "--disable-component-update", "--no-first-run"]  # fmt: skip
# All that a page may ask for: the app itself, and what it has drawn.
LOCAL = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:")


def chromium() -> str | None:
    """Path of a Chromium on this machine, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def dashboard(
    home: Path, *, data_root: Path | None = None, port: int | None = None, **settings: str
) -> Iterator[str]:
    """Starts `overread app` as its users do and gives its address.

    Args:
        home: Its data folder.
        data_root: The folder of server folders.
        port: Where it listens; any without.
        settings: Further variables of its environment.
    """
    port = port or free_port()
    environment = os.environ | settings
    environment |= {"OVERREAD_HOME": str(home), "STREAMLIT_SERVER_HEADLESS": "true"}
    if data_root:
        environment["OVERREAD_DATA_ROOT"] = str(data_root)
    server = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "app", "--port", str(port)],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        output = server.communicate(timeout=30)[0]
    assert "Traceback" not in output, output


@pytest.fixture(scope="session")
def browser():
    """Chromium, started once."""
    path = chromium()
    if path is None:
        pytest.skip("No Chromium found: install one (Debian: apt-get install chromium)")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def page(browser):
    """A fresh session at the size of a ward's screen."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme="dark", accept_downloads=True,
        reduced_motion="reduce",  # what moves while a page waits takes much of a processor
    )  # fmt: skip
    context.set_default_timeout(60_000)
    opened = context.new_page()
    elsewhere: list[str] = []
    context.on(
        "request",
        lambda request: (
            elsewhere.append(request.url) if not request.url.startswith(LOCAL) else None
        ),
    )
    yield opened
    context.close()
    assert not elsewhere, f"The page asked for {elsewhere}"


@pytest.fixture(scope="session")
def films(phantom_bundle, tmp_path_factory) -> Path:
    """A folder of sample films with one file that is not an image."""
    folder = tmp_path_factory.mktemp("root") / "week 12"
    folder.mkdir()
    for sample in phantom_bundle.samples[:8]:
        shutil.copy(sample, folder)
    (folder / "notes ü.jpg").write_bytes(b"not an image")
    return folder


@pytest.fixture
def home(networks, tmp_path) -> Path:
    """The home of a dashboard of a test's own."""
    return link_converted(tmp_path / "home")


@pytest.fixture(scope="session")
def url(browser, films, networks, tmp_path_factory) -> Iterator[str]:
    """The address of a dashboard that all journeys share."""
    home = link_converted(tmp_path_factory.mktemp("home"))
    with dashboard(home, data_root=films.parent) as address:
        yield address


def convert(bundle: Bundle) -> None:
    """Converts a network for all dashboards; one of them would load TensorFlow for it."""
    converted(bundle, read_settings().converted)


@pytest.fixture(scope="session")
def networks() -> None:
    """The networks that journeys use, converted as if in an earlier session."""
    for name in ("phantom-chest", "phantom-findings"):
        convert(load_bundle(REPOSITORY / "models" / name))


def _wait_until_healthy(address: str, server: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"The app ended with {server.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("The app did not answer within 90 s")
