"""A column whose cells list the findings of an image."""

import pytest

from app.core.errors import DatasetError
from model_training.data.rules import Rules
from tests.model_training.data.label_tables import findings, labels, noted, read


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

    with pytest.raises(DatasetError, match=r"1 row .* says that there is none \(row 2 "):
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


@pytest.mark.parametrize("sign", ["/", "+", " & "])
def test_signs_that_may_be_part_of_a_name_are_asked_about(folder, sign):
    text = f"file,label\nfilm_0,mass\nfilm_1,mass{sign}nodule\nfilm_2,nodule\n"

    with pytest.raises(DatasetError, match=rf"--label-separator '\{sign.strip()}'"):
        read(folder, text)

    dataset = read(folder, text, rules=Rules(separator=sign.strip()))
    assert findings(dataset)["film_1.png"] == {"mass": 1, "nodule": 1}
    kept = read(folder, text, rules=Rules(separator="none"))
    assert kept.classes == ("mass", f"mass{sign}nodule", "nodule")


def test_a_slash_in_a_name_alone_is_no_separator(folder):
    text = "file,label\nfilm_0,Normal\nfilm_1,Opacity\nfilm_2,No Opacity / Not Normal\n"

    assert read(folder, text).classes == ("No Opacity / Not Normal", "Normal", "Opacity")
