from dataclasses import replace
from io import BytesIO

import pandas as pd
import pytest

from app.core.exports.rows import READING_COLUMNS, film_columns, film_rows, reading_rows
from app.core.exports.tables import csv, parquet


def by_reader(contents, item, reader):
    (found,) = [
        one for one in reading_rows(contents) if (one["item"], one["reader"]) == (item, reader)
    ]
    return found


def test_every_film_has_a_row_and_every_reader_of_it(contents):
    films, readings = film_rows(contents), reading_rows(contents)

    assert [row["path"] for row in films] == list(contents.names)
    assert [(row["item"], row["reader"]) for row in readings] == [
        (0, "Ada"), (0, "Grace"), (0, "Mary"), (1, "Ada"), (1, "Grace"), (2, "Ada"), (3, "Ada"),
    ]  # fmt: skip
    for row, columns in ((films[0], film_columns(contents)), (readings[0], READING_COLUMNS)):
        assert set(row) == set(columns)


def test_a_decision_is_by_adjudication_or_by_all_readers(contents):
    decided = [(row["decision"], row["decided_by"]) for row in film_rows(contents)]

    assert decided == [
        ("NORMAL", "adjudication"), ("PNEUMONIA", "all readers"), ("NORMAL", "one reader"),
        (None, None), (None, None),
    ]  # fmt: skip


def test_a_row_says_what_was_said_and_shown(contents):
    ada, grace = by_reader(contents, 0, "Ada"), by_reader(contents, 0, "Grace")

    assert (ada["call"], ada["shown_prediction"], ada["verdict"]) == (
        "NORMAL", "PNEUMONIA", "PNEUMONIA",
    )  # fmt: skip
    assert (ada["changed"], ada["right_before"], ada["right_after"]) == ("yes", "yes", "no")
    assert (grace["changed"], grace["right_after"]) == ("no", "yes")
    assert (ada["call_seconds"], ada["seconds"], ada["shown_threshold"]) == (10.0, 4.0, 0.5)
    assert (ada["call_entry"], ada["verdict_entry"]) == (1, 2)
    assert ada["verdict_hash"] == contents.entries[1].hash


def test_a_refused_film_has_a_mark_and_no_class(contents):
    row = by_reader(contents, 3, "Ada")

    assert (row["event"], row["verdict"], row["comment"]) == ("reported", None, "turned")
    assert row["status"] == "refused"


def test_csv_is_read_by_a_spreadsheet_as_it_is(contents):
    written = csv(reading_rows(contents), READING_COLUMNS)

    assert written.startswith(b"\xef\xbb\xbfworklist,")
    table = pd.read_csv(BytesIO(written), dtype=str, keep_default_na=False)
    assert len(table) == 7
    assert table["film"][0] == "'=NORMAL/1.png"
    assert table["film"][3] == "PNEUMONIA/肺 2.png"
    assert table["comment"][5] == "'=HYPERLINK(1)\\r\nopacité 肺 \U0001f62e <b>"
    assert table["tags"][5] == "rotated, device"
    assert (table["tags"][0], table["regions"][0]) == ("", "")
    assert table["verdict_entry"][0] == "2"  # not 2.0
    assert table["call_entry"][5] == ""


@pytest.mark.parametrize("which", ["films", "readings"])
def test_parquet_holds_the_same_with_numbers_as_numbers(contents, which):
    rows, columns = {
        "films": (film_rows(contents), film_columns(contents)),
        "readings": (reading_rows(contents), READING_COLUMNS),
    }[which]

    table = pd.read_parquet(BytesIO(parquet(rows, columns)))
    expected = pd.DataFrame(rows, columns=list(columns))

    assert table["item"].dtype == "int64"
    kept = table.astype(object).where(table.notna(), None).values.tolist()
    assert kept == expected.astype(object).where(expected.notna(), None).values.tolist()


def test_an_unread_worklist_has_tables_without_rows(contents):
    unread = replace(contents, entries=())

    assert reading_rows(unread) == []
    assert len(pd.read_csv(BytesIO(csv([], READING_COLUMNS)))) == 0
    assert parquet([], READING_COLUMNS)
    assert len(film_rows(unread)) == 5
