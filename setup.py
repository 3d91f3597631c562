"""Puts the demonstration bundles into the wheel; everything else stands in pyproject.toml."""

from pathlib import Path
from shutil import copytree

from setuptools import setup
from setuptools.command.build_py import build_py

BUNDLES = (Path("models", "phantom-chest"), Path("models", "phantom-findings"))


class BuildWithBundles(build_py):
    """Copies the bundles to `app/models`, where an installed app looks for them."""

    def run(self) -> None:
        """Builds the package, then copies."""
        super().run()
        if not self.editable_mode:  # a clone has its `models/`
            for bundle in BUNDLES:
                copytree(bundle, Path(self.build_lib, "app", bundle), dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithBundles})
