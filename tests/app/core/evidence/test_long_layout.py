import pytest

from app.core.errors import DatasetError
from app.core.evidence.cases import collect
from app.core.evidence.columns import Said
from app.core.evidence.long_layout import as_cases, recognised_layout
from app.core.evidence.recognition import recognise
from tests.app.core.evidence.tables import csv

FINDINGS = (
    "image,patient_id,finding,score,truth\n"
    "b,p1,Effusion,0.9,1\nb,p1,Mass,0.2,0\na,p2,Effusion,0.1,0\na,p2,Mass,0.7,1\nc,p2,Mass,0.6,0\n"
)


def test_a_row_for_each_finding_becomes_a_row_for_each_case():
    table = as_cases(csv(FINDINGS))

    assert table.columns == ["image", "patient_id", "score:Effusion", "score:Mass",
                             "truth:Effusion", "truth:Mass"]  # fmt: skip
    assert table.cells["image"].tolist() == ["b", "a", "c"]
    found = collect(table, None, recognise(table))
    assert found.task.any_of
    assert found.task.classes == ("Effusion", "Mass")
    assert found.predictions["probability:Mass"].tolist() == [0.2, 0.7, 0.6]
    assert found.predictions["y_true:Effusion"].isna().tolist() == [False, False, True]
    assert found.predictions["patient_id"].tolist() == ["p1", "p2", "p2"]
    assert "is about a case and its 'finding': 2 scores of each of 3 cases." in " ".join(
        found.notes
    )


def test_digits_are_those_of_the_table_with_a_row_for_each_case():
    wide = csv("image,Effusion_score,Effusion_truth,Mass_score,Mass_truth\n"
               "b,0.9,1,0.2,0\na,0.1,0,0.7,1\nc,,,0.6,0\n")  # fmt: skip
    long = as_cases(csv(FINDINGS))

    ours, theirs = (collect(one, None, recognise(one)).predictions for one in (long, wide))

    for name in ("y_true:Effusion", "probability:Effusion", "y_true:Mass", "probability:Mass"):
        assert ours[name].equals(theirs[name])


def test_classes_that_exclude_each_other_have_one_truth():
    rows = "".join(
        f"{case},{name},{0.8 if name == true else 0.1},{true}\n"
        for case, true in (("1", "a"), ("2", "b"), ("3", "c"))
        for name in "abc"
    )
    table = as_cases(csv(f"case,class_name,score,diagnosis\n{rows}"))

    found = collect(table, None, recognise(table))

    assert found.task.classes == ("a", "b", "c")
    assert found.predictions["y_true"].tolist() == [0, 1, 2]
    assert found.kind == "probability"


def test_readers_are_looked_at_one_by_one():
    table = as_cases(csv("case,reader,score,truth\n1,R1,3,0\n1,R2,2,0\n2,R1,5,1\n2,R2,4,1\n"))

    assert table.columns == ["case", "truth", "score:R1", "score:R2"]
    with pytest.raises(DatasetError, match=r"which of 'score:R1', 'score:R2'"):
        recognise(table)
    one = recognise(table, said=Said(scores={"": "score:R2"}))
    assert collect(table, None, one).predictions["probability"].tolist() == [2, 4]


def test_scores_and_truth_may_both_be_long():
    scores = as_cases(csv("case,finding,score\n1,A,0.2\n1,B,0.9\n2,A,0.8\n2,B,0.3\n"))
    truth = as_cases(csv("study,pathology,label\n1,A,0\n1,B,1\n2,A,1\n2,B,0\n", "truth.csv"))

    found = collect(scores, truth, recognise(scores, truth))

    assert found.task.classes == ("A", "B")
    assert found.predictions["y_true:B"].tolist() == [1, 0]


def test_contradictions_and_rows_without_a_finding_are_counted():
    table = as_cases(
        csv(
            "case,finding,score,truth\n"
            + "".join(f"{n},{f},0.5,{n % 2}\n" for n in range(20) for f in "AB")
            + "1,A,0.9,1\n3,A,0.5,1\n5,,0.5,1\n"
        )
    )

    said = " ".join(table.notes)
    assert "1 row without a case or a 'finding' left out." in said
    assert "1 case listed more than once for the same 'finding'" in said
    assert table.cells["score:A"].tolist()[:2] == ["0.5", ""]


def test_a_table_with_a_row_for_each_case_stays_as_it_is():
    table = csv("case,finding,score,truth\n1,A,0.2,0\n2,B,0.9,1\n")
    assert as_cases(table) is table
    twice = csv("case,label,score\n1,0,0.2\n1,1,0.2\n2,1,0.9\n")
    assert recognised_layout(twice) is None
    assert as_cases(csv(FINDINGS), kind="").columns[2] == "finding"


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        (FINDINGS, "organ", "no column 'organ'"),
        ("case,organ,score\n1,A,0.2\n2,B,0.9\n", "organ", "No case of 'vendor.csv' has several"),
        ("case,organ,x,y\n1,A,1,2\n1,B,1,2\n", "organ", "the score or the truth of a 'organ'"),
    ],
)
def test_a_column_that_cannot_tell_rows_apart_says_why(text, kind, told):
    with pytest.raises(DatasetError, match=told):
        as_cases(csv(text), kind=kind)
    named = as_cases(csv(FINDINGS.replace("finding", "organ")), kind="organ")
    assert "score:Mass" in named.columns
