"""A server folder, a small model, and worklists of them that can be opened as after a restart."""

from pathlib import Path

import cv2
import pytest

from app.core.review import making
from app.core.review.installed_models import InstalledModels
from app.core.review.making import Plan
from app.core.review.worklist_registry import OpenWorklists
from app.core.settings import Settings, read_settings
from tests.folder_films import ward_film
from tests.homes import link_converted


@pytest.fixture
def ward(tmp_path) -> Path:
    """A folder of the data root with four films and a note."""
    folder = tmp_path / "root" / "ward"
    folder.mkdir(parents=True)
    for number in range(4):
        cv2.imwrite(str(folder / f"film_{number}.png"), ward_film(number))
    (folder / "notes.txt").write_text("a note")
    return folder


@pytest.fixture
def settings(bundle, ward, tmp_path, monkeypatch) -> Settings:
    """Those of an installation with the small model."""
    monkeypatch.setenv("OVERREAD_MODELS", str(bundle.path.parent))
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(ward.parent))
    monkeypatch.setenv("OVERREAD_HOME", str(link_converted(tmp_path / "home")))
    return read_settings()


@pytest.fixture
def start(settings):
    """Starts the process anew: with nothing in memory."""
    started = []

    def start() -> OpenWorklists:
        started.append(OpenWorklists(settings, InstalledModels(settings)))
        return started[-1]

    yield start
    for one in started:
        one.close_all()


@pytest.fixture
def opened(start, settings, bundle):
    """A worklist of the folder, scored."""
    made = making.of_folder(start(), Plan(name="Ward", bundle=bundle), "ward", settings=settings)
    made.wait_until_scored(60)
    return made
