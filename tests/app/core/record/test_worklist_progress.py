"""How far worklists are read, on both databases."""

from app.core.record import log
from app.core.record.entry import Draft
from app.core.record.readers import known_reader
from app.core.record.worklist_items import NewItem, add_items
from app.core.record.worklist_progress import read_so_far
from app.core.record.worklists import create_worklist


def made(record, name, films):
    found = create_worklist(
        record, name=name, origin="folder", place="", bundle_sha256="b" * 64,
        network_sha256="b" * 64, model="small",
    )  # fmt: skip
    add_items(record, found.id, [NewItem(f"{number}.png") for number in range(films)])
    return found.id


def say(record, worklist_id, item, reader, event="verdict", **more):
    draft = Draft(
        event=event, image_id="a" * 64, bundle_sha256="b" * 64, worklist_id=worklist_id,
        item=item, reader=reader.name, reader_id=reader.id, **more,
    )  # fmt: skip
    return log.append(record, draft)[0]


def test_each_reader_has_a_progress_of_their_own(record):
    ada, ben = known_reader(record, "Ada"), known_reader(record, "Ben")
    first, second = made(record, "First", 5), made(record, "Second", 2)
    say(record, first, 0, ada, agreement="agree")
    say(record, first, 0, ada, agreement="disagree")
    say(record, first, 1, ada, event="seen")
    say(record, first, 2, ada, event="call", label="NORMAL")  # not a verdict yet
    say(record, first, 3, ada, agreement="agree")
    say(record, first, 3, ada, event="clear")
    undone = say(record, first, 4, ada, agreement="agree")
    say(record, first, 4, ada, event="undo", undoes=undone.number)
    last = say(record, second, 1, ben, agreement="agree")

    of_ada, of_ben = read_so_far(record, ada.id), read_so_far(record, ben.id)
    assert (of_ada[first].read, of_ada[first].films) == (2, 5)
    assert (of_ada[second].read, of_ada[second].last) == (0, None)
    assert (of_ben[first].read, of_ben[second].read) == (0, 1)
    assert of_ben[second].last == last.created_at
