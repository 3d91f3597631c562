"""Which folders are the classes: found, left out, or asked about."""

import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import read_dataset
from model_training.data.rules import Rules
from tests.model_training.data.folder_layouts import layout
from tests.model_training.data.label_tables import labels, noted


def numbered(root):
    return layout(root, *(f"images_{part:03}/{part}.png" for part in range(1, 5)))


def test_numbered_folders_beside_a_table_are_no_classes(tmp_path):
    numbered(tmp_path)
    rows = ["Image Index,Finding", "1.png,Normal", "2.png,TB", "3.png,TB", "4.png,Normal"]
    (tmp_path / "Data_Entry.csv").write_text("\n".join(rows), encoding="utf-8")

    dataset = read_dataset(tmp_path)

    assert labels(dataset) == {
        "images_001/1.png": "Normal",
        "images_002/2.png": "TB",
        "images_003/3.png": "TB",
        "images_004/4.png": "Normal",
    }
    assert noted(dataset, "divide the images by number", "Data_Entry.csv")


def test_numbered_folders_with_the_name_of_a_set_are_no_classes(tmp_path):
    layout(tmp_path, "SET_images_part_1/a.png", "SET_images_part_2/b.png")
    (tmp_path / "meta.csv").write_text("image_id,dx\na,nv\nb,mel\n", encoding="utf-8")

    dataset = read_dataset(tmp_path, positive="mel")

    assert labels(dataset) == {"SET_images_part_1/a.png": "nv", "SET_images_part_2/b.png": "mel"}


def test_numbered_folders_without_a_table_are_asked_about(tmp_path):
    numbered(tmp_path)

    with pytest.raises(DatasetError, match=r"look like parts of one set.*--table"):
        read_dataset(tmp_path)

    named = {f"images_{part:03}": f"kind {part}" for part in range(1, 5)}
    assert len(read_dataset(tmp_path, class_names=named).classes) == 4


@pytest.mark.parametrize("names", [("grade_1", "grade_2", "grade_3"), ("0", "1", "2")])
def test_classes_with_numbers_are_classes(tmp_path, names):
    layout(tmp_path, *(f"{name}/1.png" for name in names))

    assert read_dataset(tmp_path).classes == names


@pytest.mark.parametrize("name", ["pred", "unlabelled", "Unlabeled", "to_predict"])
def test_pictures_without_a_label_are_counted_and_not_a_class(tmp_path, name):
    layout(tmp_path, "normal/1.png", "tb/2.png", f"{name}/3.png", f"{name}/4.png")

    dataset = read_dataset(tmp_path)

    assert labels(dataset) == {"normal/1.png": "normal", "tb/2.png": "tb"}
    assert noted(dataset, f"2 images in {name} are not read", f"--class-names {name}={name}")
    assert len(read_dataset(tmp_path, class_names={name: name}).classes) == 3


def test_a_class_called_unknown_is_asked_about(tmp_path):
    layout(tmp_path, "normal/1.png", "tb/2.png", "unknown/3.png")

    with pytest.raises(DatasetError, match=r"--exclude unknown.*--class-names unknown=unknown"):
        read_dataset(tmp_path)

    assert read_dataset(tmp_path, rules=Rules(exclude=("unknown",))).classes == ("normal", "tb")


def test_a_folder_without_images_is_said_not_to_be_a_class(tmp_path):
    layout(tmp_path, "normal/1.png", "tb/2.png", "covid/notes.txt", "covid/list.json")
    (tmp_path / "empty").mkdir()

    dataset = read_dataset(tmp_path)

    assert dataset.classes == ("normal", "tb")
    assert noted(dataset, "The folder covid contains no images", "1 .txt", "1 .json")
    assert noted(dataset, "The folder empty contains no images", "it is empty")


def test_images_in_no_class_are_counted(tmp_path):
    layout(
        tmp_path,
        "train/normal/1.png", "train/tb/2.png", "test/3.png", "test/4.png", "cover.png",
    )  # fmt: skip

    dataset = read_dataset(tmp_path)

    assert labels(dataset) == {"train/normal/1.png": "normal", "train/tb/2.png": "tb"}
    assert noted(dataset, "Not read: 2 images in test, outside")
    assert noted(dataset, "Not read: 1 image in the data folder itself, outside")


def test_hospitals_with_the_classes_inside_are_asked_about(tmp_path):
    places = [(site, c) for site in ("Bonn", "Ulm") for c in ("normal", "tb")]
    layout(tmp_path, *(f"{site}/{c}/1.png" for site, c in places))

    with pytest.raises(DatasetError, match=r"--class-folder 1 .* --class-folder 2"):
        read_dataset(tmp_path)

    by_second = read_dataset(tmp_path, rules=Rules(class_folder=2))
    by_last = read_dataset(tmp_path, rules=Rules(class_folder=-1))
    assert labels(by_second) == {f"{site}/{c}/1.png": c for site, c in places}
    assert labels(by_last) == labels(by_second)
    by_first = read_dataset(tmp_path, rules=Rules(class_folder=1), positive="Ulm")
    assert labels(by_first) == {f"{site}/{c}/1.png": site for site, c in places}
    with pytest.raises(DatasetError, match="--class-folder 5"):
        read_dataset(tmp_path, rules=Rules(class_folder=5))


@pytest.mark.parametrize(
    "patients",
    [
        ("10253", "10254", "10255"),
        ("LIDC-IDRI-0001", "LIDC-IDRI-0002"),
        ("C3L-00001", "C3N-00002"),
        ("TCGA-A1-A0SB", "TCGA-B2-A0SD"),
        ("Pat001", "pat 002"),
    ],
)
def test_folders_of_patients_are_no_classes(tmp_path, patients):
    layout(tmp_path, *(f"{p}/{c}/{n}.png" for p in patients for c in "01" for n in range(2)))

    with pytest.raises(DatasetError, match=r"like patients, and not like classes.*--class-folder"):
        read_dataset(tmp_path)

    dataset = read_dataset(tmp_path, rules=Rules(class_folder=2, patient_folder=1))
    assert dataset.classes == ("0", "1")
    assert {case.patient_id for case in dataset.cases} == set(patients)


def test_a_table_beside_folders_of_patients_is_read(tmp_path):
    names = [f"10{n}/{n}.png" for n in range(4)]
    layout(tmp_path, *names)
    rows = [f"{n}.png,{'ab'[n % 2]}" for n in range(4)]
    (tmp_path / "t.csv").write_text("\n".join(["file,label", *rows]), encoding="utf-8")

    assert labels(read_dataset(tmp_path, positive="b")) == dict(zip(names, "abab", strict=True))


def test_many_folders_of_one_image_are_no_classes(tmp_path):
    names = [f"{first}{second}/film.png" for first in "ABCDE" for second in "vwxyz"]
    layout(tmp_path, *names)

    with pytest.raises(DatasetError, match="like patients, and not like classes"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    "grades", ["0 1 2 3 4", "grade_1 grade_2", "T1 T2 T3", "BIRADS4 BIRADS5 x"]
)
def test_grades_are_classes(tmp_path, grades):
    layout(tmp_path, *(f"{grade}/{n}.png" for grade in grades.split() for n in range(3)))

    assert set(read_dataset(tmp_path, positive=_last_of_two(grades)).classes) == set(grades.split())


def _last_of_two(names):
    return names.split()[-1] if len(names.split()) == 2 else None


@pytest.mark.parametrize(
    "names",
    [
        # Patients of whom some have one class only.
        ["Anna/0/1.png", "Anna/1/1.png", "Ben/0/1.png", "Cem/0/1.png", "Cem/1/1.png"],
        ["ELBOW/p1/study1_negative/a.png", "ELBOW/p2/study1_positive/a.png",
         "HAND/p3/study1_negative/a.png", "HAND/p4/study1_positive/a.png"],
        [f"{clinic}/{c}/1.png" for clinic in ("Bonn", "Ulm") for c in ("grade0", "grade1")],
    ],
    ids=["patients", "MURA", "clinics"],
)  # fmt: skip
def test_classes_below_other_folders_are_asked_about(tmp_path, names):
    layout(tmp_path, *names)

    with pytest.raises(DatasetError, match=r"--class-folder 1.*--class-folder 2"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        [f"{c}/{n}/1.png" for c in ("normal", "pneumonia") for n in (1, 2, 3)],
        [f"{c}/patient{n}/1.png" for c in ("circle", "square") for n in (1, 2, 3)],
        ["normal/no contrast/1.png", "tumour/no contrast/1.png", "tumour/contrast/1.png"],
        ["pneumonia/bacteria/1.png", "pneumonia/virus/1.png", "normal/1.png"],
    ],
)
def test_folders_below_clear_classes_make_no_question(tmp_path, names):
    layout(tmp_path, *names)
    classes = {name.partition("/")[0] for name in names}
    positive = "square" if "square" in classes else None

    found = labels(read_dataset(tmp_path, positive=positive))

    assert found == {name: name.partition("/")[0] for name in names}


def test_class_folders_that_differ_in_what_cannot_be_seen_are_one(tmp_path):
    layout(tmp_path, "sick/1.png", "sick\u200b/2.png", "sick\u00a0/3.png", "normal/4.png")

    dataset = read_dataset(tmp_path)

    assert dataset.classes == ("normal", "sick")
    assert noted(dataset, "Spellings of one class, sick", "\\u200b")


def test_a_level_that_was_named_is_the_class_whatever_its_folders_are_called(tmp_path):
    layout(tmp_path, *(f"{clinic}/{code}/1.png" for clinic in ("a", "b") for code in (486, 491)))

    assert read_dataset(tmp_path, rules=Rules(class_folder=2), positive="491").classes == (
        "486", "491"
    )  # fmt: skip


def test_folders_of_views_beside_a_table_of_their_names_are_asked_about(tmp_path):
    views = ("frontal", "lateral", "oblique")
    layout(tmp_path, *(f"{view}/{n}.png" for view in views for n in range(4)))
    rows = [f"{n}.png,{'ab'[n % 2]}" for n in range(4)]
    (tmp_path / "t.csv").write_text("\n".join(["file,label", *rows]), encoding="utf-8")

    with pytest.raises(DatasetError, match=r"Both the folders and t\.csv label the images"):
        read_dataset(tmp_path)

    assert read_dataset(tmp_path, rules=Rules(exclude=("t.csv",))).classes == views


def test_folders_inside_the_classes_are_told_of(tmp_path):
    names = [f"{c}/{kind}/{n}.png" for c in ("normal", "tb") for kind in "ab" for n in (1, 2)]
    names += ["tb/c/9.png"]
    layout(tmp_path, *names)

    assert noted(read_dataset(tmp_path), "make no difference (a, b, c); --class-folder")
    by_patient = tmp_path / "patients"
    layout(by_patient, *(f"{c}/p{n}/1.png" for c in ("normal", "tb") for n in (1, 2)))
    assert not noted(read_dataset(by_patient), "make no difference")
