"""The wheel, installed into an environment of its own: complete, and open to this machine only."""

import sys
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from tests.packaging.installation import (
    REPOSITORY,
    SHIPPED,
    Installation,
    build_wheel,
    install,
)
from tests.packaging.session import open_page
from tests.packaging.sockets import answers, listening, other_addresses

pytestmark = pytest.mark.slow

# Two bundles for demonstration, with their sample films and small pictures, take up most of it.
LARGEST = 10 * 1024**2


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Installation:
    return install(wheel, tmp_path_factory.mktemp("installed"))


def test_every_file_of_the_packages_and_the_bundles_is_in_it(wheel):
    packages = [
        path.relative_to(REPOSITORY).as_posix()
        for area in ("app", "model_training")
        for path in (REPOSITORY / area).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    bundles = [
        f"app/{path.relative_to(REPOSITORY).as_posix()}"
        for name in SHIPPED
        for path in (REPOSITORY / name).rglob("*")
        if path.is_file()
    ]
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert inside == {*packages, *bundles}
    assert len(packages) > 200
    assert wheel.stat().st_size < LARGEST


def test_the_dashboard_is_complete_and_listens_on_this_machine_only(installed):
    with installed.app() as (process, port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            assert page.status == 200
        assert answers("127.0.0.1", port)
        assert not [address for address in other_addresses() if answers(address, port)]
        if sys.platform == "linux":
            assert listening(process) == {("127.0.0.1", port)}
        opened = open_page(port)

    drawn = "".join(map(str, opened.drawn))
    assert "phantom-chest" in drawn
    assert "phantom-findings" in drawn
    assert "Read under this name" in drawn
    assert not opened.session.config.gather_usage_stats
    theme = tomllib.loads((REPOSITORY / "app" / "ui" / "theme.toml").read_text("utf-8"))["theme"]
    arrived = opened.session.custom_theme
    assert list(arrived.heading_font_sizes) == theme["headingFontSizes"]
    assert arrived.dark.background_color == theme["dark"]["backgroundColor"]
    assert arrived.light.text_color == theme["light"]["textColor"]
    assert not list(installed.folder.iterdir())


def test_the_samples_are_scored_with_the_bundle_by_its_name(installed):
    [samples] = installed.scripts.parent.glob("**/models/phantom-chest/samples")
    done = installed.run("overread", "score", "phantom-chest", str(samples), "--out", "results.csv")

    assert done.returncode == 0, done.stderr
    table = pd.read_csv(installed.folder / "results.csv")
    assert list(table["status"]) == ["ok"] * 24
    written = sorted(path.name for path in installed.folder.iterdir())
    assert written == ["results.csv", "results.csv.shift.json"]
