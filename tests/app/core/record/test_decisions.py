"""Decisions about refused films: append-only, per model, and only with a remedy or a reason."""

import pytest
from sqlalchemy import event

from app.core.record.decisions import DecisionStore
from app.core.record.entry import Draft
from app.core.record.log import all_entries
from app.core.record.verdicts import VerdictStore

BUNDLE, IMAGE, JUDGED = "b" * 64, "a" * 64, "c" * 64


@pytest.fixture
def store(record):
    return DecisionStore(record)


def decide(store, **changes):
    store.record(
        **{"image_id": IMAGE, "judged_id": JUDGED, "bundle_sha256": BUNDLE, "remedy": None,
           "reason": "seen"} | changes
    )  # fmt: skip


def test_the_last_decision_counts_and_all_are_kept(record, store):
    decide(store, remedy="invert", reason="")
    decide(store, judged_id="d" * 64, reason="  read at the bedside ", reader="a@b.org")

    (found,) = DecisionStore(record).latest(BUNDLE).items()
    image_id, decision = found
    assert image_id == IMAGE
    assert (decision.judged_id, decision.remedy) == ("d" * 64, None)
    assert (decision.reason, decision.reader) == ("read at the bedside", "a@b.org")
    assert decision.created_at.tzinfo is not None
    assert store.latest("e" * 64) == {}
    assert [one.remedy for one in all_entries(record)] == ["invert", None]


@pytest.mark.parametrize("changes", [{"reason": " "}, {"remedy": "stretch"}])
def test_a_decision_needs_a_remedy_or_a_reason(store, changes):
    with pytest.raises(ValueError, match="Received"):
        decide(store, **changes)


def test_a_decision_is_taken_back_and_kept(record, store):
    decide(store)
    store.take_back(image_id=IMAGE, bundle_sha256=BUNDLE, reader="a@b.org")
    assert store.latest(BUNDLE) == {}

    decide(store, reason="seen again")
    assert store.latest(BUNDLE)[IMAGE].reason == "seen again"
    events = [one.event for one in all_entries(record)]
    assert events == ["decision", "withdrawal", "decision"]


def test_the_decision_about_one_film_is_found_among_others(store):
    for image_id, judged_id in (("1", "x"), ("2", "x"), ("1", "y"), ("3", "z")):
        decide(store, image_id=image_id, judged_id=judged_id)
        decide(store, image_id=image_id, judged_id=judged_id, bundle_sha256="e" * 64)
    store.take_back(image_id="3", bundle_sha256=BUNDLE)

    found = {one: list(store.latest(BUNDLE, judged_id=one)) for one in ("x", "y", "z", "")}

    # Of film 1 another decision was made later, and that about film 3 was taken back.
    assert found == {"x": ["2"], "y": ["1"], "z": [], "": []}
    assert list(store.latest("e" * 64, judged_id="z")) == ["3"]


def test_the_decision_about_one_film_is_found_without_reading_the_others(sqlite_record):
    asked = []
    with sqlite_record.reading() as connection:
        event.listen(
            connection.engine,
            "before_cursor_execute",
            lambda _connection, _cursor, statement, parameters, *_: asked.append(
                (statement, parameters)
            ),
        )
    DecisionStore(sqlite_record).latest(BUNDLE, judged_id=JUDGED)

    (query,) = [one for one in asked if "judged_id = ?" in one[0]]
    with sqlite_record.reading() as connection:
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query[0]}", query[1]).all()
    plan = "\n".join(step for *_, step in steps)
    assert "entries_by_model_and_judged (bundle_sha256=? AND judged_id=?)" in plan
    assert "entries_by_model_and_image (bundle_sha256=? AND image_id=?)" in plan


def test_verdicts_of_the_same_record_stay(record, store):
    verdicts = VerdictStore(record)
    verdicts.record(Draft(event="verdict", image_id=IMAGE, bundle_sha256=BUNDLE, agreement="agree"))
    decide(store)

    assert [one.event for one in all_entries(record)] == ["verdict", "decision"]
    assert set(store.latest(BUNDLE)) == {IMAGE}
