import pytest

from app.core.sources.patient_names import KNOWN_PATTERNS, captured, patient_in_name

PERSON = "personN, patientN or subjectN"


@pytest.mark.parametrize(
    ("name", "key", "patient"),
    [
        ("PNEUMONIA/person123_bacteria_45.jpeg", PERSON, "person123"),
        ("A/patient00001/study1/view1_frontal.jpg", PERSON, "patient00001"),
        ("Subject-7_02.png", PERSON, "Subject-7"),
        ("sub-01a/ses-1/sub-01a_T1w.png", "sub-LABEL (BIDS)", "sub-01a"),
        ("tumour/TCGA_CS_4941_19960909_11.jpg", "TCGA-XX-XXXX", "TCGA_CS_4941"),
    ],
)
def test_known_schemes_name_the_patient(name, key, patient):
    found = {known: captured(pattern, name) for known, pattern in KNOWN_PATTERNS.items()}

    assert found == dict.fromkeys(KNOWN_PATTERNS, "") | {key: patient}
    assert patient_in_name(name) == patient


@pytest.mark.parametrize(
    "name",
    [
        "NORMAL/IM-0001-0007.png",  # series and image, as viewers export
        "NORMAL2-IM-0115-0001.jpeg",
        "NORMAL/00001280_004.jpg",  # the habit of one archive
        "person1.png",  # may count images
        "person_bacteria_45.jpeg",
        "20190101_001.png",  # a date
        "Image12.jpg",
        "1.2.840.113619.2.55",
        "A/superperson1_2.png",
    ],
)
def test_other_names_name_nobody(name):
    assert not patient_in_name(name)
