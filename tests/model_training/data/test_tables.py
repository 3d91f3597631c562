"""Tables as people have them: what is recognised, what is refused, and in which words."""

import pandas as pd
import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import count_by_class, read_dataset
from model_training.data.table_columns import Columns


@pytest.fixture
def folder(tmp_path):
    """Ten images, `Image1.jpg` to `Image10.jpg`, in a folder beside the table."""
    (tmp_path / "Brain Scans").mkdir()
    for number in range(1, 11):
        (tmp_path / "Brain Scans" / f"Image{number}.jpg").write_bytes(b"")
    return tmp_path


def rows(**columns):
    """Ten rows, with names as no file has them."""
    names = ["image1.jpg", *(f"Image{number}" for number in range(2, 11))]
    return pd.DataFrame({"Image": names, "Class": [0, 1] * 5} | columns)


def read(folder, table, **options):
    table.to_csv(folder / "table.csv", index=False)
    return read_dataset(folder / "table.csv", **options)


def textures():
    """Figures a row, as the brain table has them; two are constant or look like classes."""
    return {
        "Mean": [6.5 + number for number in range(10)],
        "Contrast": [98.6 - number for number in range(10)],
        "Coarseness": [7.45e-155] * 10,
    }


def test_names_without_ending_in_another_case_among_texture_figures(folder):
    dataset = read(folder, rows(**textures()), class_names={"0": "none", "1": "tumour"})

    assert dataset.classes == ("none", "tumour")
    assert [case.name for case in dataset.cases] == [
        f"Brain Scans/Image{number}.jpg" for number in range(1, 11)
    ]
    assert [case.label for case in dataset.cases] == [0, 1] * 5
    assert {case.patient_id + case.subgroup + case.split for case in dataset.cases} == {""}
    assert dataset.notes == (
        "Read from table.csv: path from Image, label from Class.",
        "The positive class is tumour: none says that nothing was found.",
    )


def test_a_texture_figure_called_like_a_label_is_none(folder):
    table = rows(Target=[0.5 * number for number in range(10)])

    assert read(folder, table).classes == ("0", "1")


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".pq", ";"])
def test_every_kind_of_table_gives_the_same_cases(folder, suffix):
    expected = read(folder, rows(split=["train"] * 6 + ["test"] * 4, patient_id=["007"] * 10))
    table = rows(split=["train"] * 6 + ["test"] * 4, patient_id=["007"] * 10)
    file = folder / ("t.csv" if suffix == ";" else f"t{suffix}")
    if suffix in (".parquet", ".pq"):
        table.to_parquet(file)
    else:
        table.to_csv(file, index=False, sep={".tsv": "\t", ";": ";"}.get(suffix, ","))

    dataset = read_dataset(file)

    assert dataset.cases == expected.cases
    assert {case.patient_id for case in dataset.cases} == {"007"}
    assert [case.split for case in dataset.cases] == ["train"] * 6 + ["test"] * 4


def test_whole_numbers_that_parquet_reads_as_fractions_stay_whole(folder):
    table = rows(Class=[0.0, 1.0] * 5, patient_id=[1.0, None, 3.0, 4.0, 5.0] * 2)
    table.to_parquet(folder / "t.parquet")

    dataset = read_dataset(folder / "t.parquet")

    assert dataset.classes == ("0", "1")
    assert [case.patient_id for case in dataset.cases][:3] == ["1", "", "3"]


def test_all_optional_columns_under_their_other_names(folder):
    table = rows(
        Subject_ID=[f"s{number}" for number in range(10)],
        Set=["Training", "valid"] * 2 + ["Training"] * 2 + ["valid"] * 2 + ["Testing"] * 2,
        Subgroup=["left"] * 10,
    )

    dataset = read(folder, table)

    assert [case.patient_id for case in dataset.cases] == table["Subject_ID"].tolist()
    assert {case.subgroup for case in dataset.cases} == {"left"}
    assert [case.split for case in dataset.cases][-4:] == ["val", "val", "test", "test"]


def test_columns_can_be_named_and_left_out(folder):
    table = rows(
        finding=["b", "a"] * 5, who=["x"] * 10, part=["train"] * 9 + ["test"], site=["s"] * 10
    )
    columns = Columns(label="Finding", patient="who", split="none", subgroup="site")

    dataset = read(folder, table, columns=columns, positive="b")

    assert dataset.classes == ("a", "b")
    assert {(case.patient_id, case.split, case.subgroup) for case in dataset.cases} == {
        ("x", "", "s")
    }


def test_a_column_that_holds_file_names_is_found_whatever_it_is_called(folder):
    table = rows(note=["free text"] * 10).rename(columns={"Image": "Aufnahme"})

    assert len(read(folder, table).cases) == 10


def test_of_two_names_for_the_path_the_one_that_finds_images_is_taken(folder):
    table = rows(file=[f"{number:064x}" for number in range(10)])

    dataset = read(folder, table)

    assert len(dataset.cases) == 10
    assert "path from Image" in dataset.notes[0]


def test_images_that_the_table_does_not_name_are_counted(folder):
    dataset = read(folder, rows().head(6))

    assert count_by_class(dataset.cases, dataset.classes) == {"0": 3, "1": 3}
    assert dataset.notes[1] == "4 images below the folder are not in table.csv and not read."


def test_a_table_elsewhere_names_the_images_of_a_folder(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("bundle") / "split.csv"
    rows().to_csv(elsewhere, index=False)

    assert len(read_dataset(folder, table=elsewhere).cases) == 10
    with pytest.raises(DatasetError, match="None of the 10 images"):
        read_dataset(elsewhere)


def test_a_table_written_on_windows(folder):
    text = rows().to_csv(index=False).replace("Image2", "Brain Scans\\Image2.jpg")
    (folder / "t.csv").write_text(text, encoding="utf-8-sig", newline="\r\n")

    assert len(read_dataset(folder / "t.csv").cases) == 10


REFUSED = {
    "no label column": (
        rows().rename(columns={"Class": "Klasse"}),
        r"No column of table.csv was recognised as the label; found Image, Klasse. Name it with "
        "--label-column.",
    ),
    "two label columns": (
        rows(diagnosis=["x"] * 9 + ["y"]),
        r"The columns \['Class', 'diagnosis'\] of table.csv could each be the label",
    ),
    "two patient columns": (
        rows(patient=["a"] * 10, subject=["b"] * 9 + ["c"]),
        "could each be the patient",
    ),
    "no path column": (
        rows(Image=["x"] * 10).rename(columns={"Image": "Bild"}),
        "recognised as the file name; found Bild, Class",
    ),
    "one class": (rows(Class=[1] * 10), r"images of one class only \(1\)"),
    "an empty label": (
        rows(Class=["a", "b", "", "a", " "] * 2),
        r"4 of 10 rows of table.csv have no label in the column 'Class' \(row 3, 5, 8, 10 below",
    ),
    "one empty label": (rows(Class=["a", "b"] * 4 + ["a", ""]), "1 of 10 rows of table.csv has no"),
    "an empty name": (rows(Image=["Image1"] * 9 + [""]), "has no image in the column 'Image'"),
    "missing images": (
        rows(Image=[f"Image{number}" for number in (1, 2, 33, 4, 5, 66, 7, 8, 33, 10)]),
        r"3 of the 10 images that table.csv names do not exist .*:\n  Image33\n  Image66$",
    ),
    "no image": (
        rows(Image=[f"film{n}" for n in range(10)]),
        r"None of the 10 images (.|\n)*:\n  film0\n",
    ),
    "two labels of one image": (
        rows(Image=["Image1", "image1.jpg", *(f"Image{n}" for n in range(3, 11))]),
        r"1 image has rows with different labels.*drop.*\n  Image1, image1.jpg: 0, 1$",
    ),
    "an unknown split": (
        rows(split=["train"] * 7 + ["holdout", "", "test"]),
        r"2 of 10 rows of table.csv have '', 'holdout' in the column 'split'. Expected train, val",
    ),
    "a class that only test has": (
        rows(Class=["a", "b"] * 4 + ["a", "c"], split=["train"] * 8 + ["test"] * 2),
        r"same classes \(train: a, b; test: a, c\)",
    ),
    "no rows": (rows().iloc[:0], "table.csv has no rows"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_table_cannot_be_is_said_in_a_sentence(folder, what):
    table, message = REFUSED[what]

    with pytest.raises(DatasetError, match=message):
        read(folder, table)


def test_a_named_column_that_is_not_there_lists_those_that_are(folder):
    with pytest.raises(DatasetError, match=r"has no column 'Klass'; found Image, Class. Name one"):
        read(folder, rows(), columns=Columns(label="Klass"))


def test_a_column_of_figures_named_as_the_label_is_no_class(folder):
    for number in range(11, 41):
        (folder / "Brain Scans" / f"Image{number}.jpg").write_bytes(b"")
    table = pd.DataFrame(
        {"Image": [f"Image{n}" for n in range(1, 41)], "Mean": [n / 7 for n in range(40)]}
    )

    with pytest.raises(DatasetError, match="has 40 different values in 40 rows, too many"):
        read(folder, table, columns=Columns(label="Mean"))


def test_names_that_fit_several_images(folder):
    (folder / "Old").mkdir()
    (folder / "Old" / "image3.jpg").write_bytes(b"")

    with pytest.raises(DatasetError, match=r"1 names in table.csv match several .*\n  Image3$"):
        read(folder, rows())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", "Image,Class\nMüller Øåæ,1\n".encode("latin-1")),
        ("t.csv", b""),
        ("t.csv", b'Image,Class\n"Mueller,1\n'),
        ("t.parquet", b"Image,Class\nMueller,1\n"),
    ],
)
def test_what_is_no_table_says_nothing_of_its_content(folder, name, content):
    (folder / name).write_bytes(content)

    with pytest.raises(DatasetError, match=r"cannot be read as a table|--encoding") as caught:
        read_dataset(folder / name)

    assert "ller" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.csv", "'none.csv' is not there"),
        ("Brain Scans/Image1.jpg", "'Image1.jpg' is not a table"),
    ],
)
def test_what_is_not_there_and_what_is_an_image(folder, name, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read_dataset(folder / name)

    assert str(folder) not in str(caught.value)
