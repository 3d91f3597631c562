"""Films are scored in the background until that is cancelled, fails or is done."""

import threading
from dataclasses import replace

from app.core.record.worklists import close_worklist
from app.core.review import making
from app.core.review.installed_models import InstalledModels
from app.core.review.making import Plan
from app.core.scoring.engine import Engine
from app.core.settings import read_settings
from tests.folder_films import with_ward, write_ward


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
    assert "RuntimeError at test_worklist_scoring.py:" in printed
    assert not made.progress.running


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
