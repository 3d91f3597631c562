"""Films of one patient in a worklist, by header or by name."""

import shutil
from datetime import date

import numpy as np
import pytest

from app.core.review import making
from app.core.review.making import Plan
from app.core.review.patients import (
    films_of_patient,
    known_patients,
    look_up_patients,
    patient_of,
)
from tests.folder_films import ward_film
from tests.pictures import dicom


def film(number, patient, day):
    pixels = np.ascontiguousarray(ward_film(number)).astype(np.uint16) * 16
    stated = {"PatientID": patient, "StudyDate": day, "PatientName": "Miller^Ann"}
    return dicom(pixels, BitsStored=12, HighBit=11, **stated)


@pytest.fixture
def opened(ward, start, settings, bundle):
    """Three films of patient 17 by their headers, two of person 17 by their names, and others."""
    for number, (patient, day) in enumerate(
        [
            ("17", "20240301"),
            ("17", "20230105"),
            ("17", "20250101"),
            ("18", "20240301"),
            ("", ""),
            ("Anonymous", ""),
            ("Anonymous", ""),
        ]
    ):
        (ward / f"d{number}.dcm").write_bytes(film(number, patient, day))
    for name in ("person17_virus_1.png", "person17_virus_2.png"):
        shutil.copy(ward / "film_0.png", ward / name)
    made = making.of_folder(start(), Plan(name="Ward", bundle=bundle), "ward", settings=settings)
    made.wait_until_scored(60)
    return made


def test_earlier_films_of_a_patient_come_first_and_nobody_else_is_among_them(opened):
    at = {name: item for item, name in enumerate(opened.names)}
    assert known_patients(opened) is None

    patients = look_up_patients(opened)

    assert known_patients(opened) is patients
    assert films_of_patient(patients, at["d0.dcm"]) == [at["d1.dcm"], at["d2.dcm"]]
    assert patients[at["d1.dcm"]].taken == date(2023, 1, 5)
    assert patients[at["d1.dcm"]].how == "by DICOM PatientID"
    named = films_of_patient(patients, at["person17_virus_1.png"])
    assert named == [at["person17_virus_2.png"]]
    assert films_of_patient(patients, at["d3.dcm"]) == []
    for name in ("film_0.png", "d4.dcm", "d5.dcm"):  # nothing tells whose they are
        assert patient_of(opened, at[name]) is None
        assert films_of_patient(patients, at[name]) == []


def test_what_is_kept_names_no_patient(opened):
    kept = repr(look_up_patients(opened))

    assert "Miller" not in kept
    assert "person17" not in kept
