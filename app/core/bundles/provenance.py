"""Compares a bundle's files and library versions with those recorded at training time."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import file_sha256


@dataclass(frozen=True, slots=True)
class FileCheck:
    """One file's recorded and current SHA-256; the latter is None if the file is missing."""

    name: str
    expected: str
    found: str | None

    @property
    def word(self) -> str:
        """`unchanged`, `changed` or `missing`."""
        if self.found is None:
            return "missing"
        return "unchanged" if self.found == self.expected else "changed"


@dataclass(frozen=True, slots=True)
class VersionCheck:
    """A library's version at training time and now; the latter is None if it is not installed."""

    name: str
    trained: str
    installed: str | None

    @property
    def word(self) -> str:
        """`same`, `differs` or `not installed`."""
        if self.installed is None:
            return "not installed"
        return "same" if self.installed == self.trained else "differs"


def check_files(bundle: Bundle) -> tuple[FileCheck, ...]:
    """Hashes every file of the bundle again and compares, in name order.

    Those of an adaptation follow, with the name of its folder.
    """
    checks = [
        FileCheck(name, expected, _digest(bundle.path / name))
        for name, expected in sorted(bundle.manifest.files.items())
    ]
    if bundle.adaptation is not None and bundle.adapted_in is not None:
        checks += [
            FileCheck(
                f"{bundle.adapted_in.name}/{name}", expected, _digest(bundle.adapted_in / name)
            )
            for name, expected in sorted(bundle.adaptation.files.items())
        ]
    return tuple(checks)


def check_versions(bundle: Bundle) -> tuple[VersionCheck, ...]:
    """Compares the recorded library versions with the installed ones, in the bundle's order."""
    return tuple(
        VersionCheck(name, trained, _installed(name))
        for name, trained in bundle.manifest.versions.items()
    )


def _digest(file: Path) -> str | None:
    try:
        return file_sha256(file)
    except OSError:
        return None


def _installed(name: str) -> str | None:
    if name == "python":
        return platform.python_version()
    try:
        return version(name)
    except PackageNotFoundError:
        return None
