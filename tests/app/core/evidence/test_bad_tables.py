"""Tables as they come: each is read as it says, or refused in a sentence that tells what to do."""

import codecs
from io import BytesIO

import pandas as pd
import pytest

from app.core.errors import DatasetError
from app.core.evidence.asked import Asked
from app.core.evidence.cases import collect
from app.core.evidence.columns import Said
from app.core.evidence.films import with_films
from app.core.evidence.recognition import recognise
from app.core.evidence.table_files import read_table
from app.core.evidence.writing import write_evidence
from tests.app.core.evidence.tables import csv

ROWS = "case;score;truth\na;0,25;0\nb;0,97;1\n"


def read(content, name="vendor.csv", *, said=None, sheet=None, **asked):
    table = read_table(content, name, sheet=sheet)
    return collect(table, None, recognise(table, said=said), Asked(**asked))


def said(found):
    return " ".join((*found.notes, *found.warnings))


def workbook(**sheets):
    buffer = BytesIO()
    with pd.ExcelWriter(buffer) as writer:
        for name, rows in sheets.items():
            pd.DataFrame(rows).to_excel(writer, sheet_name=name, index=False)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + ROWS.encode(),
        codecs.BOM_UTF16_LE + ROWS.encode("utf-16-le"),
        ROWS.encode("utf-16-le"),
        ROWS.encode("utf-16-be"),
        ROWS.replace(";", "\t").encode("cp1252"),
        ROWS.replace(";", "|").encode(),
        b'case,score,truth\r\na,"0,25",0\r\nb,"0,97",1\r\n',
        b"case;score;truth\na;25 %;0\nb;97%;1\n",
    ],
    ids=["BOM", "UTF-16 BOM", "UTF-16 LE", "UTF-16 BE", "tabs", "bars", "quoted", "per cent"],
)
def test_every_spelling_of_a_table_gives_the_same_scores(content):
    assert read(content).predictions["probability"].tolist() == [0.25, 0.97]


def test_letters_of_an_old_encoding_are_kept():
    found = read("case,score,truth\nmüller,0.2,gesund\nzoë\x80,0.9,krank\n".encode("latin-1"))

    assert found.predictions["case"].tolist() == ["müller", "zoë€"]
    assert found.task.classes == ("gesund", "krank")


def test_a_sheet_is_asked_where_several_have_rows():
    rows = {"case": ["01", "02"], "score": [0.2, 0.9], "truth": [False, True]}
    content = workbook(Readme={"note": ["export"]}, Scores=rows, Empty={})

    with pytest.raises(DatasetError, match=r"'Readme', 'Scores'\. Say which one with --sheet"):
        read(content, "v.xlsx")
    found = read(content, "v.xlsx", sheet="Scores")

    assert found.predictions["case"].tolist() == ["01", "02"]
    assert found.predictions["y_true"].tolist() == [0, 1]
    assert "Read from the sheet 'Scores'." in said(found)
    with pytest.raises(DatasetError, match="no sheet 'Empty' with rows"):
        read(content, "v.xlsx", sheet="Empty")
    assert len(read(workbook(Only=rows), "v.xlsx").predictions) == 2


@pytest.mark.parametrize(
    ("heading", "roles"),
    [
        ("Bild;Wahrscheinlichkeit;Diagnose;Patienten-ID;Klinik;Geschlecht", "patient"),
        ("imagen;puntuación;diagnóstico;paciente;hospital;sexo", "patient"),
        ("StudyUID;AI Score (%);Ground Truth;PatID;Klinik;Geschlecht", "patient"),
        ("cas;probabilité;vérité;id_patient;hôpital;sexe", "patient"),
    ],
)
def test_columns_are_recognised_in_other_languages(heading, roles):
    names = heading.split(";")
    found = recognise(csv(f"{heading}\na;0,5;1;0007;X;F\n"))

    assert [found.case, found.scores[""], found.truths[""], found.patient, found.site] == names[:5]
    assert found.subgroups == (names[5],)


def test_a_table_without_a_line_of_names_is_asked_about_and_loses_no_row():
    content = b"a.png,0.91,1\nb.png,0.08,0\n"
    with pytest.raises(DatasetError, match=r"'column 1', 'column 2', 'column 3'. Say it with --ca"):
        read(content)

    columns = Said("column 1", {"": "column 2"}, {"": "column 3"})
    found = read(content, said=columns)

    assert found.predictions["case"].tolist() == ["a.png", "b.png"]
    assert "The first line of 'vendor.csv' holds values, not names" in said(found)
    # Classes may be called by numbers.
    numbered = read(b"case,0,1,2,truth\na,0.7,0.2,0.1,0\nb,0.1,0.2,0.7,2\n")
    assert numbered.task.classes == ("0", "1", "2")


@pytest.mark.parametrize(
    ("words", "classes"),
    [
        (("pos", "neg"), ("negative", "positive")),
        (("+", "-"), ("negative", "positive")),
        (("Ja", "Nein"), ("negative", "positive")),
        (("TRUE", "FALSE"), ("negative", "positive")),
        (("malignant", "benign"), ("benign", "malignant")),
    ],
)
def test_truth_in_words(words, classes):
    found = read(f"case,score,truth\na,0.9,{words[0]}\nb,0.1,{words[1]}\nc,0.5,unknown\nd,0.4,\n"
                 .encode())  # fmt: skip

    assert found.task.classes == classes
    assert found.predictions["y_true"].tolist() == [1, 0]
    assert "1 cell of truth says uncertain and counts as not known." in said(found)
    assert "2 cases without a score or a truth left out." in said(found)


def test_grades_are_cut_where_somebody_says():
    content = b"case,score,grade\na,0.9,2\nb,0.1,0\nc,0.5,1\nd,0.7,3\n"
    said_columns = Said(truths={"": "grade"})
    with pytest.raises(DatasetError, match=r"'0', '1', '2', '3'\. Say it with --positive VALUE"):
        read(content, said=said_columns)

    found = read(content, said=said_columns, positive=("2", "3"), finding="disease")

    assert found.predictions["y_true"].tolist() == [1, 0, 0, 1]
    assert found.task.classes == ("no disease", "disease")


def test_scores_of_all_kinds_say_what_they_are():
    risk = read(b"case,risk,truth\na,2,0\nb,9,1\nc,5,0\nd,10,1\n")
    assert "not taken for probabilities, as they lie from 2 to 10" in said(risk)
    same = read(b"case,score,truth\na,0.5,0\nb,0.5,1\n")
    assert "All cases have the same score for Positive, 0.5: it tells nothing." in said(same)
    broken = read(b"case,score,truth\na,NaN,0\nb,inf,1\nc,-inf,1\nd,0.7,1\ne,0.2,0\n")
    assert broken.predictions["case"].tolist() == ["d", "e"]
    rows = "".join(f"{n},{'abcdefg'[n % 7]},{'0.2,' * 6}{0.3 if n else -0.2}\n" for n in range(14))
    seven = read(f"case,class,a,b,c,d,e,f,g\n{rows}".encode())
    assert seven.kind == "score"
    rows = "".join(f"{n},{'abcdefg'[n % 7]},{'0.2,' * 6}0.3\n" for n in range(14))
    seven = read(f"case,class,a,b,c,d,e,f,g\n{rows}".encode())
    assert "of all classes do not add up to 1 in 14 of 14 cases" in said(seven)


def test_decisions_alone_are_no_scores():
    found = read(b"case,prediction,truth\na,ILL,ILL\nb,NORMAL,ILL\nc,NORMAL,NORMAL\nd,,ILL\n")

    assert found.task.classes == ("NORMAL", "ILL")
    assert found.predictions["probability"].tolist() == [1.0, 0.0, 0.0]
    assert (found.kind, found.cuts[""].decision) == ("score", 1.0)
    assert "The table has decisions, 0 and 1, and no scores" in said(found)
    numbers = read(b"case,score,truth\na,1,yes\nb,0,yes\nc,0,no\n")
    assert numbers.kind == "score"
    other_words = read(b"case,prediction,truth\na,pos,ILL\nb,neg,NORMAL\n")
    assert other_words.predictions["y_true"].tolist() == [1, 0]
    assert other_words.predictions["probability"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("positive", [("high",), ("High", "1")])
def test_decisions_in_words_that_the_truth_does_not_use(positive):
    table = b"case,score,label\na,high,1\nb,low,0\nc,low,1\nd,high,0\n"
    with pytest.raises(DatasetError, match=r"'high', 'low'.*choose them on the page"):
        read(table)

    found = read(table, positive=positive)

    assert found.predictions["probability"].tolist() == [1, 0, 0, 1]
    assert found.predictions["y_true"].tolist() == [1, 0, 1, 0]


def test_decisions_between_classes_have_a_confusion_matrix():
    found = read(b"case,predicted_class,class\n1,a,a\n2,c,b\n3,c,c\n")

    assert found.task.classes == ("a", "b", "c")
    assert found.predictions[["a", "b", "c"]].to_numpy().argmax(axis=1).tolist() == [0, 2, 2]
    assert found.kind == "score"


def test_two_models_in_a_table_are_looked_at_one_by_one():
    table = csv("case,score_A,score_B,truth\na,0.2,0.3,0\nb,0.9,0.8,1\n")
    with pytest.raises(DatasetError, match=r"which of 'score_A', 'score_B'.*results of each"):
        recognise(table)

    one = recognise(table, said=Said(scores={"": "score_B"}))

    assert collect(table, None, one).predictions["probability"].tolist() == [0.3, 0.8]


def test_identifiers_are_text_and_formulas_are_no_formulas(tmp_path):
    cases = read(
        b'case,patient_id,score,truth\n"=HYPERLINK(""http://x"")",007,0.2,0\n'
        b"<script>alert(1)</script>,0010,0.9,1\n"
    )

    made = write_evidence(tmp_path / "out", cases, name="<b>", tables=[])

    assert cases.predictions["patient_id"].tolist() == ["007", "0010"]
    written = (tmp_path / "out" / "predictions.csv").read_text()
    assert "'=HYPERLINK" in written
    assert made.predictions()["patient_id"].tolist() == ["007", "0010"]


def test_films_are_found_in_folders_and_without_an_ending(tmp_path):
    for name in ("a/1.png", "b/2.png", "a/3.png", "b/3.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    table = pd.DataFrame({"case": ["1", "x/2.png", "3.png", "4.png"]})

    found = with_films(table, tmp_path)

    assert (found.predictions["image_id"] != "").tolist() == [True, True, False, False]
    assert found.notes[0] == "Films of 2 of 4 cases were found."
    assert "1 case is named like several films, which lie in different folders" in found.notes[1]
