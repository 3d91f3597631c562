"""Worklists and readers outlive the session that made them."""

import pytest

from app.core.record.entry import Draft
from app.core.record.log import append, entry
from app.core.record.opening import open_record
from app.core.record.problems import RecordError
from app.core.record.readers import all_readers, known_reader, remove_reader
from app.core.record.worklists import (
    Item,
    add_items,
    all_worklists,
    close_worklist,
    create_worklist,
    items,
    set_image_ids,
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
        made = create(record, name=" Ward  3 ", created_by=reader.id)
        assert add_items(record, made.id, ["b.png", "a.png", "b.png"]) == 2
        set_image_ids(record, made.id, [(1, "f" * 64)])

    with open_record(url) as record:
        found = worklist(record, made.id)
        assert found == made
        assert (found.name, found.mode, found.is_closed) == ("Ward 3", "blind_first", False)
        assert items(record, made.id) == [Item(0, "b.png", None), Item(1, "a.png", "f" * 64)]
        assert all_worklists(record) == [made]
        assert known_reader(record, "Ada Lovelace") == reader


def test_a_folder_that_is_looked_at_again_adds_what_is_new_at_the_end(record):
    made, other = create(record), create(record, name="Other")
    add_items(record, made.id, ["b.png", "c.png"])
    add_items(record, other.id, ["a.png"])

    assert add_items(record, made.id, ["a.png", "b.png", "c.png"]) == 1
    assert add_items(record, made.id, []) == 0
    assert [one.name for one in items(record, made.id)] == ["b.png", "c.png", "a.png"]
    assert made.id != other.id
    assert len(made.id) >= 20


def test_a_closed_worklist_keeps_what_was_read_in_it(record):
    made = create(record)
    add_items(record, made.id, ["a.png"])
    draft = Draft(
        event="reported", image_id="", bundle_sha256="b" * 64, worklist_id=made.id, item=0
    )
    append(record, draft)
    close_worklist(record, made.id)

    assert worklist(record, made.id).is_closed
    assert (entry(record, 1).worklist_id, entry(record, 1).item) == (made.id, 0)


def test_a_reader_who_was_removed_stays_named(record):
    reader = known_reader(record, "Ada", subject="issuer|1")
    remove_reader(record, reader.id)

    [found] = all_readers(record)
    assert (found.name, found.is_removed) == ("Ada", True)
    assert known_reader(record, "Another name", subject="issuer|1").id == reader.id


@pytest.mark.parametrize("subject", [None, "issuer|2"])
def test_nobody_takes_the_name_of_another_reader(record, subject):
    known_reader(record, "Ada", subject="issuer|1")

    with pytest.raises(RecordError, match="belongs to another reader"):
        known_reader(record, "Ada", subject=subject)


def test_what_has_no_name_or_is_not_there_is_refused(record):
    with pytest.raises(RecordError, match="needs a name"):
        create(record, name="  ")
    with pytest.raises(RecordError, match="needs a name"):
        known_reader(record, "\n")
    with pytest.raises(RecordError, match="no worklist at this address"):
        worklist(record, "x")
    with pytest.raises(ValueError, match="Received 'asleep'"):
        create(record, mode="asleep")
    assert all_worklists(record) == []
