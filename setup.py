"""Puts the demonstration bundle into the wheel; everything else stands in pyproject.toml."""

from pathlib import Path
from shutil import copytree

from setuptools import setup
from setuptools.command.build_py import build_py

BUNDLE = Path("models", "phantom-chest")


class BuildWithBundle(build_py):
    """Copies the bundle to `app/models`, where an installed app looks for it."""

    def run(self) -> None:
        """Builds the package, then copies."""
        super().run()
        if not self.editable_mode:  # a clone has its `models/`
            copytree(BUNDLE, Path(self.build_lib, "app", BUNDLE), dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithBundle})
