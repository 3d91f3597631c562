"""Patients and subgroups from a manifest beside the folders of the classes."""

from pathlib import Path
from unicodedata import normalize

import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import read_dataset
from model_training.data.image_files import LabelledImage
from model_training.data.manifest import with_manifest


def images(*names):
    return [LabelledImage(Path(name), name, "a", "", "", "") for name in names]


def read(folder, text, *names, encoding="utf-8"):
    (folder / "manifest.csv").write_text(text, encoding=encoding)
    found, notes = with_manifest(images(*names), folder)
    return [(image.patient, image.subgroup) for image in found], notes


def test_without_a_manifest_nothing_changes(tmp_path):
    given = images("a/1.png")

    assert with_manifest(given, tmp_path) == (given, [])


def test_patient_and_subgroup_of_each_image(tmp_path):
    text = "path,patient_id,subgroup\na\\1.png, p1 ,old\nb/2.png,p2,\n"

    assert read(tmp_path, text, "a/1.png", "b/2.png", "b/3.png") == (
        [("p1", "old"), ("p2", ""), ("", "")],
        ["1 of 3 images are not in manifest.csv."],
    )


@pytest.mark.parametrize(("written", "on_disk"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_may_be_encoded_in_two_ways(tmp_path, written, on_disk):
    name = "b\u00f6sartig/\u00e4.png"
    text = f"\ufeffpath,patient_id\n{normalize(written, name)}\u00a0,p1\n"

    assert read(tmp_path, text, normalize(on_disk, name)) == ([("p1", "")], [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,patient_id\na/1.png,p1\n", r"lacks the columns \['path'\]"),
        ("path,patient_id\na/1.png,p1\na/1.png,p2\n", "gives 1 images two patients"),
        ("path,patient_id\nc/9.png,p1\n", "None of the 1 images is in manifest.csv"),
        ("", "cannot be read as a table"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path, text, message):
    with pytest.raises(DatasetError, match=message):
        read(tmp_path, text, "a/1.png")


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_manifest_gives_patients_and_subgroups(tmp_path):
    touch(tmp_path, "A/1.png", "A/2.png", "A/person7_virus_1.png", "B/3.png")
    (tmp_path / "manifest.csv").write_text(
        "path,age,patient_id,subgroup\nA/1.png,4,0012,left\n./A/2.png,5,0012,\nB\\3.png,6,0013,\n",
        encoding="utf-8",
    )

    dataset = read_dataset(tmp_path, patient_pattern=r"(person\d+)_", positive="B")

    found = {case.name: (case.patient_id, case.subgroup) for case in dataset.cases}
    assert found == {
        "A/1.png": ("0012", "left"),
        "A/2.png": ("0012", ""),
        "A/person7_virus_1.png": ("person7", ""),
        "B/3.png": ("0013", ""),
    }
    assert dataset.notes[0] == "1 of 4 images are not in manifest.csv."
    assert dataset.patients_from == r"a column of the data; paths, by the pattern (person\d+)_"


def test_a_manifest_that_is_no_text_says_nothing_of_its_content(tmp_path):
    touch(tmp_path, "A/1.png", "B/1.png")
    (tmp_path / "manifest.csv").write_bytes("path,patient_id\nA/1.png,Müller\n".encode("latin-1"))

    with pytest.raises(DatasetError, match="UTF-8") as caught:
        read_dataset(tmp_path)

    assert "ller" not in str(caught.value)
