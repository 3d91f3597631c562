"""Body part, view and age of a header; what is no term or no number says nothing."""

import pytest
from pydicom import Dataset

from app.core.images.decoding import decode
from app.core.images.dicom_subject import subject
from app.core.images.reading import Subject

# Films are decoded with pydicom's warnings off, as they quote the header.
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value for VR")


def header(**elements):
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize(
    ("stated", "years"),
    [("005Y", 5), ("018M", 1.5), ("026W", 26 * 7 / 365.25), ("010D", 10 / 365.25), ("5", None),
     ("", None), ("999Y", None)],
)  # fmt: skip
def test_ages(stated, years):
    found = subject(header(PatientAge=stated)).age

    assert found == (None if years is None else pytest.approx(years))


def test_the_age_follows_from_the_dates_where_it_is_not_stated():
    found = subject(header(PatientBirthDate="20200301", StudyDate="20230301"))

    assert found.age == pytest.approx(1095 / 365.25)


@pytest.mark.parametrize(
    "dates",
    [("20200301", ""), ("", "20230301"), ("20231301", "20230301"), ("20230301", "20200301")],
)
def test_dates_that_make_no_age_say_nothing(dates):
    assert subject(header(PatientBirthDate=dates[0], StudyDate=dates[1])).age is None


def test_terms():
    found = subject(header(BodyPartExamined="THORAX", ViewPosition="LL"))

    assert found == Subject("CHEST", "LATERAL", None)


def test_free_text_says_nothing():
    found = subject(header(BodyPartExamined="SMITH^JANE", ViewPosition="SMITH"))

    assert found == Subject(None, None, None)


def test_a_file_of_a_tibia_states_an_extremity(real_data):
    films = [decode(path.read_bytes()) for path in (real_data / "dicom").glob("*RG*.dcm")]

    assert "EXTREMITY" in {film.body_part for film in films}
