"""Readers: known by their sign-in or by the name they chose, and told apart."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.record.opening import open_record
from app.core.record.problems import RecordError
from app.core.record.readers import (
    all_readers,
    find_reader,
    known_reader,
    remove_reader,
    restore_reader,
    set_role,
)


def test_a_reader_who_was_removed_stays_named_and_may_come_back(record):
    reader = known_reader(record, "Ada", subject="issuer|1")
    remove_reader(record, reader.id)

    [found] = all_readers(record)
    assert (found.name, found.is_removed) == ("Ada", True)
    assert known_reader(record, "Another name", subject="issuer|1") == found
    restore_reader(record, reader.id)
    assert all_readers(record) == [reader]


def test_sign_ins_of_one_name_are_told_apart(record):
    signed_in = [
        known_reader(record, "Ada", subject="issuer|1", email="a@b.org"),
        known_reader(record, "Ada", subject="issuer|2", email="a@c.org"),
        known_reader(record, "Ada", subject="issuer|3", email="a@c.org"),
        known_reader(record, "Ada", subject="issuer|4"),
    ]

    assert [one.name for one in signed_in] == ["Ada", "Ada (a@c.org)", "Ada (2)", "Ada (3)"]
    assert known_reader(record, "Ada", subject="issuer|2") == signed_in[1]


def test_nobody_chooses_the_name_of_somebody_who_signs_in(record):
    known_reader(record, "Ada", subject="issuer|1")
    chosen = known_reader(record, "Ben")

    with pytest.raises(RecordError, match="'Ada' belongs to another reader"):
        known_reader(record, "Ada")
    assert (find_reader(record, "Ada"), find_reader(record, " Ben ")) == (None, chosen)
    with pytest.raises(RecordError, match="needs a name"):
        known_reader(record, "\n")


def test_a_role_is_given(record):
    reader = known_reader(record, "Ada")
    set_role(record, reader.id, "adjudicator")

    assert known_reader(record, "Ada").role == "adjudicator"
    with pytest.raises(ValueError, match="Received 'king'"):
        set_role(record, reader.id, "king")


def test_two_who_sign_in_at_once_are_two_readers(url):
    def sign_in(number: int) -> str:
        with open_record(url) as own:
            return known_reader(own, "Ada", subject=f"issuer|{number}").name

    open_record(url).close()
    with ThreadPoolExecutor(4) as pool:
        names = list(pool.map(sign_in, range(4)))

    assert sorted(names) == ["Ada", "Ada (2)", "Ada (3)", "Ada (4)"]
