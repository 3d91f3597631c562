import pytest

from app.core.errors import DatasetError
from app.core.evidence.column_words import normal
from app.core.evidence.columns import Said
from app.core.evidence.recognition import proposed, recognise
from tests.app.core.evidence.tables import csv


@pytest.mark.parametrize(
    ("heading", "row", "scores", "truths"),
    [
        ("case,score,truth", "a,0.5,1", {"": "score"}, {"": "truth"}),
        ("FileName;AI Score;Ground truth", "a;0.5;1", {"": "AI Score"}, {"": "Ground truth"}),
        ("id,abnormality,label", "a,71,yes", {"": "abnormality"}, {"": "label"}),
        (
            "case,effusion_score,effusion_truth,nodule_score,nodule_truth", "a,0.5,1,0.2,0",
            {"effusion": "effusion_score", "nodule": "nodule_score"},
            {"effusion": "effusion_truth", "nodule": "nodule_truth"},
        ),
        (
            "case,probability:A,y_true:A,probability:B,y_true:B", "a,0.5,1,0.2,0",
            {"A": "probability:A", "B": "probability:B"}, {"A": "y_true:A", "B": "y_true:B"},
        ),
        (
            "case,score Mass,Mass,score Nodule,Nodule", "a,0.5,1,0.2,0",
            {"Mass": "score Mass", "Nodule": "score Nodule"}, {"Mass": "Mass", "Nodule": "Nodule"},
        ),
        (
            "case,glioma,meningioma,class", "a,0.5,0.3,glioma\nb,0.1,0.8,meningioma",
            {"glioma": "glioma", "meningioma": "meningioma"}, {"": "class"},
        ),
    ],
    ids=["plain", "vendor", "only number", "findings", "ours", "truth by name", "classes"],
)  # fmt: skip
def test_columns_are_recognised_as_programs_call_them(heading, row, scores, truths):
    found = recognise(csv(f"{heading}\n{row}\n"))

    assert dict(found.scores) == scores
    assert dict(found.truths) == truths


def test_patients_sites_and_subgroups_are_recognised_and_stated():
    found = recognise(csv("Image,PatientID,Hospital,Sex,Score,Truth\na,1,X,F,0.5,1\n"))

    assert (found.case, found.patient, found.site, found.subgroups) == (
        "Image", "PatientID", "Hospital", ("Sex",),
    )  # fmt: skip
    assert found.stated() == (
        "Columns: case 'Image'; score 'Score'; truth 'Truth'; patient 'PatientID'; site "
        "'Hospital'; subgroup 'Sex'"
    )


def test_a_table_of_truth_has_its_own_column_of_cases():
    found = recognise(csv("file,Mass,Nodule\na,0.5,0.1\n"), csv("study,Mass,Nodule\na,1,0\n"))

    assert (found.case, found.truth_case) == ("file", "study")
    assert dict(found.scores) == dict(found.truths) == {"Mass": "Mass", "Nodule": "Nodule"}


def test_what_was_said_comes_before_what_is_recognised():
    table = csv("case,other,score,p2,truth,t2\na,b,0.5,0.6,1,0\n")
    said = Said(case="other", scores={"": "p2"}, truths={"": "t2"})

    found = recognise(table, said=said)

    assert (found.case, found.scores[""], found.truths[""]) == ("other", "p2", "t2")


@pytest.mark.parametrize(
    ("heading", "said", "told"),
    [
        ("a,b,score,truth", Said(), "--case COLUMN"),
        ("case,v1,v2,truth", Said(), "--score COLUMN"),
        ("case,score,other", Said(), "--truth-column COLUMN"),
        ("case,score,truth", Said(case="gone"), "no column 'gone'"),
        ("case,A_score,A_truth,B_score", Said(), "no column with the truth of 'B'"),
    ],
)
def test_what_is_not_clear_is_asked(heading, said, told):
    row = ",".join("1" if number else "x" for number in range(heading.count(",") + 1))
    with pytest.raises(DatasetError, match=told):
        recognise(csv(f"{heading}\n{row}\n"), said=said)


def test_names_of_columns_are_compared_without_case_and_signs():
    assert normal(" StudyInstanceUID ") == normal("study_instance uid")


def test_a_truth_is_recognised_by_what_it_says_and_the_rest_is_proposed():
    table = csv("Image;AI Score;Radiologist;Sex\na;0,5;pos;F\nb;0,1;neg;M\nc;0,2;unknown;F\n")
    assert dict(recognise(table).truths) == {"": "Radiologist"}

    unknown = csv("Image;AI Score;R1;R2\na;0,5;pos;pos\nb;0,1;neg;neg\n")
    with pytest.raises(DatasetError, match="which column is the truth"):
        recognise(unknown)
    found = proposed(unknown)
    assert (found.case, dict(found.scores), dict(found.truths)) == ("Image", {"": "AI Score"}, {})
