import stat
import unicodedata

import numpy as np
import pytest

from app.core.errors import DatasetError
from model_training.data import datasets, pseudonyms
from model_training.data.pseudonyms import KEY_FILE, dicom_patient_id, patient_key, pseudonym
from model_training.data.rules import Rules
from tests.model_training.data.dicom_files import write_dicom
from tests.pictures import dicom

KERMANY = r"(person\d+)_|IM-(\d+)-"


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home") / "overread"
    monkeypatch.setenv("OVERREAD_HOME", str(folder))
    return folder


def read_dataset(folder, **options):
    """The data set; which class is the positive one is of no interest here."""
    last = max(child.name for child in folder.iterdir() if child.is_dir())
    return datasets.read_dataset(folder, positive=last, **options)


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def patients(dataset):
    return [case.patient_id for case in dataset.cases]


def test_strangers_with_the_same_series_number_are_not_merged(tmp_path):
    touch(tmp_path, *(f"{c}/IM-0001-{n:04}.png" for c in "AB" for n in range(7)))

    dataset = read_dataset(tmp_path)

    assert set(patients(dataset)) == {""}
    assert len({case.person for case in dataset.cases}) == 14
    assert dataset.patients_from == ""


def test_a_named_pattern_is_used_and_said(tmp_path):
    touch(tmp_path, "N/IM-0115-0001.png", "N/IM-0117-0001.png", "P/person1_virus_6.png", "P/x.png")

    dataset = read_dataset(tmp_path, patient_pattern=KERMANY, subgroup_pattern="_(bacteria|virus)_")

    assert patients(dataset) == ["0115", "0117", "person1", ""]
    assert [case.subgroup for case in dataset.cases] == ["", "", "virus", ""]
    assert dataset.notes == (
        f"Patients of 3 of 4 images come from --patient-pattern {KERMANY}.",
        "Subgroups of 1 of 4 images come from --subgroup-pattern _(bacteria|virus)_.",
        "The positive class is P: it was named with --positive.",
    )
    assert KERMANY in dataset.patients_from


def test_a_pattern_that_is_found_nowhere_is_refused(tmp_path):
    touch(tmp_path, "A/1.png", "B/1.png")

    for option in ("patient_pattern", "subgroup_pattern"):
        with pytest.raises(DatasetError, match="found in none of the 2 paths"):
            read_dataset(tmp_path, **{option: r"(pat\d+)"})


def test_none_takes_no_patient_from_paths(tmp_path):
    touch(tmp_path, *(f"{c}/person{n}_1.png" for c in "AB" for n in range(3)))

    assert len(set(patients(read_dataset(tmp_path)))) == 3
    assert set(patients(read_dataset(tmp_path, patient_pattern="none"))) == {""}


def test_a_pattern_that_does_not_fit_the_whole_is_not_used_and_that_is_said(tmp_path):
    touch(tmp_path, *(f"A/person{n}_1.png" for n in range(3)), "A/1.png", "B/2.png")

    dataset = read_dataset(tmp_path)

    assert set(patients(dataset)) == {""}
    assert "3 of 4 names of A" in dataset.notes[0]
    assert "--patient-pattern" in dataset.notes[0]


def test_a_dicom_patient_id_is_used_and_not_told(tmp_path, home):
    for number, patient in enumerate(("4711", "4711", "0815")):
        write_dicom(tmp_path / "A" / f"{number}.dcm", patient_id=patient)
    touch(tmp_path, "B/1.png")

    dataset = read_dataset(tmp_path)

    first, second, other, none = patients(dataset)
    assert first == second != other
    assert none == ""
    assert not [text for text in ("4711", "0815") if text in "".join(patients(dataset))]
    assert dataset.patients_from == "DICOM PatientID, as keyed hashes"
    assert "Patients of 3 of 4 images come from DICOM PatientIDs" in dataset.notes[0]
    assert patients(read_dataset(tmp_path)) == patients(dataset)
    assert stat.S_IMODE((home / KEY_FILE).stat().st_mode) == 0o600

    (home / KEY_FILE).unlink()
    assert patients(read_dataset(tmp_path))[0] != first


def test_one_patient_id_in_every_file_is_not_believed(tmp_path, home):
    for number in range(4):
        write_dicom(tmp_path / "AB"[number % 2] / f"{number}.dcm", patient_id="ANONYMOUS")

    dataset = read_dataset(tmp_path)

    assert set(patients(dataset)) == {""}
    assert "have the same one" in dataset.notes[0]
    assert not home.exists()


def test_a_named_pattern_comes_before_dicom(tmp_path):
    for number, patient in enumerate(("1", "2")):
        write_dicom(tmp_path / "AB"[number] / f"case{number}_x.dcm", patient_id=patient)

    assert patients(read_dataset(tmp_path, patient_pattern=r"(case\d)_")) == ["case0", "case1"]


def test_a_file_that_is_damaged_or_no_dicom_states_nobody(tmp_path):
    write_dicom(tmp_path / "whole.dcm", patient_id=" 12 ")
    (tmp_path / "cut.dcm").write_bytes((tmp_path / "whole.dcm").read_bytes()[:140])
    (tmp_path / "text.dcm").write_text("no image")

    assert dicom_patient_id(tmp_path / "whole.dcm") == "12"
    assert dicom_patient_id(tmp_path / "cut.dcm") == ""
    assert dicom_patient_id(tmp_path / "text.dcm") == ""
    assert dicom_patient_id(tmp_path / "gone.dcm") == ""


def test_a_patient_is_found_however_the_file_begins(tmp_path):
    data = dicom(np.zeros((40, 40), np.uint8), PatientID="12")
    long = dicom(np.zeros((40, 40), np.uint8), PatientID="1234")
    deflated = dicom(
        np.zeros((40, 40), np.uint8), PatientID="12", TransferSyntaxUID="1.2.840.10008.1.2.1.99"
    )
    for name, content in {"short.dcm": data[128:], "deflated.dcm": deflated}.items():
        (tmp_path / name).write_bytes(content)

        assert dicom_patient_id(tmp_path / name) == "12"

    # The first piece that is read may end within the element.
    for end in range(long.index(b"1234") - 8, long.index(b"1234") + 8):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pseudonyms, "_BEGINNING", end)
            (tmp_path / "long.dcm").write_bytes(long)

            assert dicom_patient_id(tmp_path / "long.dcm") == "1234"


def test_pseudonyms_depend_on_the_key():
    assert pseudonym("4711", b"a" * 32) == pseudonym("4711", b"a" * 32)
    assert pseudonym("4711", b"a" * 32) != pseudonym("4711", b"b" * 32)
    assert pseudonym("4711", b"a" * 32) != pseudonym("4712", b"a" * 32)


def test_a_key_that_cannot_be_kept_or_is_damaged_is_said(tmp_path, home, monkeypatch):
    home.mkdir()
    (home / KEY_FILE).write_bytes(b"short")
    with pytest.raises(DatasetError, match="5 bytes, expected 32"):
        patient_key()

    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match="neither read nor written") as caught:
        patient_key()
    assert str(tmp_path) not in str(caught.value)


def test_a_name_in_two_encodings_is_one_patient(tmp_path):
    names = [unicodedata.normalize(form, "J\u00f6rg") for form in ("NFC", "NFD")]
    for number, (name, label) in enumerate((n, c) for n in names for c in ("a", "b")):
        path = tmp_path / label / name / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]))

    by_folder = read_dataset(tmp_path, rules=Rules(patient_folder=2))
    by_pattern = read_dataset(tmp_path, patient_pattern=f"/({names[1]})/")

    for dataset in (by_folder, by_pattern):
        assert {case.patient_id for case in dataset.cases} == {names[0]}


def test_a_word_for_nobody_is_no_patient(tmp_path):
    touch(tmp_path, "a/1.png", "a/2.png", "b/3.png", "b/4.png")
    for number in range(1, 5):
        (tmp_path / "ab"[number > 2] / f"{number}.png").write_bytes(bytes([number]))
    (tmp_path / "manifest.csv").write_text(
        "path,patient_id\na/1.png,Unknown\na/2.png,p1\nb/3.png,Unknown\nb/4.png,p2\n",
        encoding="utf-8",
    )

    dataset = read_dataset(tmp_path)

    assert patients(dataset) == ["", "p1", "", "p2"]
    assert "2 of 4 images have the patient 'Unknown': taken as not known." in dataset.notes
