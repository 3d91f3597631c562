"""Overread as somebody installs it: a wheel in an environment of its own, an empty folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.homes import link_converted

REPOSITORY = Path(__file__).parents[2]
SHIPPED = ("models/phantom-chest", "models/phantom-findings")
SOURCES = ("app", "model_training", *SHIPPED, ".streamlit")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")


def build_wheel(folder: Path) -> Path:
    """Builds the wheel from a copy, so that nothing an earlier build left gets into it."""
    copy = folder / "source"
    for name in SOURCES:
        shutil.copytree(
            REPOSITORY / name, copy / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in FILES:
        shutil.copy(REPOSITORY / name, copy)
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(copy))
    return next(folder.glob("*.whl"))


@dataclass(frozen=True, slots=True)
class Installation:
    """An environment with the wheel, and an empty folder that its user stands in."""

    scripts: Path
    folder: Path
    home: Path

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs an installed command to its end."""
        return subprocess.run(
            [str(self.scripts / command), *arguments],
            cwd=self.folder, env=self.environment(), capture_output=True, text=True,
        )  # fmt: skip

    @contextmanager
    def app(self) -> Iterator[tuple[int, int]]:
        """Serves the dashboard; gives the number of its process and its port."""
        port = _free_port()
        server = subprocess.Popen(
            [str(self.scripts / "overread"), "app", "--port", str(port)],
            cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            _wait_until_healthy(port, server)
            yield server.pid, port
        finally:
            server.terminate()
            output = server.communicate(timeout=30)[0]
        assert "Traceback" not in output, output

    def environment(self) -> dict[str, str]:
        """What any system sets, and a careless user: `overread app` asks for its own address."""
        kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
        return {name: os.environ[name] for name in kept if name in os.environ} | {
            "HOME": str(self.home),
            "USERPROFILE": str(self.home),
            "STREAMLIT_SERVER_HEADLESS": "true",  # opens no browser
            "STREAMLIT_SERVER_ADDRESS": "0.0.0.0",
            "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "true",
        }


def install(wheel: Path, folder: Path) -> Installation:
    """Installs the wheel alone; what it depends on is taken from the running environment.

    Only as a folder to import from: the clone, which is installed there, is not found in it.
    """
    environment, empty, home = (folder / name for name in ("environment", "empty", "home"))
    venv.create(environment)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    _pip("--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    packages = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    borrowed = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    Path(packages, "borrowed.pth").write_text("\n".join(borrowed), encoding="utf-8")
    empty.mkdir()
    home.mkdir()
    link_converted(home / ".local" / "share" / "overread")
    return Installation(scripts, empty, home)


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_until_healthy(port: int, server: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert server.poll() is None, f"The app ended with {server.returncode}"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("The app did not answer within 120 s")
