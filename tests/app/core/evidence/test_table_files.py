from io import BytesIO

import pandas as pd
import pytest

from app.core.errors import DatasetError
from app.core.evidence.table_files import read_table, read_table_file

ROWS = pd.DataFrame({"case": ["01", "02"], "score": [0.5, 7.0], "note": ["é", None]})


def written(how, **options):
    buffer = BytesIO()
    getattr(ROWS, how)(buffer, index=False, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("case,score,note\n01,0.5,é\n02,7,\n".encode(), "a.csv"),
        ("\ufeffcase;score;note\r\n01;0.5; é \r\n02;7;\r\n".encode(), "a.csv"),
        ("case\tscore\tnote\n01\t0.5\té\n02\t7\t\n".encode("cp1252"), "a.TSV"),
        (written("to_excel"), "a.xlsx"),
        (written("to_parquet"), "a.parquet"),
    ],
    ids=["csv", "spreadsheet", "tsv", "excel", "parquet"],
)
def test_every_kind_of_table_gives_the_same_cells(content, name):
    table = read_table(content, name)

    assert table.columns == ["case", "score", "note"]
    assert table.cells.to_numpy().tolist() == [["01", "0.5", "é"], ["02", "7", ""]]


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"case,score\n", "a.csv", "has no rows"),
        (b"", "a.csv", "'a.csv' is empty"),
        (b"PK\x03\x04 no workbook", "a.xlsx", "no workbook of Excel"),
        (b"PAR1 no table", "a.parquet", "no Parquet file"),
        (b"case,score\n1,2,3,4\n1,2\n", "a.csv", "has 4 cells in line 2, and 2 in the lines"),
        (b"Vendor, 2026\nExport\ncase,score,truth\n", "a.csv", "3 cells in line 3.*delete what"),
        (b"case,case\n1,2\n", "a.csv", "two columns called 'case'"),
        (b"%PDF", "a.pdf", "not a table"),
    ],
)
def test_what_is_no_table_says_what_was_expected(content, name, told):
    with pytest.raises(DatasetError, match=told):
        read_table(content, name)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DatasetError, match=r"'gone\.csv' cannot be read"):
        read_table_file(tmp_path / "gone.csv")
