"""Worklists and readers outlive the session that made them."""

import pytest

from app.core.record.entry import Draft
from app.core.record.log import append, entry
from app.core.record.opening import open_record
from app.core.record.problems import RecordError
from app.core.record.readers import known_reader
from app.core.record.worklist_items import NewItem, add_items, items
from app.core.record.worklists import (
    all_worklists,
    close_worklist,
    create_worklist,
    reopen_worklist,
    set_readers,
    set_truth,
    worklist,
)


def create(record, **changes):
    return create_worklist(
        record,
        **{"name": "Ward 3", "origin": "folder", "place": "ward", "bundle_sha256": "b" * 64,
           "network_sha256": "n" * 64, "model": "chest", "mode": "blind_first"} | changes,
    )  # fmt: skip


def test_a_worklist_is_there_after_a_restart_at_its_address(url):
    with open_record(url) as record:
        reader = known_reader(record, " Ada  Lovelace ")
        made = create(
            record, name=" Ward  3 ", created_by=reader.id, threshold=0.25, hides_names=True,
            truth="folders", readers=[reader.id],
        )  # fmt: skip
        other = create(record)

    with open_record(url) as record:
        found = worklist(record, made.id)
        assert found == made
        assert (found.name, found.mode, found.is_closed) == ("Ward 3", "blind_first", False)
        assert (found.threshold, found.truth, found.hides_names) == (0.25, "folders", True)
        assert found.threshold_at == found.truth_at == found.created_at
        assert (found.is_for(reader.id), found.is_for(reader.id + 1)) == (True, False)
        assert (other.is_for(None), found.is_for(None)) == (True, False)
        assert all_worklists(record) == [other, made]
        assert known_reader(record, "Ada Lovelace") == reader
        assert made.id != other.id
        assert len(made.id) >= 20


def test_a_worklist_is_changed_and_says_since_when(record):
    made, reader = create(record), known_reader(record, "Ada")
    set_truth(record, made.id, "folders")
    set_readers(record, made.id, [reader.id, reader.id])

    found = worklist(record, made.id)
    assert (made.truth, made.truth_at, found.truth) == (None, None, "folders")
    assert made.created_at < found.truth_at
    assert found.readers == (reader.id,)

    set_readers(record, made.id, [])
    assert worklist(record, made.id).is_for(None)


def test_a_closed_worklist_keeps_what_was_read_in_it(record):
    made = create(record)
    add_items(record, made.id, [NewItem("a.png")])
    draft = Draft(
        event="reported", image_id="", bundle_sha256="b" * 64, worklist_id=made.id, item=0
    )
    append(record, draft)
    close_worklist(record, made.id)

    assert worklist(record, made.id).is_closed
    assert items(record, made.id)[0].name == "a.png"
    assert (entry(record, 1).worklist_id, entry(record, 1).item) == (made.id, 0)

    reopen_worklist(record, made.id)
    assert worklist(record, made.id) == made


def test_what_has_no_name_or_is_not_there_is_refused(record):
    with pytest.raises(RecordError, match="needs a name"):
        create(record, name="  ")
    with pytest.raises(RecordError, match="no worklist at this address"):
        worklist(record, "x")
    with pytest.raises(RecordError, match="no worklist at this address"):
        close_worklist(record, "x")
    for changes in ({"mode": "adjudication"}, {"threshold": 1.5}, {"truth": "rumour"}):
        (value,) = changes.values()
        with pytest.raises(ValueError, match=f"Received {value!r}"):
            create(record, **changes)
    assert all_worklists(record) == []
