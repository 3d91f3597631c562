"""Tables as programs write them, byte by byte."""

import openpyxl
import pytest

from app.core.errors import DatasetError
from model_training.data.cells import texts_of
from model_training.data.datasets import read_dataset
from model_training.data.table_files import load_table
from tests.model_training.data.label_tables import labels


def loaded(folder, content, name="t.csv", **options):
    data = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(data)
    table, notes = load_table(folder / name, **options)
    return list(table.columns), table.to_numpy().tolist(), notes


EXPECTED = (["bild", "befund"], [["1.png", "unauffällig"], ["2.png", "krank"]], [])
TEXT = "bild,befund\n1.png,unauffällig\n2.png,krank\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        TEXT.replace(",", ";"),
        TEXT.replace(",", "\t"),
        TEXT.replace(",", "|"),
        TEXT.replace("\n", "\r\n"),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        "sep=;\r\n" + TEXT.replace(",", ";"),
        "\ufeffsep=;\n" + TEXT.replace(",", ";"),
        '"sep=;"\n' + TEXT.replace(",", ";"),
        ("sep=\t\n" + TEXT.replace(",", "\t")).encode("utf-16"),
        "\n" + TEXT.replace("\n", "\n\n"),
        '"bild","befund"\n"1.png","unauffällig"\n"2.png","krank"\n',
        TEXT.replace("\n", ",\n"),  # separators at the end
        TEXT.replace("\n", ",\n").replace("befund,", "befund"),
        TEXT + ",\n",
    ],
    ids=range(19),
)
def test_one_table_in_many_files(tmp_path, content):
    columns, rows, notes = loaded(tmp_path, content)

    assert (columns[:2], [row[:2] for row in rows], notes) == EXPECTED
    assert columns[2:] in ([], ["Unnamed: 2"])


def test_windows_1252_is_read_and_said(tmp_path):
    columns, rows, (note,) = loaded(tmp_path, TEXT.encode("cp1252"))

    assert (columns, rows) == EXPECTED[:2]
    assert "Windows-1252" in note


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("a,b\n1,норма\n", "cp1251"),
        ("a,b\n1,正常\n", "gb18030"),
        ("a,b\n1,正常です\n", "shift_jis"),
    ],
)
def test_another_alphabet_is_asked_about(tmp_path, text, encoding):
    with pytest.raises(DatasetError, match="--encoding"):
        loaded(tmp_path, text.encode(encoding))

    assert loaded(tmp_path, text.encode(encoding), encoding=encoding)[1] == [
        ["1", text.split(",")[-1].strip()]
    ]


def test_an_encoding_that_does_not_fit_is_said(tmp_path):
    for encoding in ("ascii", "nonsense"):
        with pytest.raises(DatasetError, match=f"--encoding {encoding}"):
            loaded(tmp_path, TEXT, encoding=encoding)


def test_row_names_of_r_are_a_column_of_their_own(tmp_path):
    columns, rows, _ = loaded(tmp_path, '"file" "label"\n'.replace(" ", ",") + '"1","a","x"\n')

    assert columns == ["Unnamed: 0", "file", "label"]
    assert rows == [["1", "a", "x"]]


def test_an_unnamed_index_of_pandas_keeps_its_place(tmp_path):
    assert loaded(tmp_path, ",file,label\n0,a,x\n1,b,y\n")[0] == ["Unnamed: 0", "file", "label"]


def test_two_columns_of_one_name_are_two(tmp_path):
    assert loaded(tmp_path, "file,label,label\na,x,y\n")[0] == ["file", "label", "label.1"]


def test_a_row_with_too_many_cells_is_not_shifted(tmp_path):
    with pytest.raises(DatasetError, match=r"1 of 2 rows of t.csv .*\(line 3\)") as caught:
        loaded(tmp_path, "file,label\n1.png,a\nMueller, Eva.png,b\n")

    assert "Mueller" not in str(caught.value)


def test_a_short_row_is_blank_at_its_end(tmp_path):
    assert loaded(tmp_path, "file,label,who\n1,a,x\n2,b\n")[1] == [["1", "a", "x"], ["2", "b", ""]]


def workbook(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_is_read(tmp_path):
    rows = [[], ["file", "label", None], ["1.png", 1, None], ["2.png", 0.0, None], [None, None]]

    table, notes = load_table(workbook(tmp_path / "t.xlsx", a=rows, empty=[]))

    assert list(table.columns) == ["file", "label"]
    assert table.to_numpy().tolist() == [["1.png", 1], ["2.png", 0.0]]
    assert notes == []


def test_of_two_sheets_one_must_be_named(tmp_path):
    file = workbook(tmp_path / "t.xlsx", one=[["f", "l"], ["1", "a"]], two=[["f", "l"], ["2", "b"]])

    with pytest.raises(DatasetError, match=r"2 sheets: \['one', 'two'\].*--sheet"):
        load_table(file)
    with pytest.raises(DatasetError, match="no sheet 'three'"):
        load_table(file, sheet="three")
    table, notes = load_table(file, sheet="two")
    assert table.to_numpy().tolist() == [["2", "b"]]
    assert notes == ["Read from the sheet two of t.xlsx."]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", b""),
        ("t.csv", b'Image,Class\n"Mueller,1\n'),
        ("t.parquet", b"Image,Class\nMueller,1\n"),
        ("t.xlsx", b"Image,Class\nMueller,1\n"),
        ("t.csv", "Image,Class\nMueller,1".encode("utf-16") + b"\x00"),
    ],
)
def test_what_is_no_table_says_nothing_of_its_content(tmp_path, name, content):
    with pytest.raises(DatasetError, match="cannot be read as a table") as caught:
        loaded(tmp_path, content, name)

    assert "ller" not in str(caught.value)


def test_a_workbook(folder):
    book = openpyxl.Workbook()
    for row in (["File Name", "Label", "Patient"], ["film_0", "Normal", 7], ["film_1", "TB", 8]):
        book.active.append(row)
    book.save(folder / "labels.xlsx")

    dataset = read_dataset(folder)

    assert labels(dataset) == {"film_0.png": "Normal", "film_1.png": "TB"}
    assert [case.patient_id for case in dataset.cases] == ["7", "8"]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_names_in_other_encodings_find_their_files(tmp_path, encoding):
    for number, name in enumerate(("Röntgen 1.png", "Röntgen 2.png")):
        (tmp_path / name).write_bytes(bytes([number]))
    text = "sep=;\r\nDatei;label\r\nRöntgen 1.png;unauffällig\r\nRöntgen 2.png;auffällig\r\n"
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))

    assert labels(read_dataset(tmp_path)) == {
        "Röntgen 1.png": "unauffällig",
        "Röntgen 2.png": "auffällig",
    }


def test_columns_of_one_name_never_get_a_name_that_is_taken(tmp_path):
    (tmp_path / "t.csv").write_text("a,a.1,a,a\n1,2,3,4\n")

    table, _ = load_table(tmp_path / "t.csv")

    assert list(table) == ["a", "a.1", "a.2", "a.3"]
    assert table.iloc[0].tolist() == ["1", "2", "3", "4"]


def test_lines_of_json_are_rows(tmp_path):
    text = (
        '\ufeff{"file": "1.png", "label": 0}\r\n\r\n{"file": "2.png", "findings": ["a", "b"]}\r\n'
    )
    (tmp_path / "t.jsonl").write_text(text, encoding="utf-8", newline="")

    table, notes = load_table(tmp_path / "t.jsonl")

    assert {name: texts_of(table[name]) for name in table} == {
        "file": ["1.png", "2.png"],
        "label": ["0", ""],
        "findings": ["", "['a', 'b']"],
    }
    assert notes == []


@pytest.mark.parametrize("text", ["[1, 2]", '{"file": "Mueller"', "Mueller", "", "1"])
def test_lines_that_are_not_json_objects_are_no_table(tmp_path, text):
    (tmp_path / "t.jsonl").write_text(text)

    with pytest.raises(DatasetError, match=r"cannot be read as a table|has no rows") as caught:
        load_table(tmp_path / "t.jsonl")

    assert "ueller" not in str(caught.value)
