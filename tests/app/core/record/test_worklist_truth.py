"""The true classes that a table gave are kept, until another table gives others."""

import pytest

from app.core.record.opening import open_record
from app.core.record.problems import RecordError
from app.core.record.worklist_items import NewItem, add_items
from app.core.record.worklist_truth import set_table_truth, table_truth
from app.core.record.worklists import create_worklist, worklist


def create(record):
    made = create_worklist(
        record, name="Ward 3", origin="folder", place="ward", bundle_sha256="b" * 64,
        network_sha256="n" * 64, model="chest",
    )  # fmt: skip
    add_items(record, made.id, [NewItem("a.png"), NewItem("b.png"), NewItem("c.png")])
    return made.id


def test_the_last_table_holds_after_a_restart(url):
    with open_record(url) as record:
        one, other = create(record), create(record)
        set_table_truth(record, one, {0: "NORMAL", 1: "NORMAL"})
        set_table_truth(record, one, {1: "PNEUMONIA", 2: "肺炎"})

    with open_record(url) as record:
        assert table_truth(record, one) == {1: "PNEUMONIA", 2: "肺炎"}
        assert table_truth(record, other) == {}
        assert worklist(record, one).truth == "table"
        assert worklist(record, one).truth_at is not None
        assert worklist(record, other).truth is None


def test_an_unknown_worklist_has_no_true_classes(record):
    with pytest.raises(RecordError, match="no worklist"):
        set_table_truth(record, "elsewhere", {0: "NORMAL"})
