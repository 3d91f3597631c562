"""A column for each class or finding."""

import pandas as pd
import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import read_dataset
from model_training.data.rules import Rules
from model_training.data.table_columns import Columns
from tests.model_training.data.label_tables import findings, labels, noted, read


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


def test_ticks_in_a_spreadsheet_are_findings(folder):
    dataset = read(folder, "image,Effusion,Nodule\nfilm_0,x,x\nfilm_1,,x\nfilm_2,,\n")

    assert findings(dataset) == {
        "film_0.png": {"Effusion": 1, "Nodule": 1},
        "film_1.png": {"Effusion": 0, "Nodule": 1},
        "film_2.png": {"Effusion": 0, "Nodule": 0},
    }
    assert noted(dataset, "a blank means absent")


def test_decimal_commas(folder):
    one = read(folder, "file;label\nfilm_0;0,0\nfilm_1;1,0\n")
    several = read(folder, "file;A;B\nfilm_0;1,0;1,0\nfilm_1;0,0;1,0\nfilm_2;0,0;0,0\n")

    assert labels(one) == {"film_0.png": "0", "film_1.png": "1"}
    assert findings(several)["film_1.png"] == {"A": 0, "B": 1}


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


def test_findings_are_renamed_in_any_spelling_and_unknown_ones_refused(folder):
    text = "file,Pleural_Effusion,Mass\nfilm_1,1,1\nfilm_2,0,0\nfilm_3,1,0\n"

    dataset = read(folder, text, class_names={"pleural effusion": "effusion"})

    assert dataset.classes == ("effusion", "Mass")
    with pytest.raises(DatasetError, match=r"no classes \['Nodule'\] to rename"):
        read(folder, text, class_names={"Nodule": "nodule"})


@pytest.mark.parametrize(
    "columns", ["Effusion,EFFUSION", "pleural_effusion,Pleural effusion", "_mass,mass"]
)
def test_findings_that_would_look_the_same_are_refused(folder, columns):
    text = f"file,{columns}\nfilm_1,1,1\nfilm_2,0,0\nfilm_3,1,0\n"

    with pytest.raises(DatasetError, match="differ in nothing but case") as caught:
        read(folder, text)

    assert all(repr(name) in str(caught.value) for name in columns.split(","))


def test_a_finding_that_is_only_uncertain_does_not_vanish(folder):
    text = "image,Mass,Nodule,Edema\nfilm_0,1,0,\nfilm_1,0,1,-1\nfilm_2,1,1,-1\nfilm_3,0,0,\n"

    with pytest.raises(DatasetError, match=r"2 labels in the findings .*--uncertain"):
        read(folder, text)

    dataset = read(folder, text, rules=Rules(uncertain="positive"))
    assert dataset.classes == ("Mass", "Nodule", "Edema")
    assert [case.findings[2] for case in dataset.cases] == [None, 1, 1, None]


@pytest.mark.parametrize("strange", ["9", "n.d.", "1?"])
def test_a_finding_with_a_strange_cell_does_not_vanish(folder, strange):
    rows = [f"film_{n},{n % 2},{int(n > 2)},{strange if n == 5 else int(n < 2)}" for n in range(6)]

    with pytest.raises(DatasetError, match=r"'Edema' of t\.csv looks like a finding, as Mass, Nod"):
        read(folder, "\n".join(["image,Mass,Nodule,Edema", *rows]))


def test_columns_that_are_no_findings_are_named(folder):
    text = "image,Mass,Nodule,dose,Sex,Age\nfilm_0,1,0,3,0,50\nfilm_1,1,1,4,1,51\nfilm_2,0,1,5,1,52"

    # Age could not be taken for a finding in any case.
    assert noted(read(folder, text), "Not read as findings: dose, Sex.")


@pytest.mark.parametrize(
    ("first", "second"), [("Edema", "Edema"), ("Edema", " Edema\u200b"), ("\u00c4", "A\u0308")]
)
def test_two_columns_of_one_name_are_refused(folder, first, second):
    text = f"image,{first},Mass,{second}\nfilm_0,1,0,0\nfilm_1,0,1,0\nfilm_2,1,1,1\n"

    with pytest.raises(
        DatasetError, match=r"\.1 of t\.csv had the same name as another column.*--label-column"
    ):
        read(folder, text)


def test_columns_are_named_in_either_encoding_of_an_accent(folder):
    text = "image,Erg\u00fc\u00dfe,Mass\nfilm_0,1,0\nfilm_1,0,1\nfilm_2,1,1\n"

    dataset = read(folder, text, columns=Columns(label="Ergu\u0308\u00dfe,Mass"))

    assert dataset.classes == ("Erg\u00fc\u00dfe", "Mass")


def test_readers_who_disagree_about_findings_are_refused_or_counted(folder):
    """Three readers a film, as in VinDr: one of them saw nothing in the first."""
    rows = ["film_0,R1,0,1,1", "film_0,R2,0,1,1", "film_0,R3,1,0,0", "film_1,R1,1,0,0",
            "film_1,R2,1,0,0", "film_1,R3,1,0,0"]  # fmt: skip
    text = "\n".join(["image_id,rad_id,No finding,Mass,Nodule", *rows])

    with pytest.raises(DatasetError, match=r"1 image has rows with different labels"):
        read(folder, text)

    dataset = read(folder, text, rules=Rules(task="any-of"))
    assert findings(dataset)["film_0.png"] == {"Mass": 1, "Nodule": 1}
    assert noted(dataset, "4 of 6 rows", "1 image has rows with different labels")
    assert len(read(folder, text, rules=Rules(conflicts="drop")).cases) == 1


def test_rows_without_a_1_among_columns_of_which_one_is_1_are_told_of(folder):
    text = "image,A,B\nfilm_0,1,0\nfilm_1,0,1\nfilm_2,0,0\n"

    assert noted(read(folder, text), "No row has a 1 in several columns, and 1 of 3 have none")
    assert not noted(read(folder, text + "film_3,1,1\n"), "No row has a 1 in several")
