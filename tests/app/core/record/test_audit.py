"""The audit finds what somebody changed who may do everything with the database."""

import pytest
from sqlalchemy import text

from app.core.record.audit import audit
from app.core.record.chain import START, sealed
from app.core.record.entry import Draft
from app.core.record.log import append
from app.core.record.triggers import NAMES


@pytest.fixture
def five(record):
    """A record of five verdicts."""
    drafts = [
        Draft(event="verdict", image_id=f"{n}", bundle_sha256="b", comment=f"of film {n}",
              probability=0.25, agreement="agree")
        for n in range(1, 6)
    ]  # fmt: skip
    append(record, *drafts)
    return record


def tamper(record, *statements):
    """Does what only the owner of the database can, and leaves no trigger out of place."""
    with record.engine.begin() as connection:
        if record.is_sqlite:
            names = ", ".join(f"'{name}'" for name in NAMES)
            kept = connection.execute(
                text(f"SELECT name, sql FROM sqlite_master WHERE name IN ({names})")
            ).all()
            for name, _ in kept:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        for statement in statements:
            connection.exec_driver_sql(statement)
        if record.is_sqlite:
            for _, sql in kept:
                connection.exec_driver_sql(sql)
        else:
            connection.exec_driver_sql("SET session_replication_role = DEFAULT")


def found(record, **noted):
    return [(one.number, one.sentence) for one in audit(record, **noted).faults]


def test_a_record_as_it_was_saved_is_sound(five):
    checked = audit(five)

    assert checked.is_sound
    assert (checked.num_entries, checked.last) == (5, 5)
    assert found(five, noted=(5, checked.last_hash)) == []


def test_an_empty_record_is_sound(record):
    checked = audit(record)

    assert checked.is_sound
    assert (checked.num_entries, checked.last, checked.last_hash) == (0, 0, START)


@pytest.mark.parametrize(
    "change",
    ["comment = 'of film 8'", "agreement = 'disagree'", "probability = 0.2500000000000001",
     "created_at = '2020-01-01T00:00:00.000000Z'", "label = ''", "bundle_sha256 = 'c'",
     "hash = 'x'", "comment = NULL"],
)  # fmt: skip
def test_a_changed_byte_is_found(five, change):
    tamper(five, f"UPDATE entries SET {change} WHERE number = 3")

    assert (3, "was changed after it was saved") in found(five)
    # Only a changed hash makes the next entry doubtful, which holds the true one.
    assert len(found(five)) == (2 if change.startswith("hash") else 1)


def test_bytes_that_are_no_text_are_found(sqlite_record):
    append(sqlite_record, Draft(event="seen", image_id="a", bundle_sha256="b", comment="ok"))
    tamper(sqlite_record, "UPDATE entries SET comment = CAST(x'FF6B' AS TEXT)")

    assert found(sqlite_record) == [(1, "was changed after it was saved")]


@pytest.mark.parametrize(
    ("where", "sentences"),
    [
        ("number = 1", [(1, "is missing")]),
        ("number = 3", [(3, "is missing")]),
        ("number IN (2, 3, 4)", [(2, "and all entries up to 4 are missing")]),
        ("number = 5", [(5, "is missing")]),
        ("number > 0", [(1, "and all entries up to 5 are missing")]),
    ],
)
def test_a_missing_entry_is_found(five, where, sentences):
    tamper(five, f"DELETE FROM entries WHERE {where}")

    assert found(five) == sentences


def test_a_swapped_order_is_found(five):
    tamper(
        five,
        "UPDATE entries SET number = 9 WHERE number = 2",
        "UPDATE entries SET number = 2 WHERE number = 4",
        "UPDATE entries SET number = 4 WHERE number = 9",
    )

    told = found(five)
    assert (2, "was entry 4 when it was saved") in told
    assert (4, "was entry 2 when it was saved") in told


def test_hashes_that_were_worked_out_again_differ_from_what_was_noted(five):
    noted = audit(five)
    with five.reading() as connection:
        rows = connection.execute(text("SELECT * FROM entries ORDER BY number")).mappings().all()
    statements, previous = [], START
    for row in rows:
        changed = {**row, "comment": "forged"}
        forged = sealed(changed, number=row["number"], previous=previous)
        previous = forged["hash"]
        statements.append(
            f"UPDATE entries SET comment = 'forged', previous = '{forged['previous']}', "
            f"hash = '{previous}' WHERE number = {row['number']}"
        )
    tamper(five, *statements, f"UPDATE chain_head SET hash = '{previous}'")

    assert found(five) == []
    assert found(five, noted=(noted.last, noted.last_hash)) == [
        (5, "does not have the hash that was noted")
    ]


def test_a_rule_of_the_database_that_was_removed_is_named(five):
    with five.engine.begin() as connection:
        table = "" if five.is_sqlite else " ON entries"
        connection.exec_driver_sql(f"DROP TRIGGER entries_no_update{table}")

    checked = audit(five)
    assert checked.missing_triggers == ("entries_no_update",)
    assert not checked.is_sound
    assert checked.faults == ()
