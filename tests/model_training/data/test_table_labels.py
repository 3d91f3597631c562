"""Cells that cannot be labels."""

from datetime import date

import pandas as pd
import pytest

from app.core.errors import DatasetError
from model_training.data.rules import Rules
from model_training.data.table_labels import read_labels


def labels(*cells):
    return read_labels(pd.DataFrame({"grade": list(cells)}, dtype=object), ["grade"], Rules(), "t")


@pytest.mark.parametrize(
    "cell", [date(2026, 4, 3), pd.Timestamp(2026, 4, 3), "3-Apr", "04. Mrz", "Oct-12"]
)
def test_dates_that_a_spreadsheet_made_of_labels_are_refused(cell):
    with pytest.raises(DatasetError, match=r"1 labels in the column 'grade' of t are dates"):
        labels("3-3", cell)


@pytest.mark.parametrize("cell", ["3-4", "Mayo", "Mar", "12 decades", "T1-N0", "1.2"])
def test_what_is_no_date_is_a_label(cell):
    assert labels("3-3", cell).labels == ["3-3", cell]
