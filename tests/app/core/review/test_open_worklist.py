"""Worklists that are scored in the background, and found again after a restart."""

import os
import shutil
import threading
from io import BytesIO

import cv2
import numpy as np
import pytest
import tifffile

from app.core.images.reading import ReadOptions
from app.core.record.decisions import DecisionStore
from app.core.review import making
from app.core.review.installed_models import InstalledModels
from app.core.review.making import Plan
from app.core.review.worklist_registry import WorklistModelError
from app.core.scoring.engine import Engine
from app.core.settings import read_settings
from app.core.sources.source import Source
from tests.folder_films import ward_film


def test_a_folder_is_listed_and_scored(opened, bundle):
    progress = opened.progress

    assert (progress.done, progress.total, progress.known) == (4, 4, 0)
    assert not progress.running
    assert not progress.error
    assert opened.names == [f"film_{number}.png" for number in range(4)]
    assert {one.status for one in opened.results()} == {"ok"}
    assert all(one.evidence is None for one in opened.results())
    assert str(opened.left_out) == "1 file is not an image: 1 .txt."
    assert opened.source(2).read() == opened.result(2).source.path.read_bytes()
    assert opened.bundle == bundle
    assert opened.shift is None


def test_after_a_restart_nothing_is_computed_or_read_again(opened, start, monkeypatch):
    before = [(one.image_id, one.prediction) for one in opened.results()]
    monkeypatch.setattr(Engine, "run", None)
    monkeypatch.setattr(Source, "read", None)
    again = start().get(opened.worklist.id)
    again.wait_until_scored(60)

    assert again.worklist == opened.worklist
    assert [(one.image_id, one.prediction) for one in again.results()] == before
    assert again.progress.known == 4
    assert not again.progress.error
    assert again.computed_by == ""


def test_without_the_results_of_earlier_runs_all_is_scored_again(opened, start, settings):
    before = [one.prediction for one in opened.results()]
    settings.results.unlink()
    again = start().get(opened.worklist.id)
    again.wait_until_scored(60)

    assert [one.prediction for one in again.results()] == before
    assert again.progress.known == 0


def test_gone_and_changed_films_keep_their_row_and_the_others_go_on(opened, start, ward):
    ids = [one.image_id for one in opened.results()]
    (ward / "film_0.png").rename(ward / "away.png")
    cv2.imwrite(str(ward / "film_1.png"), ward_film(77))
    os.utime(ward / "film_2.png")  # touched, not changed
    again = start().get(opened.worklist.id)
    again.wait_until_scored(60)

    found = [(one.image_id, one.status, one.reason_code) for one in again.results()]
    assert found == [
        (ids[0], "unreadable", "gone"), (ids[1], "unreadable", "changed"), (ids[2], "ok", ""),
        (ids[3], "ok", ""),
    ]  # fmt: skip
    assert again.result(3).prediction == opened.result(3).prediction

    # A change is not forgotten at the next start, and what was put back is found.
    (ward / "away.png").rename(ward / "film_0.png")
    later = start().get(opened.worklist.id)
    later.wait_until_scored(60)
    assert [one.reason_code for one in later.results()] == ["", "changed", "", ""]
    cv2.imwrite(str(ward / "film_1.png"), ward_film(1))
    assert later.look_again() == 0
    later.wait_until_scored(60)
    assert [one.status for one in later.results()] == ["ok"] * 4


def test_a_folder_that_is_gone_costs_every_film_and_nothing_else(opened, start, ward):
    shutil.move(ward, ward.with_name("elsewhere"))
    again = start().get(opened.worklist.id)
    again.wait_until_scored(60)

    assert [one.reason_code for one in again.results()] == ["gone"] * 4
    assert not again.progress.error
    shutil.move(ward.with_name("elsewhere"), ward)
    again.look_again()
    again.wait_until_scored(60)
    assert [one.status for one in again.results()] == ["ok"] * 4


def test_new_films_of_the_folder_are_added_at_the_end(opened, start, ward):
    version = opened.version
    cv2.imwrite(str(ward / "a_new_one.png"), ward_film(9))

    assert opened.look_again() == 1
    opened.wait_until_scored(60)

    assert opened.names[4] == "a_new_one.png"
    assert opened.result(4).status == "ok"
    assert opened.version > version
    assert len(start().get(opened.worklist.id)) == 5


def test_one_worklist_for_all_sessions(opened, start):
    worklists, found = start(), []
    threads = [
        threading.Thread(target=lambda: found.append(worklists.get(opened.worklist.id)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len({id(one) for one in found}) == 1


def test_a_model_that_is_gone_is_said_to_be(opened, start, bundle, tmp_path, monkeypatch):
    elsewhere = tmp_path / "models"
    shutil.copytree(bundle.path, elsewhere / "renamed")
    monkeypatch.setenv("OVERREAD_MODELS", str(elsewhere))
    settings = read_settings()
    worklists = type(start())(settings, InstalledModels(settings))
    assert worklists.get(opened.worklist.id).bundle.sha256 == bundle.sha256

    shutil.rmtree(elsewhere / "renamed")
    worklists = type(start())(settings, InstalledModels(settings))
    with pytest.raises(WorklistModelError, match=f"'{bundle.path.name}' with the digest"):
        worklists.get(opened.worklist.id)


def test_a_decision_about_a_refused_film_outlives_a_restart(
    start, settings, referenced_bundle, ward, monkeypatch
):
    monkeypatch.setenv("OVERREAD_MODELS", str(referenced_bundle.path.parent))
    settings = read_settings()
    worklists = start()
    plan = Plan(name="Ward", bundle=referenced_bundle)
    worklists = type(worklists)(settings, InstalledModels(settings))
    made = making.of_folder(worklists, plan, "ward", settings=settings)
    made.wait_until_scored(60)
    refused = made.result(1)
    assert refused.status == "refused"

    version = made.version
    judged = made.judge_again(1, ReadOptions(override="seen by the ward"))
    DecisionStore(worklists.record).record(
        image_id=refused.image_id, judged_id=judged.image_id, remedy=None,
        bundle_sha256=referenced_bundle.sha256, reason="seen by the ward",
    )  # fmt: skip
    made.replace(1, judged)
    made.wait_until_scored(60)
    assert made.version > version
    assert made.source(1).reading.override == "seen by the ward"

    monkeypatch.setattr(Engine, "run", None)
    again = type(worklists)(settings, InstalledModels(settings)).get(made.worklist.id)
    again.wait_until_scored(60)
    assert again.result(1).prediction == judged.prediction
    assert [one.status for one in again.results()] == ["refused", "ok", "refused", "refused"]


def test_a_choice_for_files_that_leave_something_open_outlasts_a_restart(
    opened, start, ward, settings
):
    stack = BytesIO()
    tifffile.imwrite(stack, np.stack([ward_film(8), 255 - ward_film(8)]), photometric="minisblack")
    (ward / "stack.tif").write_bytes(stack.getvalue())
    opened.look_again()
    opened.wait_until_scored(60)
    assert opened.result(4).reason_code == "several_images"

    opened.read_as(ReadOptions(frame=2))
    opened.wait_until_scored(60)
    again = start().get(opened.worklist.id)
    again.wait_until_scored(60)

    assert again.reading == ReadOptions(frame=2)
    assert again.result(4).chosen.frame == 2
    assert again.result(4).image_id == opened.result(4).image_id
    assert again.source(4).reading.frame == 2

    # Another server that has it open hears of the next choice.
    opened.read_as(ReadOptions())
    again.refresh()
    again.wait_until_scored(60)
    assert again.result(4).reason_code == "several_images"
