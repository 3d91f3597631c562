"""Uploads that are kept, copies, and films that are looked up alone."""

import os
from io import BytesIO

import pytest

from app.core.errors import SourceError
from app.core.record.worklists import all_worklists
from app.core.review import making
from app.core.review.making import Plan
from app.core.review.upload_space import delete_expired, kept_until


def upload(path):
    file = BytesIO(path.read_bytes())
    file.name = path.name
    return file


@pytest.fixture
def uploaded(start, settings, bundle, ward):
    uploads = [upload(path) for path in sorted(ward.glob("*.png"))[:2]]
    plan = Plan(name="Uploads", bundle=bundle)
    made = making.of_uploads(start(), plan, uploads, settings=settings)
    made.wait_until_scored(60)
    return made


def test_uploads_outlive_a_restart_and_more_can_be_added(uploaded, start, settings, ward):
    again = start().get(uploaded.worklist.id)
    assert again.names == ["film_0.png", "film_1.png"]
    assert again.source(1).read() == (ward / "film_1.png").read_bytes()

    assert making.add_uploads(again, [upload(ward / "film_2.png")], settings=settings) == 1
    again.wait_until_scored(60)
    assert [one.status for one in again.results()] == ["ok"] * 3
    assert [path.name for path in settings.uploads.iterdir()] == [uploaded.worklist.id]


def test_uploads_go_when_their_time_is_over_and_their_rows_stay(uploaded, start, settings):
    folder = settings.uploads / uploaded.worklist.id
    until = kept_until(folder, settings)
    delete_expired(settings)
    assert folder.exists()

    long_ago = until.timestamp() - 2 * settings.uploads_days * 86_400
    os.utime(folder, (long_ago, long_ago))
    delete_expired(settings)
    assert not folder.exists()
    assert kept_until(folder, settings) is None
    again = start().get(uploaded.worklist.id)
    again.wait_until_scored(60)
    assert [one.reason_code for one in again.results()] == ["gone", "gone"]


def test_a_copy_has_uploads_of_its_own(uploaded, start, settings, bundle):
    worklists = start()
    plan = Plan(name="Copy", bundle=bundle)
    copied = making.copy(worklists, uploaded.worklist, plan, settings=settings)
    making.delete_uploads(uploaded.worklist.id, settings)
    copied.wait_until_scored(60)

    assert copied.names == uploaded.names
    assert copied.source(0).read()
    with pytest.raises(SourceError, match="Upload them again"):
        making.copy(worklists, uploaded.worklist, plan, settings=settings)


def test_nothing_is_made_of_nothing(start, settings, bundle, ward):
    worklists = start()
    plan = Plan(name="Nothing", bundle=bundle)
    text = BytesIO(b"a note")
    text.name = "folder/notes.txt"
    with pytest.raises(SourceError, match="There are no images"):
        making.of_uploads(worklists, plan, [text], settings=settings)
    (ward / "empty").mkdir()
    with pytest.raises(SourceError, match="There are no images"):
        making.of_folder(worklists, plan, "ward/empty", settings=settings)

    assert all_worklists(worklists.record) == []
    assert list(settings.uploads.iterdir()) == []


def test_a_single_film_is_looked_up_in_one_worklist(start, settings, bundle, ward, tmp_path):
    worklists = start()
    plan = Plan(name="Looked up", bundle=bundle)
    first, item = making.of_film(worklists, plan, ward / "film_1.png", settings=settings)
    again, other = making.of_film(worklists, plan, ward / "film_3.png", settings=settings)

    assert again is first
    assert (first.names[item], first.names[other]) == ("ward/film_1.png", "ward/film_3.png")
    outside = tmp_path / "outside.png"
    outside.write_bytes(b"")
    assert making.of_film(worklists, plan, outside, settings=settings) is None
