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
from typing import ClassVar

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from app.core.backends.conversion import converted
from app.core.bundles.bundle import Bundle, load_bundle
from app.core.settings import read_settings
from tests.e2e.wards import Ward
from tests.homes import link_converted
from tests.openid_provider import free_port

REPOSITORY = Path(__file__).parents[2]
# Without these Chromium looks for servers of its own at every start.
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
         "--disable-component-update", "--no-first-run"]  # fmt: skip
# What Streamlit prints at its start.
GREETING = ("You can now view your Streamlit app in your browser.", "URL: http://127.0.0.1")
# What a browser says of a server that was ended.
GONE = ("net::ERR_", "WebSocket", "Client Error in reaching server endpoint",
        "Streamlit server is not responding", "when disconnected from server")  # fmt: skip
# All that a page may ask for: the app itself, and what it has drawn.
LOCAL = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:")


def chromium() -> str | None:
    """Path of a Chromium on this machine, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


class Dashboard:
    """`overread app`, started as its users do; it may be killed and started again.

    Attributes:
        ended: The addresses of all that were ended or killed.
        url: Its address.
    """

    ended: ClassVar[set[str]] = set()

    def __init__(self, home: Path, *, data_root: Path | None, port: int | None, **settings: str):
        """Prepares it.

        Args:
            home: Its data folder.
            data_root: The folder of server folders.
            port: Where it listens; any without.
            settings: Further variables of its environment.
        """
        self._port = port or free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._environment = os.environ | settings
        self._environment |= {"OVERREAD_HOME": str(home), "STREAMLIT_SERVER_HEADLESS": "true"}
        if data_root:
            self._environment["OVERREAD_DATA_ROOT"] = str(data_root)
        self._said = ""

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        self._server = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "app", "--port", str(self._port)],
            cwd=REPOSITORY,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            _wait_until_healthy(f"{self.url}/_stcore/health", self._server)
        except RuntimeError:
            self.kill()
            raise

    def kill(self) -> None:
        """Ends it at once, as a crash does."""
        self.ended.add(self.url)
        self._server.kill()
        self._said += self._server.communicate(timeout=30)[0]

    def end(self) -> str:
        """Ends it in order, and returns what it logged beside its address."""
        self.ended.add(self.url)
        self._server.terminate()
        self._said += self._server.communicate(timeout=30)[0]
        lines = [line.strip() for line in self._said.splitlines()]
        return "\n".join(line for line in lines if line and not line.startswith(GREETING))


@contextmanager
def running(
    home: Path, *, data_root: Path | None = None, port: int | None = None, **settings: str
) -> Iterator[Dashboard]:
    """A running dashboard, whose log is to stay clean; for arguments, see `Dashboard`."""
    server = Dashboard(home, data_root=data_root, port=port, **settings)
    server.start()
    try:
        yield server
    finally:
        said = server.end()
    assert not said, said


@contextmanager
def dashboard(
    home: Path, *, data_root: Path | None = None, port: int | None = None, **settings: str
) -> Iterator[str]:
    """The same, where its address is all that is needed."""
    with running(home, data_root=data_root, port=port, **settings) as server:
        yield server.url


class Console:
    """What browsers say beside their pages: errors, warnings, and requests to elsewhere.

    That a server does not answer which the test has ended is left out.
    """

    def __init__(self) -> None:
        """Knows of nothing yet."""
        self._said: list[str] = []
        self._expected: tuple[str, ...] = ()

    def listen(self, context: BrowserContext) -> None:
        """Hears all pages of a browser."""
        context.on("console", self._hear)
        context.on("weberror", lambda error: self._said.append(f"uncaught: {error.error}"))
        context.on("request", self._look)

    def expect(self, *parts: str) -> None:
        """What may be said, such as that an answer was not taken."""
        self._expected += parts

    def check(self) -> None:
        """Fails if anything else was said."""
        left = [
            one
            for one in self._said
            if not any(part in one for part in self._expected)
            and not (
                any(part in one for part in GONE) and any(url in one for url in Dashboard.ended)
            )
        ]
        assert not left, "\n".join(left)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._said.append(f"{message.type}: {message.text} {message.location['url']}")

    def _look(self, request: Request) -> None:
        if not request.url.startswith(LOCAL):
            self._said.append(f"asked for {request.url}")


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
def console() -> Iterator[Console]:
    """What all browsers of a test say beside their pages, which is to be nothing."""
    heard = Console()
    yield heard
    heard.check()


@pytest.fixture
def new_page(browser, console):
    """Opens browsers of several people, each with a session of its own."""
    contexts = []

    def open_one(*, width: int = 1440, height: int = 900, has_touch: bool = False) -> Page:
        contexts.append(
            browser.new_context(
                viewport={"width": width, "height": height},
                has_touch=has_touch,
                color_scheme="dark",
                accept_downloads=True,
                reduced_motion="reduce",  # what moves while a page waits takes much of a processor
            )
        )
        contexts[-1].set_default_timeout(60_000)
        console.listen(contexts[-1])
        return contexts[-1].new_page()

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page) -> Page:
    """A fresh session at the size of a ward's screen."""
    return new_page()


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


@pytest.fixture
def ward(home, networks, tmp_path, monkeypatch) -> Ward:
    """A home whose worklists a test makes without a browser."""
    made = Ward(home, tmp_path / "root")
    monkeypatch.setenv("OVERREAD_HOME", str(made.home))
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(made.root))
    monkeypatch.setenv("OVERREAD_MODELS", str(REPOSITORY / "models"))
    return made


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
