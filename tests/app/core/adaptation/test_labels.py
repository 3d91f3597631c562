import cv2
import pandas as pd
import pytest

from app.core.adaptation.labels import labelled_as_two, parse_table, read_labels, read_labels_below
from app.core.adaptation.proposal import to_label
from app.core.bundles.task import Task
from app.core.errors import DatasetError, SourceError
from app.core.spreadsheets import to_csv

TASK = Task(
    title="Pneumonia", classes=("NORMAL", "PNEUMONIA"), positive="PNEUMONIA",
    display_names={"NORMAL": "Healthy"},
)  # fmt: skip


def table_of(folder, text, name="labels.csv"):
    path = folder / name
    path.write_text(text)
    return path


def test_a_table_gives_paths_beside_it_classes_and_patients(tmp_path):
    path = table_of(
        tmp_path, "path,label,patient_id\na.png,PNEUMONIA,p1\nsub/b.png,normal,\nc.png,healthy,p2\n"
    )

    found = read_labels(path, TASK)

    assert [one.source.path for one in found] == [
        tmp_path / "a.png", tmp_path / "sub/b.png", tmp_path / "c.png"
    ]  # fmt: skip
    assert [one.label for one in found] == [1, 0, 0]
    assert [one.patient_id for one in found] == ["p1", "", "p2"]


def test_rows_that_are_not_filled_in_are_passed_over(tmp_path):
    path = table_of(tmp_path, "path,label\na.png,PNEUMONIA\nb.png,\nc.png,  \n")

    assert [one.source.name for one in read_labels(path, TASK)] == ["a.png"]


def test_films_labelled_as_two_classes_are_found(tmp_path):
    rows = "a.png,NORMAL\nb.png,NORMAL\nc.png,PNEUMONIA\na.png,PNEUMONIA\nb.png,NORMAL\n"

    found = labelled_as_two(read_labels(table_of(tmp_path, f"path,label\n{rows}"), TASK))

    assert found == ["a.png"]


def test_paths_of_a_list_to_label_that_a_spreadsheet_would_compute_are_found(tmp_path):
    names = ["=1.png", "-2.png", "'-3.png"]
    for name in names:
        (tmp_path / name).write_bytes(b"film")
    listed = to_label(names)
    listed["label"] = "NORMAL"

    found = read_labels(table_of(tmp_path, to_csv(listed)), TASK)

    assert [one.source.path for one in found] == [tmp_path / name for name in names]
    assert [one.source.name for one in found] == names


def test_other_names_of_columns_and_other_formats(tmp_path):
    tab = table_of(tmp_path, "File\tClass\nx.png\tNORMAL\n", "labels.tsv")
    parquet = tmp_path / "labels.parquet"
    pd.DataFrame({"image": ["x.png"], "truth": ["NORMAL"]}).to_parquet(parquet)

    for path in (tab, parquet):
        assert [(one.source.name, one.label) for one in read_labels(path, TASK)] == [("x.png", 0)]


def test_folders_of_classes(tmp_path, film):
    for name in ("NORMAL/b.png", "NORMAL/a.png", "pneumonia/c.png", "other/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), film)

    found = read_labels(tmp_path, TASK)

    assert [(one.source.path.name, one.label) for one in found] == [
        ("a.png", 0), ("b.png", 0), ("c.png", 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\na.png,TUMOUR\n", "labels 'TUMOUR'.*Expected NORMAL, PNEUMONIA"),
        ("path,diagnosis\na.png,NORMAL\n", "no column label; it has path, diagnosis"),
        ("scan,label\na.png,NORMAL\n", "no column path"),
        ("path,label\na.png,\n", "no film with a label"),
        ("", "cannot be read"),
    ],
)
def test_tables_that_hold_no_labels(tmp_path, text, message):
    with pytest.raises(DatasetError, match=message):
        read_labels(table_of(tmp_path, text), TASK)


def test_what_holds_no_labels_at_all(tmp_path):
    (tmp_path / "other").mkdir()
    with pytest.raises(DatasetError, match="no folder of a class"):
        read_labels(tmp_path, TASK)
    with pytest.raises(DatasetError, match="holds no labels"):
        read_labels(tmp_path / "missing.csv", TASK)


def test_a_table_as_spreadsheets_save_it():
    content = "\ufeffpath;label;patient_id\r\na, b.png;Healthy;7\r\n".encode()

    (row,) = parse_table(content, "labels.csv", TASK)

    assert (row.film, row.label, row.patient_id) == ("a, b.png", 0, "7")


def test_another_encoding_is_named():
    with pytest.raises(DatasetError, match="Expected CSV in UTF-8"):
        parse_table("path,label\nübung.png,NORMAL\n".encode("cp1252"), "labels.csv", TASK)


def test_films_below_a_root_are_named_by_their_path_in_it(tmp_path, film):
    (tmp_path / "week" / "NORMAL").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "week" / "NORMAL" / "a.png"), film)
    table_of(tmp_path / "week", "path,label\nNORMAL/a.png,PNEUMONIA\n")

    for relative, label in (("week", 0), ("week/labels.csv", 1)):
        (found,) = read_labels_below(tmp_path, relative, TASK)
        assert (found.source.name, found.label) == ("week/NORMAL/a.png", label)


def test_neither_table_nor_film_may_be_outside_the_root(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    table_of(tmp_path, "path,label\na.png,NORMAL\n")
    table_of(root, "path,label\nb.png,NORMAL\n../secret/a.png,NORMAL\n/etc/passwd,NORMAL\n")

    with pytest.raises(SourceError, match="outside the configured data root"):
        read_labels_below(root, "../labels.csv", TASK)
    with pytest.raises(DatasetError, match=r"2 of the labelled films are outside.*'a\.png'"):
        read_labels_below(root, "labels.csv", TASK)


def test_a_link_out_of_the_root_is_not_followed(tmp_path, film):
    root = tmp_path / "root"
    root.mkdir()
    cv2.imwrite(str(tmp_path / "secret.png"), film)
    (root / "a.png").symlink_to(tmp_path / "secret.png")
    table_of(root, "path,label\na.png,NORMAL\n")

    with pytest.raises(DatasetError, match="outside the configured data root"):
        read_labels_below(root, "labels.csv", TASK)
