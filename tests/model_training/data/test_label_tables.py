"""Tables of labels as people have them: each with the label of every image, or the question."""

import openpyxl
import pandas as pd
import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import read_dataset
from model_training.data.rules import Rules
from model_training.data.table_columns import Columns


@pytest.fixture
def folder(tmp_path):
    """Images `0.png` to `5.png` and `film_0.png` to `film_5.png`, all different."""
    for number in range(6):
        for name in (f"{number}.png", f"film_{number}.png"):
            (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def read(folder, text, **options):
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return read_dataset(folder / "t.csv", **options)


def labels(dataset):
    return {case.name: dataset.classes[case.label] for case in dataset.cases}


def findings(dataset):
    assert dataset.task == "any-of"
    return {
        case.name: dict(zip(dataset.classes, case.findings, strict=True)) for case in dataset.cases
    }


def noted(dataset, *words):
    return any(all(word in note for word in words) for note in dataset.notes)


# ---- the column of the images ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["filename", "Bild", "image_path"])
@pytest.mark.parametrize("index", ["", "index"])
def test_row_numbers_are_no_file_names(folder, name, index):
    rows = [f"{row},film_{5 - row}.png,{'yes' if row % 2 else 'no'}" for row in (3, 0, 1, 2)]

    dataset = read(folder, "\n".join([f"{index},{name},label", *rows]))

    assert labels(dataset) == {
        "film_2.png": "yes", "film_5.png": "no", "film_4.png": "yes", "film_3.png": "no"
    }  # fmt: skip
    assert noted(dataset, "numbers the rows and is not read", "--path-column")


def test_row_numbers_alone_are_asked_about_and_can_be_named(folder):
    text = ",label\n0,no\n1,yes\n2,yes\n"

    with pytest.raises(DatasetError, match=r"No column .* file name.*'Unnamed: 0' numbers the"):
        read(folder, text)

    dataset = read(folder, text, columns=Columns(path="Unnamed: 0"))
    assert labels(dataset) == {"0.png": "no", "1.png": "yes", "2.png": "yes"}


def test_numbers_that_match_names_do_not_win_over_file_names(folder):
    dataset = read(folder, "id,filename,label\n0,film_5.png,no\n1,film_4.png,yes\n")

    assert labels(dataset) == {"film_5.png": "no", "film_4.png": "yes"}
    assert noted(dataset, "The numbers in id also match")


def test_two_columns_that_name_different_images_are_asked_about(folder):
    text = "image,lateral,label\nfilm_0.png,0.png,no\nfilm_1.png,1.png,yes\n"

    with pytest.raises(DatasetError, match=r"image 2, lateral 2\).*--path-column"):
        read(folder, text)

    dataset = read(folder, text, columns=Columns(path="lateral"))
    assert labels(dataset) == {"0.png": "no", "1.png": "yes"}


def test_two_columns_that_name_the_same_images_are_one(folder):
    dataset = read(folder, "path,filename,label\n./film_0.png,film_0,no\n./film_1.png,film_1,yes\n")

    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}


def test_a_column_of_masks_names_no_images(folder):
    dataset = read(folder, "image,mask,label\nfilm_0.png,0.png,no\nfilm_1.png,1.png,yes\n")

    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}
    assert noted(dataset, "The column mask names masks")


def test_a_patient_number_is_no_file_name(folder):
    dataset = read(folder, "patient,image,label\n0,film_0,no\n1,film_1,yes\n")

    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}
    assert [case.patient_id for case in dataset.cases] == ["0", "1"]


# ---- rows --------------------------------------------------------------------------------------


def test_one_row_a_box_is_one_row_an_image(folder):
    text = "patientId,x,y,width,height,Target\n0,,,,,0\n1,264.0,152.0,213.0,379.0,1\n1,5,6,7,8,1\n"

    dataset = read(folder, text)

    assert labels(dataset) == {"0.png": "0", "1.png": "1"}
    assert [case.patient_id for case in dataset.cases] == ["0", "1"]
    assert noted(dataset, "1 of 3 rows name an image again, with the same label")


def test_boxes_with_different_names_are_findings_in_one_image(folder):
    text = (
        "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n"
        "film_0,No finding,14,R1,,,,\nfilm_0,No finding,14,R2,,,,\n"
        "film_1,Cardiomegaly,3,R1,1,2,3,4\nfilm_1,Aortic enlargement,0,R2,1,2,3,4\n"
        "film_2,Cardiomegaly,3,R1,1,2,3,4\n"
    )

    dataset = read(folder, text)

    assert findings(dataset) == {
        "film_0.png": {"Aortic enlargement": 0, "Cardiomegaly": 0},
        "film_1.png": {"Aortic enlargement": 1, "Cardiomegaly": 1},
        "film_2.png": {"Aortic enlargement": 0, "Cardiomegaly": 1},
    }


TWICE = "file,label\nfilm_0,no\nfilm_1,yes\nfilm_1.png,no\nfilm_2,yes\nfilm_2,yes\n"


def test_rows_that_contradict_each_other_are_refused_dropped_or_findings(folder):
    with pytest.raises(DatasetError, match=r"1 images have rows with different labels.*\n  film_1"):
        read(folder, TWICE)

    dataset = read(folder, TWICE, rules=Rules(conflicts="drop"))

    assert labels(dataset) == {"film_0.png": "no", "film_2.png": "yes"}
    assert noted(dataset, "Left out: 1 images")


def test_several_rows_an_image_can_be_said_to_be_findings(folder):
    text = "file,label\nfilm_0,mass\nfilm_0,nodule\nfilm_1,none\nfilm_2,nodule\n"

    dataset = read(folder, text, rules=Rules(task="any-of"))

    assert findings(dataset) == {
        "film_0.png": {"mass": 1, "nodule": 1},
        "film_1.png": {"mass": 0, "nodule": 0},
        "film_2.png": {"mass": 0, "nodule": 1},
    }


def test_two_patients_of_one_image_are_refused(folder):
    with pytest.raises(DatasetError, match="different patient"):
        read(folder, "file,label,patient\nfilm_0,no,a\nfilm_0,no,b\nfilm_1,yes,c\n")


def test_missing_files_are_refused_or_dropped_and_rows_without_are_counted(folder):
    text = "file,label\nfilm_0,no\nfilm_1,yes\nfilm_77,yes\n"

    with pytest.raises(DatasetError, match=r"1 of the 3 images.*--missing drop:\n  film_77"):
        read(folder, text)

    dataset = read(folder, text, rules=Rules(missing="drop"))
    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}
    assert noted(dataset, "Left out: the files of 1 of 3 rows are missing")
    assert noted(dataset, "10 images below the folder are not in t.csv")


def test_blank_labels_are_refused_or_left_out(folder):
    text = "file,label\nfilm_0,no\nfilm_1,yes\nfilm_2,\n"

    with pytest.raises(DatasetError, match=r"1 of 3 rows .* no label .*--blanks ignore"):
        read(folder, text)

    dataset = read(folder, text, rules=Rules(blanks="ignore"))
    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}
    assert noted(dataset, "Left out: 1 of 3 rows have no label")


# ---- labels ------------------------------------------------------------------------------------


def test_spellings_in_a_column_are_one_class(folder):
    text = "file,label\nfilm_0,No Finding\nfilm_1,no_finding\nfilm_2,TB\nfilm_3, tb \nfilm_4,TB\n"

    dataset = read(folder, text)

    assert dataset.classes == ("No Finding", "TB")
    assert [case.label for case in dataset.cases] == [0, 0, 1, 1, 1]
    assert noted(dataset, "Spellings of one class, TB", "TB (2)", "tb (1)")


def test_one_hot_columns_with_one_1_in_every_row_are_classes(folder):
    text = "image,MEL,NV,BCC\nfilm_0,1.0,0.0,0.0\nfilm_1,0.0,1.0,0.0\nfilm_2,0.0,0.0,1.0\n"

    dataset = read(folder, text)

    assert dataset.task == "one-of"
    assert labels(dataset) == {"film_0.png": "MEL", "film_1.png": "NV", "film_2.png": "BCC"}
    assert noted(dataset, "labels from MEL, NV, BCC")
    assert noted(dataset, "Exactly one", "--task any-of")
    as_findings = read(folder, text, rules=Rules(task="any-of"))
    assert findings(as_findings)["film_1.png"] == {"MEL": 0, "NV": 1, "BCC": 0}


def test_a_column_without_a_1_is_said_to_be_left_out(folder):
    text = "image,MEL,NV,UNK\nfilm_0,1,0,0\nfilm_1,0,1,0\n"

    dataset = read(folder, text, positive="MEL")

    assert labels(dataset) == {"film_0.png": "MEL", "film_1.png": "NV"}
    assert noted(dataset, "No image has a 1 in UNK")


def test_several_1_in_a_row_are_findings_and_circumstances_are_none(folder):
    text = (
        "image,sex,Age,ap_pa,Effusion,Nodule,No Finding\n"
        "film_0,0,1,1,1,1,0\nfilm_1,1,0,0,0,0,1\nfilm_2,1,1,1,0,1,0\n"
    )

    dataset = read(folder, text)

    assert findings(dataset) == {
        "film_0.png": {"Effusion": 1, "Nodule": 1},
        "film_1.png": {"Effusion": 0, "Nodule": 0},
        "film_2.png": {"Effusion": 0, "Nodule": 1},
    }
    assert noted(dataset, "No Finding stands for images without any of the findings")
    with pytest.raises(DatasetError, match=r"1 rows of t.csv have a 1 in several"):
        read(folder, text, rules=Rules(task="one-of"))


def test_columns_of_findings_can_be_named(folder):
    text = "image,Effusion,Nodule,marker\nfilm_0,1,1,0\nfilm_1,0,0,1\nfilm_2,0,1,1\n"

    dataset = read(folder, text, columns=Columns(label="Effusion, nodule"))

    assert dataset.classes == ("Effusion", "Nodule")
    assert findings(dataset)["film_1.png"] == {"Effusion": 0, "Nodule": 0}


def test_words_beside_columns_of_findings_are_asked_about(folder):
    text = "image,Befund,smoker,diabetes\nfilm_0,krank,1,1\nfilm_1,gesund,0,1\nfilm_2,krank,0,0\n"
    text = text.replace("smoker", "hypertension")

    with pytest.raises(DatasetError, match=r"\['Befund'\] could be the label"):
        read(folder, text)

    assert read(folder, text, columns=Columns(label="Befund")).classes == ("gesund", "krank")


CHEXPERT = (
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Cardiomegaly,Edema\n"
    "x/film_0.png,Male,68,Frontal,AP,,1.0,-1.0\n"
    "x/film_1.png,Female,20,Lateral,,1.0,,\n"
    "x/film_2.png,Male,30,Frontal,PA,,0.0,1.0\n"
    "x/film_3.png,Male,31,Frontal,PA,,-1.0,\n"
)


def test_uncertain_findings_are_asked_about(folder):
    with pytest.raises(DatasetError, match=r"2 labels in the findings .*--uncertain ignore"):
        read(folder, CHEXPERT)


@pytest.mark.parametrize(
    ("uncertain", "blanks", "edema_of_0", "cardiomegaly_of_3", "edema_of_3"),
    [
        ("positive", None, 1, 1, None),
        ("negative", None, 0, 0, None),
        ("ignore", "negative", None, None, 0),
        ("positive", "negative", 1, 1, 0),
    ],
)
def test_chexpert(folder, uncertain, blanks, edema_of_0, cardiomegaly_of_3, edema_of_3):
    dataset = read(folder, CHEXPERT, rules=Rules(uncertain=uncertain, blanks=blanks))

    assert findings(dataset) == {
        "film_0.png": {"Cardiomegaly": 1, "Edema": edema_of_0},
        "film_1.png": {"Cardiomegaly": 0, "Edema": 0},
        "film_2.png": {"Cardiomegaly": 0, "Edema": 1},
        "film_3.png": {"Cardiomegaly": cardiomegaly_of_3, "Edema": edema_of_3},
    }
    assert noted(dataset, "2 of 8 labels are uncertain (-1)")


def test_an_image_of_which_nothing_is_known_is_left_out(folder):
    dataset = read(folder, CHEXPERT, rules=Rules(uncertain="ignore"))

    assert set(findings(dataset)) == {"film_0.png", "film_1.png", "film_2.png"}
    assert noted(dataset, "Left out: 1 rows with no label that is known")
    assert noted(dataset, "1 of 8 labels are blank and not known")


def test_an_uncertain_label_of_two_classes_is_asked_about(folder):
    text = "file,label\nfilm_0,0\nfilm_1,1\nfilm_2,-1\n"

    with pytest.raises(DatasetError, match=r"1 labels in the column 'label'.*--uncertain"):
        read(folder, text)

    for uncertain, expected in (("positive", "1"), ("negative", "0")):
        dataset = read(folder, text, rules=Rules(uncertain=uncertain))
        assert labels(dataset)["film_2.png"] == expected
    assert len(read(folder, text, rules=Rules(uncertain="ignore")).cases) == 2


def test_ticks_in_a_spreadsheet_are_findings(folder):
    dataset = read(folder, "image,Effusion,Nodule\nfilm_0,x,x\nfilm_1,,x\nfilm_2,,\n")

    assert findings(dataset) == {
        "film_0.png": {"Effusion": 1, "Nodule": 1},
        "film_1.png": {"Effusion": 0, "Nodule": 1},
        "film_2.png": {"Effusion": 0, "Nodule": 0},
    }
    assert noted(dataset, "a blank means absent")


@pytest.mark.parametrize(
    "cells",
    [
        ("Effusion|Mass", "Mass", "No Finding", "Effusion"),
        ("Effusion;Mass", "Mass", "No Finding", "Effusion"),
        ("Mass, effusion", "Mass", "no finding", "Effusion"),
        ("['Effusion', 'Mass']", "['Mass']", "['No Finding']", "['Effusion']"),
    ],
)
def test_lists_of_findings_in_a_cell(folder, cells):
    rows = [f'film_{number}.png\t"{cell}"' for number, cell in enumerate(cells)]

    dataset = read(folder, "\n".join(["Image Index\tFinding Labels", *rows]))

    assert [name.lower() for name in dataset.classes] == ["effusion", "mass"]
    assert [case.findings for case in dataset.cases] == [(1, 1), (0, 1), (0, 0), (1, 0)]
    assert noted(dataset, "an image can show any")


def test_a_comma_inside_a_name_does_not_separate(folder):
    rows = ['film_0,"Pneumonia, viral"', 'film_1,"Cyst, simple"', "film_2,Normal"]

    dataset = read(folder, "\n".join(["file,label", *rows]))

    assert labels(dataset) == {
        "film_0.png": "Pneumonia, viral",
        "film_1.png": "Cyst, simple",
        "film_2.png": "Normal",
    }


def test_a_finding_and_none_at_once_is_refused_or_dropped(folder):
    text = "file,label\nfilm_0,A|B\nfilm_1,No Finding|A\nfilm_2,B\nfilm_3,No Finding\n"

    with pytest.raises(DatasetError, match=r"1 rows .* say that there is none \(row 2 "):
        read(folder, text)

    dataset = read(folder, text, rules=Rules(conflicts="drop"))
    assert set(findings(dataset)) == {"film_0.png", "film_2.png", "film_3.png"}


def test_blank_lists_are_asked_about(folder):
    text = "file,label\nfilm_0,A|B\nfilm_1,\nfilm_2,B\n"

    with pytest.raises(DatasetError, match=r"--blanks negative .* --blanks ignore"):
        read(folder, text)

    negative = read(folder, text, rules=Rules(blanks="negative"))
    assert findings(negative)["film_1.png"] == {"A": 0, "B": 0}
    assert len(read(folder, text, rules=Rules(blanks="ignore")).cases) == 2


def test_decimal_commas(folder):
    one = read(folder, "file;label\nfilm_0;0,0\nfilm_1;1,0\n")
    several = read(folder, "file;A;B\nfilm_0;1,0;1,0\nfilm_1;0,0;1,0\nfilm_2;0,0;0,0\n")

    assert labels(one) == {"film_0.png": "0", "film_1.png": "1"}
    assert findings(several)["film_1.png"] == {"A": 0, "B": 1}


# ---- files -------------------------------------------------------------------------------------


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


# ---- several tables ----------------------------------------------------------------------------


@pytest.fixture
def two_tables(folder):
    (folder / "labels.csv").write_text(
        "image_id,label\nfilm_0,no\nfilm_1,yes\nfilm_2,yes\n", encoding="utf-8"
    )
    (folder / "people.csv").write_text(
        "Image ID,patient,sex\nfilm_1,anna,f\nfilm_0,bert,m\n", encoding="utf-8"
    )
    return folder


def test_tables_are_joined_by_a_key(two_tables):
    with pytest.raises(DatasetError, match=r"2 tables.*--join"):
        read_dataset(two_tables)

    dataset = read_dataset(two_tables, rules=Rules(join="image_id"))

    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes", "film_2.png": "yes"}
    assert [case.patient_id for case in dataset.cases] == ["bert", "anna", ""]
    assert noted(dataset, "Joined by image_id", "1 of 3 rows are not in people.csv")
    files = [two_tables / "people.csv", two_tables / "labels.csv"]
    named = read_dataset(two_tables, table=files, rules=Rules(join="image_id"))
    assert [case.patient_id for case in named.cases] == ["anna", "bert"]


def test_a_table_of_patients_is_joined_to_many_images(folder):
    films = "file,pid\nfilm_0,1\nfilm_1,1\nfilm_2,2\n"
    (folder / "films.csv").write_text(films, encoding="utf-8")
    (folder / "people.csv").write_text("pid,diagnosis\n2,TB\n1,Normal\n", encoding="utf-8")

    dataset = read_dataset(folder, rules=Rules(join="pid"))

    assert labels(dataset) == {"film_0.png": "Normal", "film_1.png": "Normal", "film_2.png": "TB"}
    assert [case.patient_id for case in dataset.cases] == ["1", "1", "2"]


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ("who,patient\nfilm_0,a\n", r"people.csv has no columns 'image_id' for --join; found who"),
        ("image_id,patient\nx,a\n", r"No value of 'image_id' in labels.csv is in people.csv"),
        ("image_id,label\nfilm_0,yes\n", r"'label' is in labels.csv and in people.csv"),
        ("image_id,patient\nfilm_0,a\nfilm_0,b\n", None),
    ],
)
def test_tables_that_cannot_be_joined(two_tables, people, message):
    (two_tables / "people.csv").write_text(people, encoding="utf-8")

    with pytest.raises(DatasetError, match=message):
        read_dataset(two_tables, rules=Rules(join="image_id"))


def test_what_a_split_table_says_of_findings_is_read_back(folder):
    table = pd.DataFrame(
        {
            "path": ["film_0.png", "film_1.png", "film_2.png"],
            "A": pd.Series([1, 0, None], dtype="Int64"),
            "B": pd.Series([1, 0, 1], dtype="Int64"),
            "patient_id": ["a", "b", "c"],
            "subgroup": ["", "", ""],
            "split": ["train", "val", "test"],
            "image_id": [f"{number:064x}" for number in range(3)],
        }
    )
    table.to_csv(folder / "split.csv", index=False)

    dataset = read_dataset(folder, table=folder / "split.csv")

    assert [case.findings for case in dataset.cases] == [(1, 1), (0, 0), (None, 1)]
    assert [case.split for case in dataset.cases] == ["train", "val", "test"]


def test_tables_of_the_splits_are_one(folder):
    for split, rows in (("train", "film_0,no\nfilm_1,yes\n"), ("valid", "film_2,yes\nfilm_3,no\n")):
        (folder / f"{split}.csv").write_text(f"file,label\n{rows}", encoding="utf-8")

    dataset = read_dataset(folder)

    assert [(case.name, case.split) for case in dataset.cases] == [
        ("film_0.png", "train"), ("film_1.png", "train"),
        ("film_2.png", "val"), ("film_3.png", "val"),
    ]  # fmt: skip
    assert [case.label for case in dataset.cases] == [0, 1, 1, 0]
    assert noted(dataset, "Read from train.csv and valid.csv", "split from split")


def test_a_table_of_a_split_without_labels_is_said(folder):
    (folder / "train.csv").write_text("file,label\nfilm_0,no\nfilm_1,yes\n", encoding="utf-8")
    (folder / "test.csv").write_text("file\nfilm_2\n", encoding="utf-8")

    with pytest.raises(DatasetError, match=r"columns \['label'\].*--table"):
        read_dataset(folder)

    assert len(read_dataset(folder, table=folder / "train.csv").cases) == 2


@pytest.mark.parametrize("missing", ["NA", "nan", "#N/A", "<NA>", ""])
def test_what_programs_write_for_a_missing_label_is_no_class(folder, missing):
    text = f"file,label,patient\nfilm_0,no,NA\nfilm_1,yes,b\nfilm_2,{missing},c\n"

    dataset = read(folder, text, rules=Rules(blanks="ignore"))

    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}
    assert [case.patient_id for case in dataset.cases] == ["", "b"]


def test_rows_without_a_key_are_joined_to_nobody(folder):
    films = "file,diagnosis,pid\nfilm_0,Normal,\nfilm_1,TB,7\nfilm_2,TB,\n"
    (folder / "films.csv").write_text(films, encoding="utf-8")
    (folder / "people.csv").write_text("pid,patient_id\n,stranger\n7,p7\n", encoding="utf-8")

    dataset = read_dataset(folder, rules=Rules(join="pid"))

    assert [case.patient_id for case in dataset.cases] == ["", "p7", ""]
    assert any("2 of 3 rows are not in people.csv" in note for note in dataset.notes)


def test_keys_that_are_numbers_are_joined_however_they_are_written(folder):
    films = "file,pid\nfilm_0,1.0\nfilm_1,2.0\n"
    (folder / "films.csv").write_text(films, encoding="utf-8")
    (folder / "people.csv").write_text("PID,diagnosis\n2,TB\n1,Normal\n", encoding="utf-8")

    dataset = read_dataset(folder, rules=Rules(join="pid"))

    assert labels(dataset) == {"film_0.png": "Normal", "film_1.png": "TB"}


def test_options_about_columns_need_a_table(tmp_path):
    for name in ("normal/1.png", "tb/2.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(name.encode())

    with pytest.raises(DatasetError, match="contains no table"):
        read_dataset(tmp_path, columns=Columns(label="x"))


def test_findings_are_renamed_in_any_spelling_and_unknown_ones_refused(folder):
    text = "file,Pleural_Effusion,Mass\nfilm_1,1,1\nfilm_2,0,0\nfilm_3,1,0\n"

    dataset = read(folder, text, class_names={"pleural effusion": "effusion"})

    assert dataset.classes == ("effusion", "Mass")
    with pytest.raises(DatasetError, match=r"no classes \['Nodule'\] to rename"):
        read(folder, text, class_names={"Nodule": "nodule"})
