"""What the base installs is what the app imports; what an extra adds is asked for by its name."""

import ast
import functools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from app.cli import main
from model_training.commands.program import TRAINER_MODULES
from tests.packaging.installation import REPOSITORY

# Cases load the whole package in processes of their own.
pytestmark = pytest.mark.slow

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Imported only after their extra was found: botocore comes with s3fs.
OPTIONAL = {"fsspec", "botocore", "ray", "tf2onnx"}

IMPORT_ALL_OF_APP = """
import importlib, pkgutil, sys
sys.modules |= dict.fromkeys(sys.argv[1:])  # an import of such a name fails
import app
scripts = ("app.main", "app.views.")  # run by Streamlit, page by page
for module in pkgutil.walk_packages(app.__path__, "app."):
    if not module.name.startswith(scripts):
        importlib.import_module(module.name)
"""


def names(requirements: list[str]) -> set[str]:
    """Distributions that requirements name, in one spelling."""
    return {re.split(r"[\[<>=~!; ]", text)[0].lower().replace("_", "-") for text in requirements}


# Reads what is installed from disk, which takes half a second each time.
installed = functools.cache(packages_distributions)


def distributions(module: str) -> set[str]:
    """Distributions that a module comes from, in one spelling."""
    found = installed().get(module, [])
    return {name.lower().replace("_", "-") for name in found}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """First names of all modules a file imports, and whether it does so only when needed."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    at_once = set(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node not in at_once
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0], node not in at_once


@pytest.fixture(scope="module")
def third_party() -> dict[str, set[tuple[Path, bool]]]:
    """By module that is neither ours nor Python's: which files of the app import it, and how."""
    found: dict[str, set[tuple[Path, bool]]] = {}
    for path in sorted((REPOSITORY / "app").rglob("*.py")):
        for module, is_deferred in imports(path):
            if module not in {*sys.stdlib_module_names, "app"}:
                found.setdefault(module, set()).add((path, is_deferred))
    return found


def test_every_package_the_app_imports_is_in_the_base_or_optional(third_party):
    base = names(PROJECT["dependencies"])
    undeclared = {
        module for module in third_party if not distributions(module) & base
    } - OPTIONAL  # fmt: skip

    assert {"streamlit", "cv2", "PIL"} <= set(third_party)
    assert not undeclared


def test_what_is_optional_is_imported_only_when_needed(third_party):
    at_once = [
        f"{path.name} imports {module} at once"
        for module in OPTIONAL
        for path, is_deferred in third_party[module]
        if not is_deferred
    ]

    assert not at_once


def test_the_app_loads_without_any_package_of_an_extra():
    blocked = [*TRAINER_MODULES, *OPTIONAL, "s3fs", "mlflow", "model_training"]
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL_OF_APP, *blocked],
        cwd=REPOSITORY, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr


def test_the_trainer_asks_for_all_that_its_extra_installs():
    asked = {name for module in TRAINER_MODULES for name in distributions(module)}

    assert asked == names(EXTRAS["train"])


def test_development_has_every_extra():
    everything = next(text for text in EXTRAS["dev"] if text.startswith("overread["))

    assert set(re.findall(r"\w+", everything)) == {"overread", *EXTRAS} - {"dev"}


@pytest.mark.parametrize("module", ["optuna", "imagehash"])
def test_training_without_its_extra_is_refused_in_a_sentence(module, tmp_path):
    code = "import sys; sys.modules[sys.argv.pop(1)] = None; from model_training.cli import main"
    command = [sys.executable, "-c", f"{code}; sys.exit(main())", module]
    help_text = subprocess.run([*command, "fit", "--help"], capture_output=True, text=True)
    done = subprocess.run(
        [*command, "phantoms", str(tmp_path / "p"), "--count", "2", "--seed", "1"],
        cwd=REPOSITORY, capture_output=True, text=True,
    )  # fmt: skip

    assert help_text.returncode == 0
    assert done.returncode == 1
    assert done.stderr == (
        f"overread-train: Training needs packages that are not installed: {module}. Install them "
        "with: pip install 'overread[train]'\n"
    )
    assert not (tmp_path / "p").exists()


def test_a_cluster_without_its_extra_is_refused_in_a_sentence(
    bundle, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "ray", None)
    out = str(tmp_path / "r.csv")

    assert main(["score", str(bundle.path), str(tmp_path), "--out", out, "--engine", "ray"]) == 1
    assert capsys.readouterr().err.endswith("pip install 'overread[cluster]'\n")
