"""Films of worklists: added at the end, each name once, and known again by their files."""

import pytest

from app.core.record.problems import RecordError
from app.core.record.worklist_items import (
    Item,
    NewItem,
    Stamp,
    add_items,
    item_at,
    items,
    server_paths,
    set_image_ids,
)
from app.core.record.worklists import create_worklist

STAMP = Stamp(5_000_000_000, 1_780_000_000_123_456_789)


@pytest.fixture
def worklist_id(record):
    return create(record)


def create(record, origin="folder", place="ward"):
    return create_worklist(
        record, name="Ward 3", origin=origin, place=place, bundle_sha256="b" * 64,
        network_sha256="n" * 64, model="chest",
    ).id  # fmt: skip


def test_a_folder_that_is_looked_at_again_adds_what_is_new_at_the_end(record, worklist_id):
    names = [NewItem("b.png"), NewItem("c.png"), NewItem("b.png", "x")]
    assert add_items(record, worklist_id, names) == 2
    add_items(record, create(record), [NewItem("a.png")])

    again = [NewItem("a.png", "f" * 64, STAMP), *names]
    assert add_items(record, worklist_id, again) == 1
    assert add_items(record, worklist_id, []) == 0
    assert items(record, worklist_id) == [
        Item(0, "b.png"), Item(1, "c.png"), Item(2, "a.png", "f" * 64, STAMP)
    ]  # fmt: skip


def test_a_film_that_was_read_is_known_again_by_its_file(record, worklist_id):
    add_items(record, worklist_id, [NewItem(name) for name in "abc"])
    set_image_ids(record, worklist_id, [(0, "e" * 64, None), (2, "f" * 64, STAMP)])
    set_image_ids(record, worklist_id, [])

    assert items(record, worklist_id) == [
        Item(0, "a", "e" * 64), Item(1, "b"), Item(2, "c", "f" * 64, STAMP)
    ]  # fmt: skip
    assert item_at(record, worklist_id, 2) == Item(2, "c", "f" * 64, STAMP)
    with pytest.raises(RecordError, match="no film 4"):
        item_at(record, worklist_id, 3)


def test_where_films_lay_is_known_of_server_folders(record, worklist_id):
    film, other = "e" * 64, "f" * 64
    add_items(record, worklist_id, [NewItem("a/1.png", film), NewItem("2.png", other)])
    add_items(record, create(record, place=""), [NewItem("moved.png", film)])
    add_items(record, create(record, origin="uploads"), [NewItem("sent.png", film)])

    found = server_paths(record, [film, "0" * 64])

    assert set(found) == {film}
    assert sorted(found[film]) == ["moved.png", "ward/a/1.png"]
    assert server_paths(record, []) == {}


def test_nothing_is_added_to_a_worklist_that_is_not_there(record):
    with pytest.raises(RecordError, match="no worklist at this address"):
        add_items(record, "x", [NewItem("a.png")])
