import pytest

from app.core.sources.patient_names import captured
from model_training.data.name_patterns import compile_pattern, fitting_pattern

PERSON = "personN, patientN or subjectN"


def numbered(template, number):
    return [template.format(index, index // 2) for index in range(number)]


def test_the_first_group_that_took_part_is_the_patient():
    pattern = compile_pattern(r"(person\d+)_|IM-(\d+)-")

    assert captured(pattern, "train/PNEUMONIA/person12_virus_3.jpeg") == "person12"
    assert captured(pattern, "train/NORMAL/NORMAL2-IM-0115-0001.jpeg") == "0115"
    assert captured(pattern, "train/NORMAL/other.jpeg") == ""


@pytest.mark.parametrize(
    ("text", "message"), [("(", "not a regular expression"), (r"person\d+", "no group")]
)
def test_a_pattern_that_can_find_nothing_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        compile_pattern(text)


def test_a_scheme_of_whole_classes_fits():
    sick, healthy = numbered("B/person{1}_virus_{0}.png", 40), numbered("A/IM-0001-{0:04}.png", 40)

    key, remark = fitting_pattern([*healthy, *sick], ["A"] * 40 + ["B"] * 40)

    assert (key, remark) == (PERSON, "")


def test_one_odd_name_in_five_does_no_harm_and_more_do():
    names, odd = numbered("A/person{1}_{0}.png", 20), [f"A/odd{n}.png" for n in range(5)]

    assert fitting_pattern([*names[4:], *odd[:4]], ["A"] * 20) == (PERSON, "")
    key, remark = fitting_pattern([*names[5:], *odd], ["A"] * 20)
    assert key == ""
    assert "15 of 20 names of A" in remark


def test_a_scheme_that_tells_one_patient_does_not_fit():
    key, remark = fitting_pattern([f"A/subject1_{n}.png" for n in range(30)], ["A"] * 30)

    assert key == ""
    assert "one patient only" in remark
