"""Worklists that are scored in the background, and found again after a restart."""

import os
import shutil
import threading
from dataclasses import replace
from io import BytesIO

import cv2
import numpy as np
import pytest
import tifffile

from app.core.images.reading import ReadOptions
from app.core.record.decisions import DecisionStore
from app.core.record.worklists import close_worklist
from app.core.review import making
from app.core.review.installed_models import InstalledModels
from app.core.review.making import Plan
from app.core.review.scoring_progress import Progress
from app.core.review.worklist_registry import WorklistModelError
from app.core.scoring.engine import Engine
from app.core.settings import read_settings
from app.core.sources.source import Source
from tests.folder_films import ward_film, with_ward, write_ward


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


def test_a_closed_worklist_is_read_and_not_scored(opened, start, settings):
    settings.results.unlink()
    worklists = start()
    close_worklist(worklists.record, opened.worklist.id)
    again = worklists.get(opened.worklist.id)
    again.wait_until_scored(60)

    assert again.worklist.is_closed
    assert list(again.results()) == [None] * 4


def test_cancel_keeps_what_is_done_and_starting_again_does_the_rest(
    start, settings, bundle, ward, monkeypatch
):
    write_ward(ward / "more", 200)
    reached, go_on = threading.Event(), threading.Event()
    original = Engine.run

    def run(self, pixels):
        reached.set()
        go_on.wait(30)
        return original(self, pixels)

    monkeypatch.setattr(Engine, "run", run)
    made = making.of_folder(start(), Plan(name="Ward", bundle=bundle), "ward", settings=settings)
    assert reached.wait(60)
    made.cancel()
    go_on.set()
    made.wait_until_scored(60)
    assert 0 < made.progress.done < 204
    assert made.progress.cancelled
    assert made.shift is None

    made.start()
    made.wait_until_scored(60)
    assert made.progress.done == 204
    assert not made.progress.cancelled


def test_an_unexpected_error_is_reported_without_its_text(
    start, settings, bundle, monkeypatch, capfd, caplog
):
    def score(self, sources, **options):
        yield from ()
        raise RuntimeError("/home/ward/Jane_Doe.png")

    monkeypatch.setattr(Engine, "score", score)
    # The hook of the app, which prints what a thread leaves; that of pytest would keep it.
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    made = making.of_folder(start(), Plan(name="Ward", bundle=bundle), "ward", settings=settings)
    made.wait_until_scored(60)

    printed = capfd.readouterr().err + caplog.text
    assert "RuntimeError" in made.progress.error
    assert "Jane" not in made.progress.error + printed
    assert "RuntimeError at test_open_worklist.py:" in printed
    assert not made.progress.running


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


def test_films_are_compared_with_those_of_the_model_and_again_after_a_decision(
    start, bundle, ward, tmp_path, monkeypatch
):
    ward_bundle = with_ward(bundle, tmp_path / "models" / bundle.name)
    monkeypatch.setenv("OVERREAD_MODELS", str(ward_bundle.path.parent))
    settings = read_settings()
    write_ward(ward.parent / "bright", 60, brighter=60)
    worklists = type(start())(settings, InstalledModels(settings))
    plan = Plan(name="Bright", bundle=ward_bundle)
    made = making.of_folder(worklists, plan, "bright", settings=settings)
    made.wait_until_scored(60)
    assert "brighter" in made.shift.sentence
    assert (made.shift.refused.successes, made.shift.refused.total) == (0, 60)

    for item in range(20):
        made.replace(
            item,
            replace(made.result(item), status="refused", reason_code="unfamiliar", prediction=None),
        )
    made.wait_until_scored(60)
    assert (made.shift.refused.successes, made.shift.refused.total) == (20, 60)


def test_rate_and_time_left_by_hand():
    progress = Progress(40, 100, known=10, seconds=10.0, running=True, cancelled=False)

    assert progress.rate == pytest.approx(3.0)
    assert progress.seconds_left == pytest.approx(20.0)
    assert Progress(10, 90, 10, 5.0, True, False).seconds_left is None


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
