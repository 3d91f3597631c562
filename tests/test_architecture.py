"""Who may import what. Read this before moving a module."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NETWORK_LIBRARIES = {"keras", "tensorflow", "openvino", "tf_keras_vis"}

FORBIDDEN = {
    "app/core": {
        "streamlit",
        "plotly",
        "model_training",
        "app.ui",
        "app.views",
        "app.charts",
        "app.reading",
    },
    "app/reading": {
        "streamlit",
        "plotly",
        "model_training",
        "app.ui",
        "app.views",
        "app.charts",
        "cv2",
        *NETWORK_LIBRARIES,
    },
    "app/charts": {
        "scipy",
        "streamlit",
        "model_training",
        "app.ui",
        "app.views",
        "app.reading",
        *NETWORK_LIBRARIES,
    },
    "app/ui": {"scipy", "model_training", "app.views", "cv2", *NETWORK_LIBRARIES},
    "app/views": {"scipy", "model_training", "cv2", "numpy", *NETWORK_LIBRARIES},
    "app/server.py": {"model_training", "app.ui", "app.views", "app.core", *NETWORK_LIBRARIES},
    "app/main.py": {"model_training", "cv2", *NETWORK_LIBRARIES},
    "app/cli.py": {"streamlit", "model_training", "app.ui", "app.views"},
    "model_training": {"streamlit", "app.ui", "app.views", "app.main", "app.charts"},
}

# Lowest first: a room may import the rooms before it, and its own files.
ROOMS = {
    "app/core": (
        "errors", "markdown", "spreadsheets", "atomic_write", "only_writer", "progress",
        "backend_names", "settings",
        "bundles", "images", "statistics", "gate", "networks", "sources", "imports", "rendering",
        "performance", "evidence", "backends", "explanations", "scoring", "adaptation", "record",
        "results", "review", "reliance", "exports",
    ),
    "model_training": (
        "console", "interruption", "suggestions", "setting_checks",
        "statistics", "phantoms", "reports", "networks", "augmentation", "config", "data",
        "audit", "preparation", "training", "evaluation", "tracking", "reference", "bundling",
        "fitting", "importing", "crossval", "tuning", "commands", "cli",
    ),
}  # fmt: skip

# Importing any of these must not load a network library, so that what needs none opens at once.
LIGHT = (
    "app.cli",
    "app.core.bundles.bundle",
    "app.core.performance.performance",
    "app.core.scoring.engine",
    "app.core.results.table_writer",
    "app.core.review.worklist",
    "model_training.cli",
)
# Only the record loads SQLAlchemy, a quarter of a second of every start.
WITH_DATABASE = ("app.core.record.verdicts",)


# What reads or sets a widget by its key.
SESSION_FUNCTIONS = ("value_of", "set_value", "selected_rows")


@functools.cache
def imported(path: Path) -> set[str]:
    """Dotted names a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def sources(area: str) -> list[Path]:
    target = ROOT / area
    return [target] if target.is_file() else sorted(target.rglob("*.py"))


@pytest.mark.parametrize("area", FORBIDDEN)
def test_imports_point_one_way(area):
    crossings = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(area)
        for name in sorted(imported(path))
        if any(f"{name}.".startswith(f"{ban}.") for ban in FORBIDDEN[area])
    ]

    assert sources(area)
    assert not crossings


@pytest.mark.parametrize("area", ROOMS)
def test_every_room_has_its_place_in_the_order(area):
    found = {
        path.stem for path in (ROOT / area).iterdir()
        if not path.name.startswith("__") and (path.is_dir() or path.suffix == ".py")
    }  # fmt: skip

    assert found == set(ROOMS[area])


@pytest.mark.parametrize("area", ROOMS)
def test_rooms_import_only_rooms_before_them(area):
    order = {room: place for place, room in enumerate(ROOMS[area])}
    package = area.replace("/", ".")
    crossings = []
    for path in sources(area):
        room = path.relative_to(ROOT / area).parts[0].removesuffix(".py")
        for name in sorted(imported(path)):
            if name.startswith(f"{package}."):
                other = name.removeprefix(f"{package}.").partition(".")[0]
                if order[other] > order[room]:
                    crossings.append(f"{path.relative_to(ROOT)} imports {name}")

    assert not crossings


LOAD = """
import importlib, sys
libraries, modules = (names.split(",") for names in sys.argv[1:])
for module in modules:
    importlib.import_module(module)
    print(module, *sorted(set(libraries) & set(sys.modules)))
"""


@pytest.mark.slow
def test_light_modules_load_without_a_network_library():
    """In one process: the first line that says more than its module's name has the culprit."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, ",".join({*NETWORK_LIBRARIES, "sqlalchemy"}),
         ",".join((*LIGHT, *WITH_DATABASE))],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    expected = [*LIGHT, *(f"{module} sqlalchemy" for module in WITH_DATABASE)]
    assert done.stdout.splitlines() == expected


def test_only_the_cache_package_caches():
    cached = {path.parent for path in sources("app") if "@st.cache" in path.read_text("utf-8")}

    assert cached == {ROOT / "app" / "ui" / "cache"}


def test_only_the_state_package_touches_the_session():
    touching = {p.parent for p in sources("app") if "session_state" in p.read_text("utf-8")}

    assert touching == {ROOT / "app" / "ui" / "state"}


def test_every_key_that_is_read_back_has_a_name():
    literal = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for area in ("app/ui", "app/views")
        for path in sources(area)
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in {f"widgets.{name}" for name in SESSION_FUNCTIONS}
        and not isinstance(call.args[0], ast.Name | ast.Attribute | ast.Call)
    ]

    assert not literal


def test_pages_are_short_scripts():
    for path in sources("app/views"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]

        assert not functions, f"{path.name} defines functions; they belong into app/ui"
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 90, path.name


def test_package_markers_stay_empty():
    markers = [p for area in ("app", "model_training") for p in (ROOT / area).rglob("__init__.py")]

    assert markers
    assert all(not path.read_text(encoding="utf-8") for path in markers)
